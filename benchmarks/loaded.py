"""One cold start of the function, which then tells which modules of Ringfence had been imported, and when."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from benchmarks.stub import Stub

PACKAGE = "ringfence"


def loaded() -> dict[str, int]:
    """Return the modules of Ringfence that are imported, each with the bytes of its source."""
    modules = {name: one.__file__ for name, one in dict(sys.modules).items() if name.startswith(PACKAGE)}
    return {name: Path(file).stat().st_size for name, file in modules.items() if file}


def main() -> None:
    """Handle the event on standard input; print what was imported by the isolating call, and by the end."""
    event, ending = json.loads(sys.stdin.read())
    at: dict[str, dict[str, int]] = {}

    def note(operation: str) -> None:
        if operation == ending:
            at.setdefault("isolated", loaded())

    with Stub(on_call=note) as stub:
        os.environ.update(stub.environment)
        from benchmarks.ours import handle

        sys.stdout, answer = sys.stderr, sys.stdout
        handle(event)
    at["answered"] = loaded()
    json.dump(at, answer)


if __name__ == "__main__":
    main()
