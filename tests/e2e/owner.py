"""An owner in a folder like a clone: types commands as the documentation shows them."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click import unstyle

from ringfence.local.deploy import REPOSITORY, cdk_environment

if TYPE_CHECKING:
    from ringfence.local import LocalAws

POLICY = "policy.yaml"
WITHIN = 300
"""Seconds for one command; the slowest takes half a minute where nothing else runs."""
_READ = 65536


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    text: str


@dataclass(frozen=True)
class Owner:
    """Types commands.

    Parameters
    ----------
    local
        The AWS.
    folder
        A folder like a clone, with a policy of its own.

    """

    local: LocalAws
    folder: Path

    @classmethod
    def in_folder(cls, local: LocalAws, folder: Path) -> Owner:
        """Make the folder: links to everything in the repository, and a `cdk.json` that names the policy."""
        for path in REPOSITORY.iterdir():
            if path.name not in {"cdk.json", "cdk.out", POLICY, ".venv", ".git", "build"}:
                (folder / path.name).symlink_to(path)
        (folder / ".venv").symlink_to(Path(sys.prefix))
        (folder / POLICY).write_bytes((REPOSITORY / POLICY).read_bytes())
        given = json.loads((REPOSITORY / "cdk.json").read_text("utf-8"))
        given["context"]["policy"] = str(folder / POLICY)  # otherwise it is that of the repository
        (folder / "cdk.json").write_text(json.dumps(given), "utf-8")
        return cls(local, folder)

    def environment(self, account: str = "", **more: str) -> dict[str, str]:
        """Return the variables of the shell."""
        path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**cdk_environment(self.local, account or self.local.account), "PATH": path, **more}

    def types(self, command: str, account: str = "", **more: str) -> Ended:
        """Run a command in a pipe."""
        done = subprocess.run(  # noqa: S603 - a command of our own documentation
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env=self.environment(account, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def says_yes(self, command: str, **more: str) -> Ended:
        """Run a command on a terminal, and answer its question with yes."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(  # noqa: S603 - likewise
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env=self.environment(**more),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as running:
            os.close(theirs)
            os.write(ours, b"y\n")
            text = b"".join(iter(lambda: _read(ours), b""))
            os.close(ours)
        return Ended(running.returncode, unstyle(text.decode("utf-8", "replace")))

    def document(self, command: str) -> Any:  # noqa: ANN401 - JSON
        """Run a command with `--json`, and return what it prints."""
        done = self.types(f"{command} --json 2>/dev/null")
        assert done.code == 0, done.text
        return json.loads(done.text)


def _read(terminal: int) -> bytes:
    """Read what a terminal shows next. Empty at its end."""
    ready, _, _ = select.select([terminal], [], [], WITHIN)
    try:
        return os.read(terminal, _READ) if ready else b""
    except OSError:  # Linux ends a terminal so
        return b""
