"""Transcripts of the commands that write a document: what they print, and what the document contains."""

from __future__ import annotations

import shlex
import zipfile
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner

from ringfence.aws.organization import OrganizationAccount
from ringfence.cli.policy_organization import section
from tests.support.transcripts import log
from tests.support.transcripts.local import SIGNED
from tests.support.transcripts.printing import drawn, masked, typed
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.transcripts.printing import View

BUNDLE, REPORT = "bundle.zip", "report.html"
SHOWN = 12
"""The lines of a long document that are shown."""
KEY = (r"\+[0-9a-f]{8}\+[\w+/=]+", "+01234567+KEY")
"""The key of a log, also where a page shows it. It differs each time."""
BLOCKS = frozenset({"p", "li", "dt", "tr", "title", "h1", "h2", "h3", "summary", "figure", "text"})
"""The elements of a page that begin a line."""
HIDDEN = frozenset({"style", "path", "circle"})
ACCOUNTS = (
    OrganizationAccount(REF.account, (), (), "security"),
    OrganizationAccount(
        "444455556666",
        ("ou-ab12-11111111", "Workloads", "ou-ab12-22222222", "Workloads/Production"),
        (("environment", "production"), ("owner", "web")),
        "shop",
    ),
)


class Text(HTMLParser):
    """The text of a page: a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.lines, self.hidden = [""], 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begin a line, or skip what is no text."""
        del attrs
        self.hidden += tag in HIDDEN
        if tag in BLOCKS:
            self.lines.append("")
        elif tag in {"td", "th", "dd"}:
            self.lines[-1] += " | " if self.lines[-1].strip() else ""
        elif tag in {"br", "b"}:
            self.lines[-1] += " / " if self.lines[-1].strip() else ""

    def handle_endtag(self, tag: str) -> None:
        """End what is skipped."""
        self.hidden -= tag in HIDDEN
        self.lines[-1] += ": " if tag == "b" else ""

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self.hidden:
            self.lines[-1] += data


def text_of(page: Path) -> Iterator[str]:
    """Yield the text of a page."""
    reader = Text()
    reader.feed(page.read_text("utf-8"))
    reader.close()
    yield from filter(None, (" ".join(one.split()) for one in reader.lines))


def files_in(bundle: Path) -> Iterator[str]:
    """Yield the names of the files of a bundle."""
    with zipfile.ZipFile(bundle) as files:
        yield from sorted(files.namelist())


def written(name: str, read: Callable[[Path], Iterator[str]], *words: str) -> View:
    """Return the transcript of a command that writes a file. After that of a pipe, the file is shown."""

    def shown(width: int | None) -> str:
        with CliRunner().isolated_filesystem():
            printed = log.printed(width, *words, "--out", name)
            lines = () if width else ("", f"$ cat {shlex.quote(name)}", *read(Path(name)))
        return "\n".join((printed.removesuffix("\n"), *lines, ""))

    return shown


def beginning(view: View) -> View:
    """Return the first lines of a transcript."""

    def shown(width: int | None) -> str:
        lines = view(width).splitlines()
        return "\n".join((*islice(lines, SHOWN), "⋮", ""))

    return shown


def organization() -> Iterator[str]:
    """Yield the section of the policy file about an organization."""
    yield from section(ACCOUNTS, NOON).splitlines()


PERIOD = ("--since", "2026-01-01")
VIEWS: Mapping[str, View] = {
    "audit-export": masked(written(BUNDLE, files_in, "audit", "export", *PERIOD), KEY),
    "incidents-report": masked(written(REPORT, text_of, "incidents", "report", log.CONTAINED), KEY, *SIGNED),
    "policy-organization": drawn(organization, "policy", "organization"),
    "policy-schema": beginning(typed("policy", "schema")),
}
"""The views, by the names of their files."""
