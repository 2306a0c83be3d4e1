"""A careful client that stays, with one defect that is named by its argument.

Defects of a parser are in its own reader of replies, which is strict but for them; others need two things to go wrong
in one upload.
"""

import hashlib
import json
import os
import re
import socket
import sys
import urllib.parse

from conforming import Lost, Refused, Upload, encode

ATTEMPTS = 3
TRANSIENT = {-71, -195, -196, -5997, -20034, -21095, -29302}
UNFINISHED = -4019


def crash():
    os.abort()


def hang():
    ends = socket.socketpair()  # of which nobody writes into the other one
    ends[0].recv(1)


# What a defect of a parser does with the bytes of a body, before or instead of reading it.
def code_as_text(body):
    """Takes a code that is a string for 0."""
    if re.search(rb'"code"\s*:\s*"', body):
        return {"code": 0, "data": {}}
    return None


def exponent(body):
    if re.search(rb"[:\[,]-?\d+(\.\d+)?[eE]", body):
        crash()


def duplicate_last(body):
    names = re.findall(rb'"(\w+)"\s*:', body)
    if len(names) != len(set(names)) and b"listparts" not in body:
        crash()


def duplicate_first(body):
    if body.count(b'"code"') > 1:
        hang()


def lone_surrogate(body):
    if re.search(rb"\\u[dD][89a-bA-B]", body):
        crash()


def wraps(body):
    """Keeps the lower 32 bits of a code."""
    found = re.search(rb'"code"\s*:\s*(-?\d+)', body)
    if found and int(found[1]) and int(found[1]) % 2**32 == 0:
        return {"code": 0, "data": {}}
    return None


def wraps_64(body):
    found = re.search(rb'"code"\s*:\s*(-?\d+)', body)
    if found and abs(int(found[1])) >= 2**63:
        return {"code": 0, "data": {}}
    return None


def deep(body):
    if body.count(b"[") > 60:
        crash()


def byte_order_mark(body):
    if body.startswith(b"\xef\xbb\xbf"):
        crash()


def not_a_number(body):
    if b"NaN" in body or b"Infinity" in body:
        crash()


def nul_in_text(body):
    if b"\\u0000" in body or b"\0" in body:
        crash()


def trailing(body):
    if re.search(rb"\}\s*[^\s}\],]", body) and not body.startswith(b"["):
        crash()


def key_order(body):
    """Reads what stands after the first colon as the code."""
    found = re.match(rb'\{"(\w+)":', body)
    if found and found[1] != b"code":
        crash()


def missing_code(body):
    """Takes a reply without a code for a success."""
    if body.startswith(b"{") and b"code" not in body:
        return {"code": 0, "data": {}}
    return None


def long_text(body):
    if re.search(rb'"[^"]{300,}"', body):
        crash()


def cut(body):
    """Adds what is missing at the end."""
    if body.startswith(b'{"code":0') and body.count(b"{") > body.count(b"}"):
        return {"code": 0, "data": {}}
    return None


def not_utf8(body):
    try:
        body.decode()
    except UnicodeDecodeError:
        crash()


def empty_name(body):
    if b'"":' in body:
        crash()


def fraction(body):
    if re.search(rb":-?\d+\.\d", body):
        hang()


PARSERS = {
    function.__name__.replace("_", "-"): function
    for function in (
        code_as_text,
        exponent,
        duplicate_last,
        duplicate_first,
        lone_surrogate,
        wraps,
        wraps_64,
        deep,
        byte_order_mark,
        not_a_number,
        nul_in_text,
        trailing,
        key_order,
        missing_code,
        long_text,
        cut,
        not_utf8,
        empty_name,
        fraction,
    )
}


class Planted(Upload):
    """The careful client without pauses, and with a defect."""

    defect = ""

    def __init__(self, **words):
        super().__init__(**words)
        self.seen = set()  # what has gone wrong so far

    def note(self, what):
        self.seen.add(what)

    def persist(self, attempt, what):
        for left in reversed(range(ATTEMPTS)):
            try:
                return attempt()
            except Lost as lost:
                self.note(f"{what}-lost")
                self.after_loss(what)
                if not left:
                    raise
            except Refused as refused:
                self.note(f"{what}-refused")
                self.after_loss(what)
                raise
        return None

    def after_loss(self, what):
        if len(self.seen) < 2 or "+" not in self.defect:
            return
        if self.seen.issuperset(self.defect.split("+")):
            crash()

    def begin(self, size):
        try:
            fields = {"filesize": size, "slice_size": self.asked, **self.wished()}
            return self.persist(lambda: self.session_or_address("upload_slice_init", **fields), "init")
        except Refused as refused:
            if refused.args[0] != UNFINISHED:
                raise
        self.note("resumed")
        self.after_loss("resumed")
        granted = self.persist(lambda: self.session_or_address("upload_slice_list"), "list")
        if granted.get("filesize", size) != size:
            raise Refused(UNFINISHED, "the unfinished upload is of another file")
        return granted

    def send_all(self, granted, pieces):
        if granted.get("serial_upload") == 1:
            self.note("serial")
        if len(granted["session"]) > 300:
            self.note("long-session")
        if len(pieces) == 1:
            self.note("one-slice")
        if pieces and pieces[-1][1] == 1:
            self.note("last-byte")
        self.after_loss("begun")
        super().send_all(granted, pieces)

    def send_piece(self, session, offset, length):
        with open(self.file, "rb") as file:
            file.seek(offset)
            content = file.read(length)
        self.persist(lambda: self.send(session, offset, content), "slice")

    def finish(self, session, size):
        fields = {"session": session, "filesize": size, **self.digest}

        def once():
            if "access_url" not in self.call("upload_slice_finish", **fields) and not self.is_taken:
                raise Lost("finish succeeded without an address")

        self.persist(once, "finish")

    is_taken = False

    def call(self, op, **fields):
        try:
            status, body = self.exchange({"op": op, **fields})
        except (OSError, ValueError) as error:
            raise Lost(f"{op}: {error!r}") from error
        misread = PARSERS[self.defect](body) if self.defect in PARSERS else None
        if misread is not None:
            self.is_taken = True
            if op == "upload_slice_data":
                sent = {name: fields[name] for name in ("session", "offset")}
                content = fields["filecontent"]
                return {**sent, "datalen": len(content), "datamd5": hashlib.md5(content).hexdigest()}
            return misread["data"]
        try:
            text = body.decode()
            reply = json.loads(text, parse_constant=no_constant, object_pairs_hook=unique)
            if type(reply) is not dict or type(reply["code"]) not in (int, str):
                raise ValueError("no envelope")
            code = int(reply["code"])
        except (ValueError, KeyError, RecursionError) as error:
            raise Lost(f"{op}: {error!r}") from error
        if code in TRANSIENT:
            raise Lost(f"{op}: {code}")
        if code:
            raise Refused(code, op)
        data = reply.get("data")
        if status != 200 or type(data) is not dict:
            raise Lost(f"{op}: HTTP {status}")
        return with_numbers(data)

    def exchange(self, fields):
        """Its own HTTP, on a connection for each request."""
        boundary, body = encode(fields)
        head = (
            f"POST {self.target} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n"
            f"Authorization: {self.signature()}\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        host, port = self.host.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(head.encode() + body)
            came = b""
            while more := connection.recv(1 << 16):
                came += more
        return response(came, self.defect)


def response(came, defect):
    """Status and body of a response."""
    while True:
        head, end, body = came.partition(b"\r\n\r\n")
        if not end:
            raise OSError("no head")
        if re.match(rb"HTTP/1\.[01] 1\d\d ", head):
            came = body
            continue
        break
    if defect == "head-line" and any(b":" not in line for line in head.split(b"\r\n")[1:]):
        crash()
    found = re.match(rb"HTTP/1\.[01] (\d{3})( |$|\r)", head)
    if not found:
        raise OSError("no status line")
    fields = {}
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise OSError("no field")
        fields[name.strip().lower()] = value.strip()
    if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = chunks(body)
    elif b"content-length" in fields:
        length = int(fields[b"content-length"])
        if length < 0 or len(body) < length:
            raise OSError("cut")
        body = body[:length]
    return int(found[1]), body


def chunks(body):
    content = b""
    while True:
        line, end, body = body.partition(b"\r\n")
        size = int(line.split(b";")[0] or b"-", 16)
        if not end or size < 0 or len(body) < size:
            raise OSError("cut")
        if size == 0:
            return content
        content, body = content + body[:size], body[size + 2 :]


def no_constant(name):
    raise ValueError(name)


def unique(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs) and any(fields[name] != value for name, value in pairs):
        raise ValueError("a name twice")
    return fields


def with_numbers(data):
    for name in {"datalen", "filesize", "offset", "slice_size"} & data.keys():
        if isinstance(data[name], str):
            data[name] = int(data[name])
    for part in data.get("listparts", []):
        if isinstance(part, dict):
            with_numbers(part)
    if type(data.get("session")) is int:
        data["session"] = str(data["session"])
    return data


def main(defect):
    Planted.defect = defect
    for line in sys.stdin:
        words = json.loads(line)
        if "hello" in words:
            answer = {"name": "planted", "version": defect or "none"}
        elif words.pop("op") != "upload" or "sha" in words:
            answer = {"id": words["id"], "outcome": "unsupported"}
        else:
            answer = {"id": words.pop("id"), "outcome": "ok"}
            words.pop("region", None)
            words = {name: str(word) for name, word in words.items()}
            try:
                Planted(**words).run()
            except (Refused, Lost, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
                answer |= {"outcome": "api_error", "detail": repr(error)[:200]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
