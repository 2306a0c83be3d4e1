"""What the drivers of this folder share: a process for each scenario, or with --driver one for all.

With SLICECHECK_TEST_PLAN they fetch the scenarios from the plan at that address.
"""

import json
import os
import sys
import tempfile
import traceback
import urllib.request

PREFIX = "SLICECHECK_"


def main(upload, cannot=(), only=()):
    """Has `upload` do what the words say; an exception is a claim of failure.

    `cannot` are words that the SDK has no way to heed, and `only` are pairs of a word and the one value that it
    heeds, as it always does so.
    """

    def is_unsupported(words):
        others = [word for word, value in only if str(words.get(word, value)) != value]
        return words["op"] != "upload" or others or any(word in words for word in cannot)

    if PREFIX + "OP" in os.environ:
        words = {name[len(PREFIX) :].lower(): text for name, text in os.environ.items() if name.startswith(PREFIX)}
        if is_unsupported(words):
            sys.exit(89)
        # Whatever it raises, Python then exits with 1.
        upload(words)
        return

    def answer(words):
        said = {"outcome": "unsupported"} if is_unsupported(words) else claim(upload, words)
        return json.dumps({"id": words["id"], **said})

    plan = os.environ.get(PREFIX + "TEST_PLAN")
    if plan:
        play(plan, answer)
        return
    for line in sys.stdin:
        words = json.loads(line)
        hello = json.dumps({"name": os.path.basename(sys.argv[0])})
        print(hello if "hello" in words else answer(words), flush=True)


def play(plan, answer):
    """Claims one scenario after the other until there are no more."""
    while True:
        with urllib.request.urlopen(f"{plan}/__slicecheck/next") as reply:
            if reply.status == 204:
                return
            words = json.load(reply)
        with urllib.request.urlopen(plan + words["file"]) as reply, tempfile.NamedTemporaryFile() as file:
            file.write(reply.read())
            file.flush()
            said = answer({**words, "file": file.name})
        urllib.request.urlopen(f"{plan}/__slicecheck/claim", said.encode()).close()


def claim(upload, words):
    if "proxy" in words:
        # The environment has none: each scenario has an address of its own. HTTP libraries look there each time.
        os.environ["http_proxy"] = words["proxy"]
    try:
        upload(words)
    except Exception as error:
        traceback.print_exc()
        return {"outcome": "api_error", "detail": repr(error)}
    return {"outcome": "ok"}
