"""Compares our covering array with what PyPI's allpairspy makes of the same model.

Reads JSON from stdin: `levels`, the number of levels of each factor; `valid`, all valid combinations;
`rows`, the chosen ones. Fails unless the pairs that allpairspy covers are those of the valid combinations,
and the rows are valid and cover them all.
"""

import json
import sys
from itertools import combinations

from allpairspy import AllPairs


def pairs(rows):
    return {pair for row in rows for pair in combinations(enumerate(row), 2)}


def main():
    model = json.load(sys.stdin)
    valid = {tuple(row) for row in model["valid"]}
    ours = [tuple(row) for row in model["rows"]]
    # It asks for rows that are not complete yet, too.
    beginnings = {row[:length] for row in valid for length in range(len(row) + 1)}
    levels = [range(count) for count in model["levels"]]
    theirs = [tuple(row) for row in AllPairs(levels, filter_func=lambda row: tuple(row) in beginnings)]
    print(f"{len(pairs(valid))} pairs, {len(ours)} rows of ours, {len(theirs)} of allpairspy")
    invalid = [row for row in ours if row not in valid]
    missing = (pairs(valid) | pairs(theirs)) - pairs(ours)
    print(f"{len(invalid)} rows of ours are not valid: {invalid}")
    print(f"{len(missing)} pairs are missing: {sorted(missing)}")
    unknown = pairs(theirs) - pairs(valid)
    print(f"{len(unknown)} pairs of allpairspy are not valid: {sorted(unknown)}")
    return bool(invalid or missing or unknown)


if __name__ == "__main__":
    sys.exit(main())
