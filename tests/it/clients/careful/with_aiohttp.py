"""The client that takes every care, with its forms made and sent by aiohttp."""

import asyncio

import aiohttp
import yarl

from stack import careful, main


class Upload(careful.Upload):
    def exchange(self, fields):
        return asyncio.run(self.exchange_async(fields))

    async def exchange_async(self, fields):
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename=name)
            else:
                form.add_field(name, str(value))
        timeout = aiohttp.ClientTimeout(total=careful.TIMEOUT)
        # The path is escaped: it must not be a second time, nor be taken for a relative one.
        url = yarl.URL(self.url, encoded=True)
        headers = {"Authorization": self.signature()}
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                async with session.post(url, data=form, headers=headers, allow_redirects=False) as reply:
                    return reply.status, await reply.read()
        except aiohttp.ClientError as error:
            raise careful.Lost(f"{fields['op']}: {error!r}") from error


main(Upload)
