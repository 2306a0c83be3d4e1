"""The PyPI package cos-lib3 behind the driver contract; nothing here touches the protocol.

Its host is built in: run with `--via proxy`, its HTTP library follows http_proxy.
"""

import os
import posixpath
import sys

# This file has the name of the package, and its folder comes first in the path.
sys.path.pop(0)
from cos_lib3.cos import Cos  # noqa: E402

if os.environ["SLICECHECK_OP"] != "upload":
    sys.exit(89)
if "SLICECHECK_SHA" in os.environ or "SLICECHECK_INSERT_ONLY" in os.environ:
    sys.exit(89)

names = ["APPID", "SECRET_ID", "SECRET_KEY", "REGION"]
bucket = Cos(*(os.environ["SLICECHECK_" + name] for name in names)).get_bucket(
    os.environ["SLICECHECK_BUCKET"]
)
# The library puts slashes around the directory itself.
directory, name = posixpath.split(os.environ["SLICECHECK_KEY"])
done = bucket.upload_slice_file(
    os.environ["SLICECHECK_FILE"],
    int(os.environ["SLICECHECK_SLICE_SIZE"]),
    name,
    dir_name=directory.strip("/"),
)
print(done)
