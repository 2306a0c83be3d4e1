"""The PyPI SDK qcloud-cos-py3 led by the driver contract; nothing here touches the protocol.

The SDK has its host built in: run with `--via proxy`, its HTTP library follows http_proxy.
"""

import posixpath

from driving import main
from qcloud_cos_py3.cos import CosBucket


def upload(words):
    names = ["appid", "secret_id", "secret_key", "bucket", "region"]
    bucket = CosBucket(*(words[name] for name in names))
    # The SDK puts slashes around the directory itself. It raises whatever goes wrong.
    directory, name = posixpath.split(words["key"])
    bucket.upload_slice_file(
        words["file"], int(words["slice_size"]), name, dir_name=directory.strip("/")
    )


main(upload)
