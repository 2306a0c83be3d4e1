"""What the clients of this folder share: conforming.py beside it, whose forms others send."""

import sys
from pathlib import Path

# Its folder, and not this one: a script's own folder comes first, and has the names of libraries.
sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

import conforming as careful  # noqa: E402

main = careful.main
