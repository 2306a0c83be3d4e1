#!/usr/bin/env python3
# coding: utf-8
"""One failing exchange of an upload to COS's JSON API, to be seen and repeated without slicecheck.

    python3 FILE                shows the request, where it is wrong, and a curl command that sends it
    python3 FILE exchange       starts the service, sends the request byte for byte and shows the reply
    python3 FILE alone [PORT]   gives each request the reply of this exchange: for the curl command
    python3 FILE serve [PORT]   gives a client the replies of the whole upload, in the order of its requests
    python3 FILE body           writes the body of the request to stdout
    python3 FILE file PATH      writes the file that was uploaded

The service listens on 127.0.0.1 and checks nothing: any credentials will do.
"""

import base64
import json
import shlex
import socket
import struct
import sys
import threading
import time
import zlib

DATA = """
@DATA@
"""
PORT = 8642
WIDTH = 100
MOST_LINES = 60


def safe(data):
    return "".join(chr(byte) if 32 <= byte < 127 else "\\x%02x" % byte for byte in data)


def shown(raw, span):
    """The lines of a request that are text, long ones cut, with carets under the marked bytes."""
    start, end = span or (-1, -1)
    at, lines, left_out = 0, [], 0
    for line in raw.splitlines(keepends=True):
        first, last = max(start, at), min(max(end, start + 1), at + len(line))
        marked = span and first < last
        is_text = 4 * sum(32 <= byte < 127 or byte in b"\r\n" for byte in line) > 3 * len(line)
        # Between bytes that are no text, a few that look like it are none either.
        is_text = is_text and (len(line) > 8 or not left_out)
        if marked or is_text and len(lines) < MOST_LINES:
            if left_out:
                lines.append("  (%d bytes)" % left_out)
                left_out = 0
            begin = max(0, first - at - 30) if marked and first - at > WIDTH // 2 else 0
            text = safe(line[begin:begin + WIDTH].rstrip(b"\r\n"))
            lines.append("  " + ("..." if begin else "") + text[:WIDTH])
            if marked:
                before = len(safe(line[begin:first - at])) + (3 if begin else 0)
                carets = len(safe(line[first - at:last - at].rstrip(b"\r\n"))) or 1
                lines.append("  " + " " * before + "^" * max(1, min(carets, WIDTH + 3 - before)))
        else:
            left_out += len(line)
        at += len(line)
    if left_out:
        lines.append("  (%d bytes)" % left_out)
    return "\n".join(lines)


def noise(state, length):
    """What the generator of the recorded run makes from this state on: SplitMix64, little-endian."""
    words, most = [], (1 << 64) - 1
    for _ in range(-(-length // 8)):
        state = (state + 0x9E3779B97F4A7C15) & most
        word = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & most
        word = (word ^ word >> 27) * 0x94D049BB133111EB & most
        words.append(word ^ word >> 31)
    return struct.pack("<%dQ" % len(words), *words)[:length]


def content(made, length):
    """The bytes of the file that was uploaded, from what makes them."""
    if made is None:
        return None
    if "noise" in made:
        return noise(made["noise"], length)
    if "repeat" in made:
        period = base64.b64decode(made["repeat"])
        return (period * (length // len(period) + 1))[:length]
    return base64.b64decode(made["bytes"])


def write(job, path):
    """The file: runs of bytes, and zeros between them, which take no place on most disks."""
    at = 0
    with open(path, "wb") as out:
        for offset, length in job["runs"]:
            out.seek(offset)
            out.write(job["file"][at:at + length])
            at += length
        out.truncate(job["length"])


def unpacked(data):
    """The data, in which bytes of the file stand for themselves."""
    job = data["job"]
    file = job["file"] = content(job["file"], sum(length for _, length in job["runs"]))

    def whole(pieces):
        return b"".join(base64.b64decode(piece) if isinstance(piece, str)
                        else file[piece[0]:piece[0] + piece[1]] for piece in pieces)

    if data["request"] is not None:
        data["request"] = whole(data["request"])
    if isinstance(data["body"], list):
        data["body"] = whole(data["body"])
    return data


def show(data):
    for number, finding in enumerate(data["findings"]):
        if number == 1:
            print("\nAlso broken in this upload:")
        where = finding["exchange"]
        print("%s (%s): %s" % (finding["rule"], finding["level"], finding["summary"]))
        print("  exchange  %s" % ("how it ended" if where is None else where + 1))
        for name in ("at", "expected", "found"):
            print("  %-9s %s" % (name, finding[name]))
    if data["request"] is None:
        print("\nNo request is shown: %s." % data["no_curl"])
        return
    number = data["failing"]
    print("\nRequest %d of %d:\n" % (number + 1, len(data["replies"])))
    print(shown(data["request"], data["span"]))
    print("\nIt was answered:\n")
    print(told(data["replies"][number]))
    if data["curl"]:
        own = shlex.quote(sys.argv[0])
        print("\nTo send it alone, run these in two terminals:\n")
        print("  python3 %s alone" % own)
        before = "python3 %s body | " % own if data["body"] else ""
        print("  " + before + " ".join(map(shlex.quote, data["curl"])))
    else:
        print("\ncurl cannot send it (%s); `exchange` can." % data["no_curl"])


def told(reply):
    text = shown(base64.b64decode(reply["bytes"]), None)
    return "%s\n  (%s; then the connection: %s)" % (text, reply["delivery"], reply["end"])


def request_body(data):
    if data["body"] is None:
        return b""
    return data["request"][data["body"]:] if isinstance(data["body"], int) else data["body"]


def read_head(stream):
    head = b""
    while not head.endswith((b"\r\n\r\n", b"\n\n")) and len(head) < 1 << 16:
        line = stream.readline(1 << 16)
        if not line:
            break
        head += line
    return head


def field(head, name):
    for line in head.split(b"\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().lower()
    return b""


def read_body(stream, head):
    if b"chunked" in field(head, b"transfer-encoding"):
        body = b""
        while True:
            size = stream.readline(1 << 16).split(b";")[0].strip()
            if not size or not int(size, 16):
                read_head(stream) if field(head, b"trailer") else stream.readline(1 << 16)
                return body
            body += stream.read(int(size, 16))
            stream.readline(1 << 16)
    length = field(head, b"content-length")
    return stream.read(int(length)) if length.isdigit() else b""


class Service:
    """Gives replies to requests in the order in which they arrive, over any number of connections."""

    def __init__(self, data, port, only=None):
        self.data, self.only, self.count = data, only, 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.connected, args=(connection,), daemon=True).start()

    def take(self):
        with self.lock:
            number = self.count if self.only is None else self.only
            self.count += 1
        replies = self.data["replies"]
        return number, replies[number] if number < len(replies) else None

    def connected(self, connection):
        try:
            connection.settimeout(600)
            with connection, connection.makefile("rb") as stream:
                while self.answered(connection, stream):
                    pass
        except (OSError, ValueError) as error:
            print("connection ended: %s" % error, flush=True)

    def answered(self, connection, stream):
        """Whether another request may follow on this connection."""
        head = read_head(stream)
        if not head:
            return False
        number, reply = self.take()
        if reply is None:
            print("no reply is left for: %s" % safe(head.split(b"\r\n")[0]), flush=True)
            return False
        if not reply["early"]:
            if reply["continue"] and b"100-continue" in field(head, b"expect"):
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.tell(number, head, read_body(stream, head))
        self.send(connection, reply)
        if reply["end"] == "stays open":
            if reply["early"]:
                self.tell(number, head, read_body(stream, head))
            return True
        if reply["end"] == "no reply":
            stream.read()
        elif reply["end"] == "reset":
            time.sleep(0.2)  # what was sent before has its chance
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(1)
            stream.read()
        return False

    @staticmethod
    def send(connection, reply):
        raw = base64.b64decode(reply["bytes"])
        size = -(-len(raw) // reply["pieces"]) or 1
        time.sleep(reply["wait"])
        for at in range(0, len(raw), size):
            if at:
                time.sleep(0.02)
            connection.sendall(raw[at:at + size])

    def tell(self, number, head, body):
        span = self.data["span"] if number == self.data["failing"] else None
        text = "request %d, %d bytes of body:\n%s" % (number + 1, len(body), shown(head, None))
        for finding in self.data["findings"]:
            if finding["exchange"] == number:
                text += "\n  here: %s: %s: expected %s; found %s" % (
                    finding["rule"], finding["at"], finding["expected"], finding["found"])
        if span:
            text += "\n  bytes %d to %d of the recorded request are marked by `show`" % tuple(span)
        print(text, flush=True)


def exchange(data):
    if data["request"] is None:
        sys.exit(data["no_curl"])
    service = Service(data, 0, data["failing"])
    threading.Thread(target=service.run, daemon=True).start()
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(data["request"])
        connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while True:
                piece = connection.recv(1 << 16)
                if not piece:
                    break
                got += piece
        except OSError as error:
            print("the client sees: %s" % error)
    print("the reply:\n%s" % shown(got, None))


def main(words):
    data = unpacked(json.loads(zlib.decompress(base64.b64decode(DATA))))
    sys.stdout.reconfigure(errors="backslashreplace")
    command, rest = (words[0] if words else "show"), words[1:]
    if command == "show" and not rest:
        show(data)
    elif command == "exchange" and not rest:
        exchange(data)
    elif command in ("serve", "alone") and (not rest or rest[0].isdigit()):
        only = data["failing"] if command == "alone" else None
        service = Service(data, int(rest[0]) if rest else PORT, only)
        print("http://127.0.0.1:%d" % service.port)
        print("object /%(appid)s/%(bucket)s/%(key)s, slice size %(slice_size)s" % data["job"], flush=True)
        service.run()
    elif command == "body" and not rest:
        sys.stdout.buffer.write(request_body(data))
    elif command == "file" and len(rest) == 1:
        if data["job"]["file"] is None:
            sys.exit("this script does not have the file, of %s bytes" % data["job"]["length"])
        write(data["job"], rest[0])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        sys.stderr.close()  # a reader that has seen enough, as with `| head`, is no error
