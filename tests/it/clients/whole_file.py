"""Sends each file in one request, as the public methods of shipped SDKs do with small files; larger ones it refuses."""

import hashlib
import os
import sys

import conforming

MOST = 20 << 20  # bytes that the service takes in one request
UNSUPPORTED = 89


class WholeFile(conforming.Upload):
    def run(self):
        if os.path.getsize(self.file) > MOST:
            sys.exit(UNSUPPORTED)
        with open(self.file, "rb") as file:
            content = file.read()
        sha = hashlib.sha1(content).hexdigest()
        conforming.persist(lambda: self.upload(content, sha))

    def upload(self, content, sha):
        if "access_url" not in self.call("upload", sha=sha, insertOnly=1, filecontent=content):
            raise conforming.Lost("the upload succeeded without an address")


if __name__ == "__main__":
    conforming.main(WholeFile)
