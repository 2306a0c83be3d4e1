"""The official Python SDK behind the driver contract; nothing here touches the protocol.

With SLICECHECK_TEST_CONNECTIONS the SDK sends that many slices at a time, each from a thread of its own.
"""

import os
import sys

from qcloud_cos import CosClient, CosConfig, UploadSliceFileRequest

if os.environ["SLICECHECK_OP"] != "upload":
    sys.exit(89)

names = ["APPID", "SECRET_ID", "SECRET_KEY"]
appid, secret_id, secret_key = (os.environ["SLICECHECK_" + name] for name in names)
client = CosClient(int(appid), secret_id, secret_key, region="gz")
host = os.environ["SLICECHECK_ENDPOINT"].removeprefix("http://")
client.set_config(CosConfig(hostname=host, download_hostname=host, timeout=20))
wishes = {}
if "SLICECHECK_INSERT_ONLY" in os.environ:
    wishes["insert_only"] = int(os.environ["SLICECHECK_INSERT_ONLY"])
reply = client.upload_slice_file(
    UploadSliceFileRequest(
        os.environ["SLICECHECK_BUCKET"],
        os.environ["SLICECHECK_KEY"],
        os.environ["SLICECHECK_FILE"],
        slice_size=int(os.environ["SLICECHECK_SLICE_SIZE"]),
        enable_sha1="SLICECHECK_SHA" in os.environ,
        max_con=int(os.environ.get("SLICECHECK_TEST_CONNECTIONS", 1)),
        **wishes,
    )
)
if reply["code"] != 0:
    sys.exit(f"{reply}")
