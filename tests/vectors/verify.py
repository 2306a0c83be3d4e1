#!/usr/bin/env python3
"""Recomputes every test vector of this folder with Python's standard library alone.

Python 3.9 or later. Ends with 1 if anything differs; --self-test alters everything that is computed, in
memory, in one vector of each shape, and wants each alteration found.
"""

import base64
import binascii
import hashlib
import hmac
import json
import pathlib
import re
import struct
import sys
import urllib.parse

FOLDER = pathlib.Path(__file__).resolve().parent


def differs(found, expected, what):
    if found != expected:
        raise ValueError(f"{what}: computed {str(found)[:200]!r}, on record {str(expected)[:200]!r}")


# Contents and bodies.


def content(rule):
    if "text" in rule:
        return rule["text"].encode()
    if "ascending" in rule:
        return bytes(index % 256 for index in range(rule["ascending"]))
    return bytes.fromhex(rule["repeat"]) * rule["count"]


def write(vector):
    delimiter = b"--" + vector["boundary"].encode()
    pieces = [vector["preamble"].encode()]
    for part in vector["parts"]:
        lines = [f"{name}: {value}\r\n".encode() for name, value in part["headers"]]
        pieces += [delimiter, b"\r\n", *lines, b"\r\n", content(part["content"]), b"\r\n"]
    return b"".join([*pieces, delimiter, b"--", vector["epilogue"].encode()])


def defects(boundary, body):
    """The kinds of defects of a body whose parts are texts."""
    found = set()
    delimiter = re.compile(rf"(?:\A|(\r?\n))--{re.escape(boundary)}(?:(--)|[ \t]*(\r?\n|\Z))")
    marks = list(delimiter.finditer(body))
    if not marks:
        return {"NoDelimiter"}
    before = body[: marks[0].start()] + (marks[0][1] or "")
    if "Content-Disposition" in before:
        found.add("ForeignDelimiter")
    elif before.strip("\r\n"):
        found.add("TextPreamble")
    elif before:
        found.add("LineEndPreamble")
    for index, mark in enumerate(marks):
        if "\n" in (mark[1], mark[3]):
            found.add("BareLineFeed")
        if mark[2]:
            rest = body[mark.end() :].lstrip(" \t")
            if rest not in ("", "\r\n"):
                found.add("BareLineFeed" if rest == "\n" else "Epilogue")
            return found
        end = marks[index + 1].start() if index + 1 < len(marks) else len(body)
        # The line end before the next delimiter ends the last line of a part without content.
        found |= part_defects(body[mark.end() : end] + "\r\n")
    return found | {"NoClosingDelimiter"}


def part_defects(part):
    found = set()
    disposition = None
    headers = 0
    while True:
        line, line_end, rest = part.partition("\n")
        if not line_end:
            found.add("NoBlankLine")
            break
        if not line.endswith("\r"):
            found.add("BareLineFeed")
        line = line.rstrip("\r")
        if not line:
            part = rest
            break
        header = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)", line)
        if not header:
            found.add("NoBlankLine" if headers else "MalformedHeader")
            break
        headers += 1
        if header[1].lower() == "content-disposition":
            disposition = header[2]
        part = rest
    if "\nContent-Disposition: form-data" in part:
        found.add("ForeignDelimiter")
    if disposition is None:
        return found | {"NoDisposition"}
    kind, *parameters = [piece.strip() for piece in disposition.split(";")]
    if kind.lower() != "form-data":
        found.add("NotFormData")
    parameters = dict(parameter.split("=", 1) for parameter in parameters)
    if parameters.get("name", "").strip('"') == "":
        found.add("NoName")
    if "filename*" in parameters:
        found.add("ExtendedFilename")
    plain = [value for name, value in parameters.items() if name != "filename*"]
    if not all(re.fullmatch('".*"', value) for value in plain):
        found.add("UnquotedParameter")
    return found


def multipart(vector):
    if "body" in vector:
        found = sorted(defects(vector["boundary"], vector["body"]))
        return differs(found, vector["defects"], "defects")
    body = write(vector)
    differs(len(body), vector["length"], "length")
    differs(hashlib.sha1(body).hexdigest(), vector["sha1"], "sha1")
    differs(hashlib.md5(body).hexdigest(), vector["md5"], "md5")
    if "base64" in vector:
        differs(base64.b64encode(body).decode(), vector["base64"], "base64")


# Digests.


def compress(state, block):
    """SHA-1's compression function (FIPS 180-4, 6.1.2)."""
    words = list(struct.unpack(">16I", block))
    for index in range(16, 80):
        mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
        words.append((mixed << 1 | mixed >> 31) & 0xFFFFFFFF)
    a, b, c, d, e = state
    for index, word in enumerate(words):
        if index < 20:
            mixed, constant = (b & c) | (~b & d), 0x5A827999
        elif index < 40:
            mixed, constant = b ^ c ^ d, 0x6ED9EBA1
        elif index < 60:
            mixed, constant = (b & c) | (b & d) | (c & d), 0x8F1BBCDC
        else:
            mixed, constant = b ^ c ^ d, 0xCA62C1D6
        total = (a << 5 | a >> 27) + mixed + e + constant + word & 0xFFFFFFFF
        a, b, c, d, e = total, a, (b << 30 | b >> 2) & 0xFFFFFFFF, c, d
    return [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d, e))]


def cumulative(data, slice_size):
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    shas = []
    for start in range(0, len(data) - slice_size, slice_size):
        for block in range(start, start + slice_size, 64):
            state = compress(state, data[block : block + 64])
        shas.append(struct.pack("<5I", *state).hex())
    return [*shas, hashlib.sha1(data).hexdigest()]


def datasha(vector):
    data, slice_size = content(vector["content"]), vector["slice_size"]
    parts = [
        {"offset": at, "datalen": len(data[at : at + slice_size]), "datasha": sha}
        for at, sha in zip(range(0, len(data), slice_size), cumulative(data, slice_size))
    ]
    differs(parts, vector["uploadparts"], "uploadparts")


# Signatures.


def why_not_signed(key, signature):
    if not signature:
        return "Empty"
    try:
        data = base64.b64decode(signature, validate=True)
    except binascii.Error:
        joined = "".join(signature.split())
        for text, altchars, reason in ((joined, None, "WhiteSpace"), (signature, b"-_", "UrlSafe")):
            try:
                base64.b64decode(text, altchars, validate=True)
                return reason
            except binascii.Error:
                pass
        return "NotBase64"
    if len(data) <= 20:
        return "TooShort"
    try:
        data[20:].decode()
    except UnicodeDecodeError:
        return "NotText"
    good = hmac.compare_digest(hmac.new(key.encode(), data[20:], "sha1").digest(), data[:20])
    return None if good else "Mac"


def signatures(vector):
    key = vector["secret_key"]
    differs(why_not_signed(key, vector["signature"]), vector.get("reason"), "reason")
    if "clear_text" in vector:
        clear = vector["clear_text"].encode()
        mac = hmac.new(key.encode(), clear, "sha1").digest()
        differs(mac.hex(), vector["mac"], "mac")
        differs(base64.b64encode(mac + clear).decode(), vector["signature"], "signature")


# Verifications.

WHITE_SPACE = ("\n", "\r\n", " ")


def with_field(clear, name, value):
    """The clear text with another value of a field that is there once."""
    pairs = [pair.partition("=") for pair in clear.split("&")]
    return "&".join(f"{key}={value if key == name else old}" for key, _, old in pairs)


def wrong_clear_texts(clear):
    """By mistake: the texts that were signed in the place of one with all fields."""
    fields = dict(pair.split("=", 1) for pair in clear.split("&"))
    order = lambda names: "&".join(f"{name}={fields[name]}" for name in names)
    swapped = dict(a=fields["b"], b=fields["a"])
    texts = {
        "OtherOrder": [order(names) for names in ("abketrf", "aketrfb", sorted("abketrf"))],
        "AppidAndBucketSwapped": [
            with_field(with_field(clear, "a", swapped["a"]), "b", swapped["b"])
        ],
        "WhiteSpaceAfter": [clear + space for space in WHITE_SPACE],
    }
    if fields["f"]:
        plain = urllib.parse.unquote(fields["f"])
        texts["EmptyFileid"] = [with_field(clear, "f", "")]
        texts["UnescapedFileid"] = [with_field(clear, "f", plain)]
        others = [urllib.parse.quote(plain, safe) for safe in ("/-_.~", "-_.~", "/-_.*")]
        others.append(urllib.parse.quote(fields["f"], "/-_.~"))
        texts["OtherEscaping"] = [with_field(clear, "f", other) for other in others]
    return texts


def mistake(raw, secret_id, secret_key):
    """The name of the mistake that makes these bytes, and the clear text in them."""
    key = secret_key.encode()
    digest = lambda name, key, text: hmac.new(key, text, name).digest()
    mac, clear = raw[:20], raw[20:]
    if not clear or mac == digest("sha1", key, clear):
        return None, clear
    if raw[40:] and raw[:40].lower() == digest("sha1", key, raw[40:]).hex().encode():
        return "Hex", raw[40:]
    if raw[28:] and raw[:28] == base64.b64encode(digest("sha1", key, raw[28:])):
        return "Base64", raw[28:]
    if raw[-20:] == digest("sha1", key, raw[:-20]):
        return "Behind", raw[:-20]
    if raw[32:] and raw[:32] == digest("sha256", key, raw[32:]):
        return "Sha256", raw[32:]
    return wrong_mac(mac, clear, secret_id, secret_key), clear


def wrong_mac(mac, clear, secret_id, secret_key):
    key = secret_key.encode()
    if mac == hmac.new(key, clear, "sha256").digest()[:20]:
        return "Sha256"
    if mac == hmac.new(clear, key, "sha1").digest():
        return "KeyAndMessageSwapped"
    if mac in (hashlib.sha1(key + clear).digest(), hashlib.sha1(clear + key).digest()):
        return "NoHmac"
    padded = [pair for space in WHITE_SPACE for pair in (space + secret_key, secret_key + space)]
    keys = {"SecretIdAsKey": [secret_id], "EmptyKey": [""], "WhiteSpaceInKey": padded}
    for name, others in keys.items():
        if any(mac == hmac.new(other.encode(), clear, "sha1").digest() for other in others):
            return name
    try:
        texts = wrong_clear_texts(clear.decode())
    except (ValueError, KeyError):
        return None
    for name, others in texts.items():
        if any(mac == hmac.new(key, other.encode(), "sha1").digest() for other in others):
            return name
    return None


CODES = {
    "Length": [-46180], "Missing": [-57], "Surplus": [], "Mac": [-97, -48, -46618],
    "Appid": [-70], "Bucket": [-61], "SecretId": [-79], "Seconds": [], "NoEnd": [-74],
    "End": [-73], "NeverValid": [-59, -96, -46619], "NotYetValid": [-59],
    "Expired": [-59, -96, -46619], "Lifetime": [-53], "Random": [], "NoFileid": [-76],
    "Fileid": [-63],
}  # fmt: skip


def faults(vector):
    text, key = vector["signature"], vector["secret_key"]
    found = []

    def add(kind, field=None, name=None, codes=None):
        codes = CODES.get(kind, []) if codes is None else codes
        found.append({"kind": kind, "field": field, "mistake": name, "codes": codes})

    if len(text.encode()) > 2048:
        add("Length")
    why = why_not_signed(key, text)
    letters = re.sub(r"\s|=", "", text).replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except binascii.Error:
        raw = b""
    name, clear = mistake(raw, vector["secret_id"], key)
    is_text = len(raw) > 20 and raw[20:].decode(errors="ignore").encode() == raw[20:]
    if why not in (None, "Mac"):
        add(why, None, None if is_text else name, [-81] if why == "Empty" else [])
    if is_text and raw[:20] != hmac.new(key.encode(), raw[20:], "sha1").digest():
        add("Mac", None, name)
    if not clear or not (is_text or name):
        return found
    clear = clear.decode()
    pairs = [pair.partition("=")[::2] for pair in clear.split("&")]
    names = [pair[0] for pair in pairs]
    for field in "abketrf":
        if field not in names:
            add("Missing", field, None, [-47, -57] if field == "k" else None)
        elif names.count(field) > 1:
            add("Surplus", field)
    if set(names) - set("abketrf"):
        add("Surplus")
    fields = dict(reversed(pairs))
    wanted = {"a": vector["appid"], "b": vector["bucket"], "k": vector["secret_id"]}
    for field, kind in (("a", "Appid"), ("b", "Bucket"), ("k", "SecretId")):
        if fields.get(field, wanted[field]) != wanted[field]:
            add(kind, field)
    once = vector["uses"] == "once"
    if "t" in fields and "e" in fields:
        when(fields, once, vector["clock"], add)
    if not re.fullmatch(r"-?[0-9]{1,20}", fields.get("r", "0")):
        add("Random", "r")
    f = fields.get("f")
    this = f"/{vector['appid']}/{vector['bucket']}{vector['key']}"
    if f is not None and not (f == "" and not once):
        readings = {f, urllib.parse.unquote(f)}
        above = not once and any(f.endswith("/") and this.startswith(f) for f in readings)
        if this not in readings and not above:
            add("Fileid" if f else "NoFileid", "f")
    return found


def when(fields, once, clock, add):
    for field in "te":
        if not re.fullmatch(r"[0-9]+(\.[0-9]*)?", fields[field]):
            return add("Seconds", field)
    t, e = (int(fields[field].split(".")[0]) for field in "te")
    if once:
        if t > clock + 900:
            add("NotYetValid", "t")
        return e and add("End", "e")
    if e == 0:
        return add("NoEnd", "e")
    if e <= t:
        return add("NeverValid", "e")
    if t > clock + 900:
        add("NotYetValid", "t")
    elif e <= clock:
        add("Expired", "e")
    if e - t > 90 * 24 * 60 * 60:
        add("Lifetime", "e")


def verifications(vector):
    differs(faults(vector), vector["faults"], "faults")


# Paths.

# What each leaves raw besides letters and digits, the hex digits of what it escapes in ASCII, and what
# it does to slashes.
ROUTINES = {
    "python": ("-_.~/", "%02X", "keeps"),
    "java": ("-_.*/", "%02X", "drops empty segments"),
    "php": ("-_.~/", "%02X", "keeps"),
    "cpp": ("-_.~/", "%02X", "keeps"),
    "javascript": ("-_.!~*'()/", "%02X", "strips those in front"),
    "dotnet": ("-_.!*()~/", "%02x", "drops empty segments"),
}
ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def sent(routine, key):
    slashes = ROUTINES[routine][2]
    if slashes == "strips those in front":
        return "/" + key.lstrip("/")
    if slashes == "drops empty segments":
        return re.sub("/+", "/", key)
    return key


def escape(routine, key):
    raw, form, _ = ROUTINES[routine]
    kept = (ALPHANUMERIC + raw).encode()
    letter = lambda byte: chr(byte) if byte in kept else "%" + (form if byte < 128 else "%02X") % byte
    return "".join(letter(byte) for byte in sent(routine, key).encode())


def why_no_path(target):
    if not target.startswith("/files/v2/"):
        return "Prefix"
    appid, slash, rest = target[len("/files/v2/") :].partition("/")
    if not slash:
        return "Bucket"
    if not re.fullmatch("[0-9]+", appid):
        return "Appid"
    bucket, slash, key = rest.partition("/")
    if not slash:
        return "Key"
    if not bucket:
        return "Bucket"
    if re.search("%(?![0-9A-Fa-f]{2})", f"{bucket}/{key}"):
        return "Escape"
    try:
        key = urllib.parse.unquote(key, errors="strict")
    except UnicodeDecodeError:
        return "NotUtf8"
    return "Key" if not key or key.endswith("/") else None


def paths(vector):
    if "target" in vector:
        return differs(why_no_path(vector["target"]), vector["reason"], "reason")
    differs(escape(vector["routine"], vector["key"]), vector["escaped"], "escaped")
    key = urllib.parse.unquote(vector["escaped"], errors="strict")
    differs(key, vector.get("sent", vector["key"]), "key that is sent")
    if "sent" in vector:
        differs(vector["sent"] == vector["key"], False, "what is sent is the key")


# Plans.


def runs(numbers):
    """Ascending numbers as [first, how many] of those that follow each other."""
    found = []
    for number in numbers:
        if found and sum(found[-1]) == number:
            found[-1][1] += 1
        else:
            found.append([number, 1])
    return found


def missing(size, slice_size, listed):
    """The slices of a grid of which a byte is not listed."""
    for offset in range(0, size, slice_size):
        known, end = offset, min(offset + slice_size, size)
        for start, length in sorted(listed):
            if start <= known:
                known = max(known, start + length)
        if known < end:
            yield [offset, end - offset]


def plans(vector):
    size = vector["size"]
    if "listed" in vector:
        found = list(missing(size, vector["slice_size"], vector["listed"]))
        return differs(found, vector["missing"], "missing")
    if "slices" in vector:
        covered = [byte for offset, length in vector["slices"] for byte in range(offset, offset + length)]
        gaps = [byte for byte in range(size) if byte not in covered]
        twice = [byte for byte in sorted(set(covered)) if covered.count(byte) > 1]
        differs(runs(gaps), vector["gaps"], "gaps")
        return differs(runs(twice), vector["overlaps"], "overlaps")
    slice_size = vector["slice_size"]
    count = (size + slice_size - 1) // slice_size
    differs(count, vector["count"], "count")
    if count:
        last = (count - 1) * slice_size
        differs([0, min(size, slice_size)], vector["first"], "first")
        differs([last, size - last], vector["last"], "last")


# Error codes and replies.

# The documented HTTP statuses.
STATUSES = {
    400: [
        -175, -199, -284, -5965, -5999, -29095, -29096, -29105, -29133, -29134, -29136, -29138,
        -29144, -46157, -50152,
    ],
    403: [-47, -48, -59, -61, -63, -70, -97, -121],
    404: [-133, -197, -46628],
    409: [-177, -178, -4016, -4019, -4020, -20034, -46659],
    451: [-46646],
    500: [-195],
    503: [-71, -196, -5997, -21095, -29302],
}
RETRIES = {
    "Later": {-71, -196, -5997, -21095, -29302},
    "Transient": {-195, -5963, -20034},
    "Resume": {-4019},
    "SignAgain": {-59, -96, -46619},
    "ResendSlices": {-29144},
}
# What the predecessor called its codes.
NAMES = """
-60 ERROR_PROXY_AUTH_INVALID_TOKEN  -61 ERROR_PROXY_SIGN_BUCKET_NOTMATCH
-62 ERROR_PROXY_AUTH_APPID  -63 ERROR_PROXY_FILEID_NOTMATCH  -64 ERROR_PROXY_FORBID_APPID
-65 ERROR_PROXY_CONTINUE_TRANSFER_WITH_DATA  -70 ERROR_PROXY_APPID_USERID_NOTMATCH
-71 ERROR_PROXY_FREQ_CONTROL  -73 ERROR_PROXY_AUTH_ONCESIGN_EXPIREDNOTEMPTY
-74 ERROR_PROXY_AUTH_MULTISIGN_EXPIREDEMPTY  -75 ERROR_PROXY_AUTH_UNSUPPORTED_OP
-76 ERROR_PROXY_AUTH_ONCESIGN_NOFILEID  -77 ERROR_PROXY_AUTH_REPLAY_ATTACH
-79 ERROR_PROXY_AUTH_SECRETID_NOEXIST  -80 ERROR_PROXY_INVALID_APPID
-81 ERROR_PROXY_AUTH_SIGN_EMPTY  -94 ERROR_PROXY_WRONG_SESSION  -95 ERROR_PROXY_NO_SESSION
-96 ERROR_PROXY_AUTH_EXPIRED  -97 ERROR_PROXY_AUTH_FAILED
-160 ERROR_CMD_PARAM_PAHT_FILE_SURPLUS_SLASH  -161 ERROR_CMD_PARAM_PATH_DIR_MISSING_SLASH
-168 ERROR_CMD_COS_INVALID_SHA  -174 ERROR_CMD_COS_SHA_NOT_EQU
-175 ERROR_CMD_COS_FILE_SIZE_NOT_EQU  -177 ERROR_CMD_COS_FILE_EXIST
-178 ERROR_CMD_COS_PATH_CONFLICT  -180 ERROR_CMD_COS_INVALID_PATH  -182 ERROR_CMD_PARAM_INVALID
-196 ERROR_CMD_BACKEND_NETWORK  -197 ERROR_CMD_FILE_NOTEXIST  -199 ERROR_CMD_FILE_MOVE_ERROR
-282 ERROR_PROCESS_ANALYZE  -283 ERROR_PROCESS_SLICE_TOO_SMALL
-284 ERROR_PROCESS_WRONG_SLICE_SIZE  -285 ERROR_PROCESS_FILE_TOO_LARGE
-286 ERROR_PROCESS_DECODE_SESSION  -290 ERROR_PROCESS_OFFSET  -300 ERROR_PROCESS_OVERLOAD
-4013 ErrDecodeSession  -4014 ErrQueryOffset  -4015 ErrTheSameOffset  -4016 ErrNotSameSHA
-4017 ErrHttpSvr  -4018 ErrSameFileUpload  -4019 ErrOffsetToZero
-4020 ErrParamInvalidCheckTypeShouldBeSHA  -4021 ErrParamInvalidSessionDecodeError
-4023 ErrParamInvalidCheckSumSizeInvalid  -4024 ErrOffGoBack  -4025 ErrHttpTimeout
-4026 ErrOffsetBackTooMuch  -4027 ErrOffsetRedo  -5971 ERROR_CGI_PARAM_MISSING_FILESIZE
-5975 ERROR_CGI_JSON_PARSE_ERROR  -5979 ERROR_CGI_PARAM_MISSING_SHA
-5980 ERROR_CGI_PARAM_MISSING_OP  -5983 ERROR_CGI_WRONG_SESSION  -5984 ERROR_CGI_SHA_NOT_MATCH
-5990 ERROR_CGI_MISSING_FILECONTENT  -5991 ERROR_CGI_SLICE  -5993 ERROR_CGI_FORM_ERR
-5995 ERROR_CGI_FILESIZE  -5997 ERROR_CGI_NETWORK  -5998 ERROR_CGI_AUTHORIZATION
-5999 ERROR_CGI_PARAM  -9999 UNKOWN
"""
NAMES = dict(zip(map(int, NAMES.split()[::2]), NAMES.split()[1::2]))
# The current pages mean something else by these, and call two codes by another name.
CHANGED = {-199, -4019, -4020, -5991}
CURRENT_NAMES = {-4018: "ERROR_SAME_FILE_UPLOAD", -4019: "_ERROR_FILE_NOT_FINISH_UPLOAD"}
# Codes of the predecessor's downloads, which have no name.
DOWNLOADS = {-6101, -45062}
# Errors within the service: whoever meets one is to report it.
INTERNAL = """
-288 -287 -194 -185 -184 -183 -181 -119 -116 -99 -98 -85 -83 -75 -66 -58 -5945 -5939 -5938 -5937
-29175 -29172..-29168 -29165..-29162 -29156 -29155 -29150 -29148 -29146 -29145 -29140 -29137
-29132..-29130 -29128 -29125..-29123 -29119..-29117 -29115 -29114 -29112 -29111 -29109..-29106
-29102..-29099 -29088..-29080 -29070 -29069 -29066 -29044 -29031 -29027 -29026 -29012..-29010
-29003..-29000 -29993..-29991 -46640..-46634 -46626 -46607 -46601 -46313..-46301 -46212..-46210
-46207..-46205 -46202 -46201 -46196..-46189 -46184..-46182 -46175..-46171 -46169 -46168 -46158
-46105..-46101 -46031 -46030 -46026..-46020 -46007 -46005..-46001 -50122 100 101 -29214
"""


def numbers(text):
    """All numbers of a text of numbers and ranges."""
    for word in text.split():
        ends = sorted(map(int, word.split("..")))
        yield from range(ends[0], ends[-1] + 1)


INTERNAL = set(numbers(INTERNAL))


def error_codes(vector):
    code, era = vector["code"], vector["era"]
    documented = {number: status for status, codes in STATUSES.items() for number in codes}
    differs(documented.get(code), vector["status"], "status")
    differs(str(code), vector["id"], "id")
    former = code in NAMES or code in DOWNLOADS
    eras = {"current"} if not former else {"changed"} if code in CHANGED else {"legacy", "both"}
    differs(era in eras, True, f"era {era!r} is possible")
    name = CURRENT_NAMES.get(code, None if code in CHANGED else NAMES.get(code))
    differs(name, vector["name"], "name")
    unknown = "Unknown" if code in INTERNAL or era == "legacy" else "No"
    retry = next((retry for retry, codes in RETRIES.items() if code in codes), unknown)
    differs(retry, vector["retry"], "retry")


class Object(list):
    """The pairs of a JSON object, in their order."""

    def get(self, name):
        return dict(self).get(name)


class Unreadable(Exception):
    def __init__(self, reason, place=None):
        super().__init__(reason)
        self.reading = {"reason": reason}
        if place is not None:
            self.reading["place"] = place


def document(body):
    """The object of a reply, or why there is none."""

    def no_constant(name):
        raise Unreadable("Syntax")

    def integer(digits):
        return float(digits) if digits == "-0" else int(digits)

    if body.startswith("\ufeff"):
        raise Unreadable("ByteOrderMark")
    start = body.strip(" \t\r\n")
    if not start:
        raise Unreadable("Empty")
    if start.startswith("<"):
        raise Unreadable("Html" if re.match("<(html|!doctype html)", start, re.I) else "Xml")
    decoder = json.JSONDecoder(
        object_pairs_hook=Object, parse_int=integer, parse_constant=no_constant
    )
    try:
        value, end = decoder.raw_decode(start)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(start) or error.msg.startswith("Unterminated")
        raise Unreadable("Truncated" if cut else "Syntax") from error
    if end != len(start):
        raise Unreadable("Trailing")
    if not isinstance(value, Object):
        raise Unreadable("NotAnObject")
    return value


class Reading:
    """Reads fields and collects what the service does not do."""

    def __init__(self, deviations):
        self.deviations = deviations

    def keys(self, value, place, order, sometimes):
        if not isinstance(value, Object):
            raise Unreadable("Field", place)
        latest, seen = -1, set()
        for name, item in value:
            if name not in order:
                self.deviations.add("UnknownKey")
                continue
            if name in seen:
                self.deviations.add("RepeatedKey")
            elif order.index(name) < latest:
                self.deviations.add("KeyOrder")
            if item is None:
                self.deviations.add("Null")
            latest = max(latest, order.index(name))
            seen.add(name)
        if set(order) - seen - set(sometimes):
            self.deviations.add("AbsentKey")

    def number(self, value, place, lowest=0, highest=2**64 - 1):
        digits = "(?!-0$)-?[0-9]+" if lowest else "[0-9]+"
        if isinstance(value, str) and re.fullmatch(digits, value):
            value = int(value)
            self.deviations.add("DigitString")
        if type(value) is not int or not lowest <= value <= highest:
            raise Unreadable("Field", place)
        return value

    def text(self, value, place):
        if not isinstance(value, str):
            raise Unreadable("Field", place)
        return value

    def session(self, value):
        """A text, or the number that the table of the page calls it: its digits, up to 64 bits."""
        if type(value) is int and 0 <= value < 2**64:
            self.deviations.add("NumberForText")
            return str(value)
        return self.text(value, "data.session")

    def slice(self, data):
        self.keys(data, "data", ["datalen", "datamd5", "offset", "session"], [])
        found = {}
        digest = dict(data).get("datamd5", "")
        found["datamd5"] = self.text(digest, "data.datamd5")
        if any(name == "datamd5" for name, _ in data) and not re.fullmatch("[0-9a-f]{32}", digest):
            self.deviations.add("DigestForm")
        found["datalen"] = self.number(data.get("datalen"), "data.datalen")
        found["offset"] = self.number(data.get("offset"), "data.offset")
        found["session"] = self.session(data.get("session"))
        return found

    def upload(self, data):
        if isinstance(data, Object) and data.get("session") is None:
            return self.stored(data)
        named = isinstance(data, Object) and (
            data.get("filesize") is not None or data.get("listparts") is not None
        )
        return self.listed(data) if named else self.granted(data)

    def granted(self, data):
        self.keys(data, "data", ["serial_upload", "session", "slice_size"], ["serial_upload"])
        serial = data.get("serial_upload")
        if serial is not None:
            serial = self.number(serial, "data.serial_upload", -(2**63), 2**63 - 1)
        return {
            "serial_upload": serial,
            "session": self.session(data.get("session")),
            "slice_size": self.number(data.get("slice_size"), "data.slice_size"),
        }

    def listed(self, data):
        order = ["filesize", "listparts", "session", "sha", "slice_size"]
        self.keys(data, "data", order, ["sha"])
        found = {"filesize": self.number(data.get("filesize"), "data.filesize"), "listparts": []}
        parts = dict(data).get("listparts", [])
        if isinstance(parts, Object) or not isinstance(parts, list):
            raise Unreadable("Field", "data.listparts")
        for index, part in enumerate(parts):
            place = f"data.listparts[{index}]"
            self.keys(part, place, ["datalen", "offset"], [])
            datalen = self.number(part.get("datalen"), f"{place}.datalen")
            offset = self.number(part.get("offset"), f"{place}.offset")
            found["listparts"].append({"datalen": datalen, "offset": offset})
        found["session"] = self.session(data.get("session"))
        sha = data.get("sha")
        found["sha"] = None if sha is None else self.text(sha, "data.sha")
        found["slice_size"] = self.number(data.get("slice_size"), "data.slice_size")
        return found

    def stored(self, data):
        order = ["access_url", "preview_url", "resource_path", "source_url", "url", "vid"]
        self.keys(data, "data", order, ["preview_url", "vid"])
        found = {}
        for name in order:
            value = dict(data).get(name, None if name in ("access_url", "preview_url", "vid") else "")
            optional = name in ("preview_url", "vid") and value is None
            found[name] = None if optional else self.text(value, f"data.{name}")
        return found

    def envelope(self, value, operation):
        self.keys(value, "", ["code", "message", "request_id", "data"], ["data"])
        code = self.number(value.get("code"), "code", -(2**63), 2**63 - 1)
        message = self.text(dict(value).get("message", ""), "message")
        request_id = value.get("request_id")
        if request_id is not None:
            self.text(request_id, "request_id")
        data = value.get("data")
        read = self.slice if operation == "upload_slice_data" else self.upload
        found = {"code": code, "message": message, "request_id": request_id, "data": None}
        if data is not None and code == 0:
            found["data"] = read(data)
        elif data is not None:
            self.deviations.add("DataOfError")
        return found


def reply(body, operation):
    try:
        value = document(body)
        deviations = set()
        found = Reading(deviations).envelope(value, operation)
    except Unreadable as error:
        return error.reading
    strings = re.compile(r'"(?:[^"\\]|\\.)*"')
    if re.search(r"[ \t\r\n]", strings.sub("", body)):
        deviations.add("WhiteSpace")
    plain = (json.dumps(json.loads(raw), ensure_ascii=False) for raw in strings.findall(body))
    if list(plain) != strings.findall(body):
        deviations.add("Escapes")
    return {**found, "deviations": sorted(deviations)}


def replies(vector):
    found = reply(vector["body"], vector["operation"])
    body = vector["body"].encode()
    differs(len(body), vector.get("length", len(body)), "length")
    for name in ("sha1", "md5"):
        if name in vector:
            differs(hashlib.new(name, body).hexdigest(), vector[name], name)
    told = ("id", "comment", "operation", "body", "length", "sha1", "md5")
    expected = {name: vector[name] for name in vector if name not in told}
    differs(found, expected, "reading")


# The schema.

TYPES = {"object": dict, "array": list, "string": str, "null": type(None)}


def is_of_type(value, name):
    if name == "integer":
        return type(value) is int
    return isinstance(value, TYPES[name])


def validate(value, schema, root, place):
    """The keywords of JSON Schema that schema.json uses; any other is an error."""
    for keyword, wanted in schema.items():
        good = True
        if keyword in ("$schema", "$defs", "title", "description"):
            continue
        if keyword == "$ref":
            validate(value, root["$defs"][wanted[len("#/$defs/") :]], root, place)
        elif keyword == "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            good = any(is_of_type(value, name) for name in names)
        elif keyword == "const":
            good = value == wanted
        elif keyword == "enum":
            good = value in wanted
        elif keyword == "minimum":
            good = value >= wanted
        elif keyword == "minItems":
            good = len(value) >= wanted
        elif keyword == "maxItems":
            good = len(value) <= wanted
        elif keyword == "pattern":
            good = re.search(wanted, value) is not None
        elif keyword == "required":
            good = all(name in value for name in wanted)
        elif keyword == "additionalProperties":
            good = wanted is not False or set(value) <= set(schema["properties"])
        elif keyword == "properties":
            for name in set(value) & set(wanted):
                validate(value[name], wanted[name], root, f"{place}.{name}")
        elif keyword == "items":
            for index, item in enumerate(value):
                validate(item, wanted, root, f"{place}[{index}]")
        elif keyword == "oneOf":
            good = sum(is_valid(value, one, root) for one in wanted) == 1
        else:
            raise ValueError(f"the schema uses {keyword!r}, which is not known here")
        if not good:
            raise ValueError(f"{place} violates {keyword} of the schema")


def is_valid(value, schema, root):
    try:
        validate(value, schema, root, "")
    except (ValueError, TypeError, AttributeError) as error:
        if "not known here" in str(error):
            raise
        return False
    return True


KINDS = {
    "signatures": signatures,
    "verifications": verifications,
    "datasha": datasha,
    "multipart": multipart,
    "paths": paths,
    "plans": plans,
    "error_codes": error_codes,
    "replies": replies,
}


def verify(kind, document, schema):
    """How many vectors were verified; ValueError at the first that differs."""
    validate(document, {"$ref": "#/$defs/" + kind}, schema, kind)
    ids = [vector["id"] for vector in document["vectors"]]
    differs(len(set(ids)), len(ids), "unique ids")
    for vector in document["vectors"]:
        try:
            KINDS[kind](vector)
        except ValueError as error:
            raise ValueError(f"{kind} {vector['id']}: {error}") from error
    if kind == "error_codes":
        codes = [vector["code"] for vector in document["vectors"]]
        differs(sorted(codes), codes, "ascending order")
        differs(sum(v["status"] is not None for v in document["vectors"]), 40, "statuses")
    return len(ids)


# What is computed in each kind of vectors; the rest is given, or words.
COMPUTED = {
    "signatures": {"clear_text", "mac", "signature", "reason"},
    "verifications": {"faults"},
    "datasha": {"uploadparts"},
    "multipart": {"length", "sha1", "md5", "base64", "defects"},
    "paths": {"escaped", "sent", "reason"},
    "plans": {"count", "first", "last", "gaps", "overlaps", "missing"},
    "error_codes": {"status", "name", "retry", "era"},
    "replies": {"length", "code", "message", "request_id", "data", "deviations", "reason", "place"},
}


def altered(value):
    """The value with one thing in it altered, in every way that is tried."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from ({**value, name: other} for other in altered(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value[:index] + value[index + 1 :]
            yield from ([*value[:index], other, *value[index + 1 :]] for other in altered(item))
        yield [*value, "another"]
    elif type(value) is int:
        yield value + 1
    else:
        yield "another" if value is None else value + "x"


def shape(kind, vector):
    """Vectors of one shape have the same computed fields, and the same ones of them are empty."""
    return frozenset((name, bool(vector[name])) for name in COMPUTED[kind] & set(vector))


def self_test(kind, document, schema):
    """How many alterations were noticed; ValueError at the first that was not."""
    smallest = {}
    for vector in sorted(document["vectors"], key=lambda vector: len(json.dumps(vector))):
        smallest.setdefault(shape(kind, vector), vector)
    count = 0
    for vector in smallest.values():
        for name in sorted(COMPUTED[kind] & set(vector)):
            for other in altered(vector[name]):
                count += 1
                is_noticed(KINDS[kind], {**vector, name: other}, f"{kind} {vector['id']}: {name} {other!r}")
    misspelt = dict(document, vektors=[])
    is_noticed(lambda wrong: verify(kind, wrong, schema), misspelt, f"{kind}: a misspelt name")
    return count + 1


def is_noticed(check, wrong, what):
    try:
        check(wrong)
    except ValueError:
        return
    raise ValueError(f"{what} went unnoticed")


def main(arguments):
    check, what = verify, "verified"
    if arguments == ["--self-test"]:
        check, what = self_test, "alterations noticed"
    elif arguments:
        sys.exit("usage: verify.py [--self-test]")
    schema = json.loads((FOLDER / "schema.json").read_text("utf-8"))
    files = {path.stem for path in FOLDER.glob("*.json")} - {"schema"}
    failed = files != set(KINDS)
    if failed:
        print(f"files and kinds differ: {sorted(files ^ set(KINDS))}", file=sys.stderr)
    for kind in sorted(files & set(KINDS)):
        document = json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))
        try:
            print(f"{kind}: {check(kind, document, schema)} {what}")
        except ValueError as error:
            failed = True
            print(f"FAILED {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
