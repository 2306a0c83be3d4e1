"""The client that takes every care, with its forms made and sent by httpx."""

import httpx

from stack import careful, main


class Upload(careful.Upload):
    def exchange(self, fields):
        data = {name: str(value) for name, value in fields.items() if not isinstance(value, bytes)}
        # In `files` so that there is a multipart form also where nothing is a file.
        files = [(name, (None, value)) for name, value in data.items()]
        files += [(name, (name, value)) for name, value in fields.items() if isinstance(value, bytes)]
        headers = {"Authorization": self.signature()}
        try:
            reply = httpx.post(self.url, files=files, headers=headers, timeout=careful.TIMEOUT)
        except httpx.HTTPError as error:
            raise careful.Lost(f"{fields['op']}: {error!r}") from error
        return reply.status_code, reply.content


if __name__ == "__main__":
    main(Upload)
