"""The official Python SDK led by the driver contract; nothing here touches the protocol.

With SLICECHECK_TEST_CONNECTIONS the SDK sends that many slices at a time, each from a thread of its own; with
SLICECHECK_TEST_SHA it sends the SHA-1 of the file also where nobody asks for it.
"""

import os

from driving import main
from qcloud_cos import CosClient, CosConfig, UploadSliceFileRequest


def upload(words):
    appid, secret_id, secret_key = (words[name] for name in ["appid", "secret_id", "secret_key"])
    client = CosClient(int(appid), secret_id, secret_key, region="gz")
    scheme, host = words["endpoint"].split("://")
    client.set_config(
        CosConfig(hostname=host, download_hostname=host, timeout=20, enable_https=scheme == "https")
    )
    wishes = {}
    if "insert_only" in words:
        wishes["insert_only"] = int(words["insert_only"])
    reply = client.upload_slice_file(
        UploadSliceFileRequest(
            words["bucket"],
            words["key"],
            words["file"],
            slice_size=int(words["slice_size"]),
            enable_sha1="sha" in words or "SLICECHECK_TEST_SHA" in os.environ,
            max_con=int(os.environ.get("SLICECHECK_TEST_CONNECTIONS", 1)),
            **wishes,
        )
    )
    # false is equal to 0 in Python, and what came of finish is all that the SDK returns.
    if reply["code"] is False or reply["code"] != 0:
        raise RuntimeError(reply)


main(upload)
