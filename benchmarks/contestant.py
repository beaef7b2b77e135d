"""A separate process for one contestant: one event per line in, its CPU seconds per line out.

`python -I -S contestant.py MODULE PATH...`: imports come from the paths and the standard library alone.
"""

import sys
import time
from importlib import import_module


def main(module: str, *paths: str) -> None:
    """Hand each line of standard input to the module's `handle`."""
    sys.path[:0] = paths
    answers, sys.stdout = sys.stdout, sys.stderr  # what a contestant logs is no answer
    handle = import_module(module).handle
    for line in sys.stdin:
        handle(line)
        print(time.process_time(), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
