"""A client on requests, written as the library's own guide suggests: fields in `data`, the file in `files`.

What the guide does not say so loudly: without `files` the library sends a form as
application/x-www-form-urlencoded, so that init and finish are no multipart forms.
"""

import base64
import hashlib
import hmac
import os
import random
import sys
import time
from urllib.parse import quote

import requests

ENDPOINT = os.environ["SLICECHECK_ENDPOINT"]
FILE = os.environ["SLICECHECK_FILE"]
KEY = os.environ["SLICECHECK_KEY"]
APPID = os.environ["SLICECHECK_APPID"]
BUCKET = os.environ["SLICECHECK_BUCKET"]
SECRET_ID = os.environ["SLICECHECK_SECRET_ID"]
SECRET_KEY = os.environ["SLICECHECK_SECRET_KEY"]
SLICE_SIZE = int(os.environ["SLICECHECK_SLICE_SIZE"])

URL = f"{ENDPOINT}/files/v2/{APPID}/{BUCKET}{quote(KEY)}"


def sign():
    now = int(time.time())
    clear = f"a={APPID}&b={BUCKET}&k={SECRET_ID}&e={now + 600}&t={now}&r={random.randrange(10**9)}&f="
    mac = hmac.new(SECRET_KEY.encode(), clear.encode(), hashlib.sha1).digest()
    return base64.b64encode(mac + clear.encode()).decode()


def post(session, data, files=None):
    reply = session.post(URL, data=data, files=files, headers={"Authorization": sign()}, timeout=20)
    reply = reply.json()
    if reply["code"] != 0:
        sys.exit(f"{data['op']}: {reply}")
    return reply["data"]


def upload(http):
    size = os.path.getsize(FILE)
    init = post(http, {"op": "upload_slice_init", "filesize": size, "slice_size": SLICE_SIZE})
    session, slice_size = init["session"], init["slice_size"]
    with open(FILE, "rb") as file:
        for offset in range(0, size, slice_size):
            data = {"op": "upload_slice_data", "session": session, "offset": offset}
            post(http, data, files={"filecontent": file.read(slice_size)})
    post(http, {"op": "upload_slice_finish", "session": session, "filesize": size})


if os.environ["SLICECHECK_OP"] != "upload":
    sys.exit(89)
with requests.Session() as http:
    upload(http)
