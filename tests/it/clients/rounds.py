"""Judges parallel clients again and again on a machine that is busy, and counts verdicts that change.

    rounds.py SLICECHECK ROUNDS [SCENARIO…]

Busy loops, one for each core and with a low priority, take what time is left. A round is a run of all
the scenarios with one client; two rounds of one are followed by two of the next, and each is compared with
the first of the same client. The clients take every care: on the standard library with five threads and with
ten, on httpx with three, and on the fetch of Node with four slices under way. Exit status 1 says that
something was different, or that somebody who conforms was accused.
"""

import collections
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).parent
CLIENTS = {
    "five threads": [sys.executable, FOLDER / "parallel.py", "5"],
    "ten threads": [sys.executable, FOLDER / "parallel.py", "10"],
    "httpx": [sys.executable, FOLDER / "careful/parallel_httpx.py", "3"],
    "fetch": ["env", "SLICECHECK_TEST_CONNECTIONS=4", "node", FOLDER / "careful/with_fetch.mjs"],
}
BUSY = "import os\nos.nice(10)\nwhile True: pass"
# Where it matters what was sent before something else was known: refusals, resets and retries among
# slices that are under way, one slice at a time, sessions that end.
SCENARIOS = (
    "faults/slice-code-always",
    "faults/slice-reset",
    "server-choice/serial-upload",
    "slice/session-refused-middle-once",
    "status/slices-refused",
    "transport/early-refusal-closed",
)


@contextlib.contextmanager
def busy_machine():
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def judged(program, client, scenarios):
    """The verdict on each scenario, and what was found in it."""
    chosen = [word for scenario in scenarios for word in ("--scenario", scenario)]
    # Not a matter of speed: a busy machine must not turn a slow client into one that hangs.
    options = ["--report", "json=-", "--jobs", "2", "--deadline", "2m", *chosen]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [program, "run", *options, "--", *client], capture_output=True, env=environment, check=False
    )
    found = {}
    for scenario in json.loads(run.stdout)["scenarios"]:
        rules = tuple(sorted((of["level"], of["rule"]) for of in scenario["findings"]))
        found[scenario["id"]] = (scenario["verdict"], rules)
    return found


def main(program, rounds, *scenarios):
    scenarios = scenarios or SCENARIOS
    first, changed, accused = {}, collections.Counter(), set()
    begun, verdicts = time.monotonic(), 0
    # Whoever ends this ends the busy loops.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with busy_machine():
        for number in range(int(rounds)):
            name = list(CLIENTS)[number // 2 % len(CLIENTS)]
            found = judged(program, CLIENTS[name], scenarios)
            before = first.setdefault(name, found)
            verdicts += len(found)
            accused |= {
                (name, scenario, rule)
                for scenario, (_, rules) in found.items()
                for level, rule in rules
                if level != "note"
            }
            for scenario in found.keys() | before.keys():
                now, then = found.get(scenario), before.get(scenario)
                if now != then:
                    changed[scenario] += 1
                    print(f"round {number + 1}, {name}, {scenario}: {then} became {now}", flush=True)
    for name, scenario, rule in sorted(accused):
        print(f"{name}: {rule} is broken in {scenario}")
    print(
        f"{rounds} rounds of {len(found)} scenarios with {len(first)} clients in "
        f"{time.monotonic() - begun:.0f} s: "
        f"{changed.total()} of {verdicts} verdicts changed"
    )
    return 1 if changed or accused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
