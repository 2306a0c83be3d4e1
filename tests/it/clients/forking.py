"""A driver that stays, for a client in Python that is made for one scenario: `forking.py CLIENT [MODULE...]`.

The modules are imported once; each scenario has a process of its own all the same, which is forked.
"""

import importlib
import json
import os
import runpy
import sys

UNSUPPORTED = 89


def play(client, words):
    """How the client ended that got these words in its environment; a signal ends this driver, too."""
    child = os.fork()
    if not child:
        os.dup2(2, 1)  # its output is no answer
        for name, word in words.items():
            os.environ[f"SLICECHECK_{name.upper()}"] = str(word)
        if "proxy" in words:  # as `--via proxy` has it for a process of its own
            os.environ["http_proxy"] = os.environ["HTTP_PROXY"] = words["proxy"]
        sys.argv = [client]
        sys.path.insert(0, os.path.dirname(client))
        code = 0
        try:
            runpy.run_path(client, run_name="__main__")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            code = 1
        os._exit(code & 0xFF)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)


def main(client, modules):
    for module in modules:
        importlib.import_module(module)
    for line in sys.stdin:
        words = json.loads(line)
        if "hello" in words:
            answer = {"name": os.path.basename(client), "version": "0"}
        elif words["op"] != "upload":
            answer = {"id": words["id"], "outcome": "unsupported"}
        else:
            code = play(client, {name: word for name, word in words.items() if name != "id"})
            outcome = {0: "ok", UNSUPPORTED: "unsupported"}.get(code, "api_error")
            answer = {"id": words["id"], "outcome": outcome, "detail": f"exit status {code}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
