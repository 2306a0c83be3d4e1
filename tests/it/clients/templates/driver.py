"""A driver in Python: one process per scenario, or one for all with --driver. Your client goes into `upload`."""

import json
import os
import sys


def upload(words):
    """Uploads the file at words["file"]; an exception is a claim of failure."""
    raise NotImplementedError(f"call your client here: {words['endpoint']}{words['key']}")


def claim(words):
    if words["op"] != "upload":
        return {"outcome": "unsupported"}
    try:
        upload(words)
    except Exception as error:
        return {"outcome": "api_error", "detail": str(error)}
    return {"outcome": "ok"}


def main():
    if "SLICECHECK_OP" in os.environ:
        words = {name.lower()[11:]: value for name, value in os.environ.items() if name.startswith("SLICECHECK_")}
        said = claim(words)
        print(json.dumps(said))
        sys.exit({"ok": 0, "unsupported": 89}.get(said["outcome"], 1))
    for line in sys.stdin:
        words = json.loads(line)
        said = {"name": "my driver", "version": "1.0"} if "hello" in words else {"id": words["id"], **claim(words)}
        print(json.dumps(said), flush=True)


main()
