"""The PyPI SDK qcloud-cos-py3 behind the driver contract; nothing here touches the protocol.

The SDK has its host built in: run with `--via proxy`, its HTTP library follows http_proxy.
"""

import os
import posixpath
import sys

from qcloud_cos_py3.cos import CosBucket

if os.environ["SLICECHECK_OP"] != "upload":
    sys.exit(89)

bucket = CosBucket(
    os.environ["SLICECHECK_APPID"],
    os.environ["SLICECHECK_SECRET_ID"],
    os.environ["SLICECHECK_SECRET_KEY"],
    os.environ["SLICECHECK_BUCKET"],
    os.environ["SLICECHECK_REGION"],
)
# The SDK puts slashes around the directory itself. It raises whatever goes wrong, and Python then
# exits with 1: that is its claim of failure.
directory, name = posixpath.split(os.environ["SLICECHECK_KEY"])
bucket.upload_slice_file(
    os.environ["SLICECHECK_FILE"],
    int(os.environ["SLICECHECK_SLICE_SIZE"]),
    name,
    dir_name=directory.strip("/"),
)
