"""The client that takes every care, with its forms made and sent by requests."""

import requests

from stack import careful, main


class Upload(careful.Upload):
    def exchange(self, fields):
        # A file without a name is a field; without `files` there would be no multipart form.
        files = {
            name: (name, value) if isinstance(value, bytes) else (None, str(value))
            for name, value in fields.items()
        }
        headers = {"Authorization": self.signature()}
        reply = requests.post(
            self.url,
            files=files,
            headers=headers,
            timeout=careful.TIMEOUT,
            allow_redirects=False,  # a redirected POST becomes a GET
        )
        return reply.status_code, reply.content


main(Upload)
