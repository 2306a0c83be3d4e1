"""A client of the standard library alone that conforms in every scenario.

Each thing in it that looks like too much care is asked for by a scenario: replies that are no JSON,
that end in the middle, that acknowledge another slice or lack what they are about; replies after others
of status 1xx; an upload that somebody else has begun.
"""

import base64
import gzip
import hashlib
import hmac
import http.client
import json
import os
import secrets
import struct
import sys
import time
import urllib.parse
import zlib

ATTEMPTS = 3
PAUSE = 0.2  # seconds
TIMEOUT = float(os.environ.get("TIMEOUT", 20))  # seconds
LARGE = 1 << 20  # bytes; a body of as many asks whether it is welcome
EXPECTATION_FAILED = 417
UNFINISHED = -4019
# Codes of the error table that ask to come again, or that are transient by nature.
TRANSIENT = {-71, -195, -196, -5997, -20034, -21095, -29302}
# What is a number in every reply, and on some pages a string of digits.
NUMBERS = {"code", "datalen", "filesize", "offset", "slice_size"}
# A broken connection, half a reply, no JSON, JSON of another shape.
BROKEN = (OSError, EOFError, zlib.error, http.client.HTTPException, ValueError, TypeError, KeyError)


class Refused(Exception):
    """The service said no, and will say so again."""


class Lost(Exception):
    """No usable answer came; the next attempt may bring one."""


class Response(http.client.HTTPResponse):
    """A reply after any number of 1xx: of these, the library passes over 100 alone."""

    def begin(self):
        super().begin()
        while 100 <= self.status < 200:
            self.headers = self.msg = None
            super().begin()


class Connection(http.client.HTTPConnection):
    response_class = Response


class SecureConnection(http.client.HTTPSConnection):
    response_class = Response


CONNECTIONS = {"http": Connection, "https": SecureConnection}


class Upload:
    """One file on its way; the arguments are the words of the driver contract."""

    def __init__(
        self, endpoint, file, key, appid, bucket, secret_id, secret_key, slice_size, **wishes
    ):
        url = urllib.parse.urlsplit(endpoint)
        self.host, self.connection = url.netloc, CONNECTIONS[url.scheme]
        self.target = f"/files/v2/{appid}/{bucket}{urllib.parse.quote(key, safe='/')}"
        self.url = endpoint + self.target
        self.clear = f"a={appid}&b={bucket}&k={secret_id}"
        self.secret_key = secret_key.encode()
        self.file = file
        self.asked = int(slice_size)
        self.wishes = wishes
        self.digest = {}  # what init had of it goes with all that follows

    def run(self):
        size = os.path.getsize(self.file)
        granted = self.begin(size)
        if "session" not in granted:
            return  # an address instead of a session: the object is there already
        session = granted["session"]
        step = self.slice_size(granted)
        held = {(part["offset"], part["datalen"]) for part in granted.get("listparts", [])}
        pieces = [(offset, min(step, size - offset)) for offset in range(0, size, step)]
        self.send_all(granted, [piece for piece in pieces if piece not in held])
        persist(lambda: self.finish(session, size))

    def send_all(self, granted, pieces):
        """Sends pieces of the file, one after the other whatever the service allows."""
        for offset, length in pieces:
            self.send_piece(granted["session"], offset, length)

    def send_piece(self, session, offset, length):
        with open(self.file, "rb") as file:
            file.seek(offset)  # what is held is not read: it may be gigabytes
            content = file.read(length)
        if len(content) < length:
            raise Refused(0, "the file has become shorter")
        persist(lambda: self.send(session, offset, content))

    def begin(self, size):
        """Opens an upload, or takes up the one that is open."""
        try:
            fields = {"filesize": size, "slice_size": self.asked, **self.wished()}
            return persist(lambda: self.session_or_address("upload_slice_init", **fields))
        except Refused as refused:
            if refused.args[0] != UNFINISHED:
                raise
        granted = persist(lambda: self.session_or_address("upload_slice_list"))
        if granted.get("filesize", size) != size:
            raise Refused(UNFINISHED, "the unfinished upload is of another file")
        return granted

    def session_or_address(self, op, **fields):
        """A success that has neither is none."""
        granted = self.call(op, **fields)
        if type(granted.get("session")) is not str and "access_url" not in granted:
            raise Lost(f"{op}: {granted}")
        return granted

    def wished(self):
        """The optional fields of init that somebody asks for."""
        fields = {}
        if self.wishes.get("sha") == "1":
            with open(self.file, "rb") as file:
                content = file.read()
            self.digest = {"sha": hashlib.sha1(content).hexdigest()}
            fields |= self.digest
            fields["uploadparts"] = json.dumps(upload_parts(content, self.asked))
        if "insert_only" in self.wishes:
            fields["insertOnly"] = self.wishes["insert_only"]
        return fields

    def slice_size(self, granted):
        """The service's choice, whatever was asked for. Without one it is not for us to guess."""
        step = granted.get("slice_size")
        if type(step) is not int or step <= 0:
            raise Refused(f"the slice size is {step!r}")
        return step

    def send(self, session, offset, content):
        fields = {"session": session, "offset": offset, "filecontent": content, **self.digest}
        reply = self.call("upload_slice_data", **fields)
        sent = {"session": session, "offset": offset, "datalen": len(content)}
        if "datamd5" in reply:  # replies of 2016 have none
            sent["datamd5"] = hashlib.md5(content).hexdigest()
        acknowledged = {name: reply.get(name) for name in sent}
        if acknowledged != sent:
            raise Lost(f"sent {sent}, acknowledged {acknowledged}")

    def finish(self, session, size):
        fields = {"session": session, "filesize": size, **self.digest}
        if "access_url" not in self.call("upload_slice_finish", **fields):
            raise Lost("finish succeeded without an address")

    def call(self, op, **fields):
        """Posts a form and returns `data` of a reply whose code is 0."""
        try:
            status, reply = self.exchange({"op": op, **fields})
            reply = json.loads(reply, object_hook=with_numbers)
            code = reply["code"]
            if type(code) is not int:
                raise TypeError(f"the code is {code!r}")
        except BROKEN as error:
            raise Lost(f"{op}: {error!r}") from error
        if code in TRANSIENT:
            raise Lost(f"{op}: {reply}")
        if code != 0:
            raise Refused(code, f"{op}: {reply}")
        if status != 200:
            raise Lost(f"{op}: HTTP {status}")
        data = reply.get("data")
        if type(data) is not dict:
            raise Lost(f"{op}: the data is {data!r}")
        if type(data.get("session")) is int:  # a page types it as a number
            data["session"] = str(data["session"])
        return data

    def exchange(self, fields):
        """Posts a form; returns the status and the body of the reply."""
        boundary, body = encode(fields)
        headers = {
            "Accept-Encoding": "gzip",
            "Authorization": self.signature(),
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        if len(body) >= LARGE:
            headers["Expect"] = "100-continue"
        status, reply = self.post(body, headers)
        if status == EXPECTATION_FAILED and headers.pop("Expect", None):
            status, reply = self.post(body, headers)
        return status, reply

    def post(self, body, headers):
        """Posts bytes, on a connection of their own; returns the status and the body of the reply."""
        connection = self.connection(self.host, timeout=TIMEOUT)
        try:
            connection.request("POST", self.target, body, headers)
            with connection.getresponse() as response:
                return response.status, content_of(response)
        finally:
            connection.close()

    def signature(self):
        now = int(time.time())
        clear = f"{self.clear}&e={now + 600}&t={now}&r={secrets.randbelow(10**9)}&f=".encode()
        mac = hmac.new(self.secret_key, clear, hashlib.sha1).digest()
        return base64.b64encode(mac + clear).decode()


def persist(attempt):
    """Does what may succeed the next time up to three times."""
    for left in reversed(range(ATTEMPTS)):
        try:
            return attempt()
        except Lost:
            if not left:
                raise
        time.sleep(PAUSE)


def with_numbers(fields):
    for name in NUMBERS & fields.keys():
        if isinstance(fields[name], str):
            fields[name] = int(fields[name])
    return fields


def content_of(response):
    content = response.read()
    return gzip.decompress(content) if response.headers.get("Content-Encoding") == "gzip" else content


def encode(fields):
    """A multipart form and its boundary, which is random: nothing in the content can guess it."""
    boundary = secrets.token_hex(16)
    body = b""
    for name, value in fields.items():
        disposition = f'form-data; name="{name}"'
        if not isinstance(value, bytes):
            value = str(value).encode()
        else:
            disposition += f'; filename="{name}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"
        body += head.encode() + value + b"\r\n"
    return boundary, body + f"--{boundary}--\r\n".encode()


def upload_parts(content, size):
    """Of each slice the SHA-1 up to its end: of all but the last the words that it then has."""
    words = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    parts = []
    for offset in range(0, len(content), size):
        piece = content[offset : offset + size]
        part = {"offset": offset, "datalen": len(piece)}
        if offset + size < len(content):
            for block in struct.iter_unpack(">16I", piece):
                words = sha1_block(words, list(block))
            part["datasha"] = struct.pack("<5I", *words).hex()
        else:
            part["datasha"] = hashlib.sha1(content).hexdigest()
        parts.append(part)
    return parts


def sha1_block(words, schedule):
    """One step of SHA-1 (FIPS 180-4, 6.1.2), which hashlib does not show."""
    for t in range(16, 80):
        mixed = schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16]
        schedule.append((mixed << 1 | mixed >> 31) & 0xFFFFFFFF)
    a, b, c, d, e = words
    for t, word in enumerate(schedule):
        if t < 20:
            f, k = b & c | ~b & d, 0x5A827999
        elif t < 40:
            f, k = b ^ c ^ d, 0x6ED9EBA1
        elif t < 60:
            f, k = b & c | b & d | c & d, 0x8F1BBCDC
        else:
            f, k = b ^ c ^ d, 0xCA62C1D6
        rotated = a << 5 | a >> 27
        a, b, c, d, e = (rotated + f + e + k + word) & 0xFFFFFFFF, a, b << 30 & 0xFFFFFFFF | b >> 2, c, d
    return tuple((old + new) & 0xFFFFFFFF for old, new in zip(words, (a, b, c, d, e)))


def main(upload):
    """Exit status 0 says that the object is stored, 89 that this is not supported."""
    prefix = "SLICECHECK_"
    words = os.environ.items()
    words = {name[len(prefix) :].lower(): text for name, text in words if name.startswith(prefix)}
    if words.pop("op") != "upload":
        sys.exit(89)
    try:
        upload(**words).run()
    except (Refused, Lost) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main(Upload)
