"""The PyPI package cos-lib3 led by the driver contract; nothing here touches the protocol.

Its host is built in: run with `--via proxy`, its HTTP library follows http_proxy.
"""

import posixpath
import sys

from driving import main

# This file has the name of the package, and its folder comes first in the path.
sys.path.pop(0)
from cos_lib3.cos import Cos  # noqa: E402


def upload(words):
    names = ["appid", "secret_id", "secret_key", "region"]
    bucket = Cos(*(words[name] for name in names)).get_bucket(words["bucket"])
    # The library puts slashes around the directory itself.
    directory, name = posixpath.split(words["key"])
    done = bucket.upload_slice_file(
        words["file"], int(words["slice_size"]), name, dir_name=directory.strip("/") or None
    )
    print(done)


# Each init has insertOnly=0.
main(upload, cannot=("sha",), only=[("insert_only", "0")])
