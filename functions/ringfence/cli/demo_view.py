"""The output of the demo: one line per fact, and only facts from the audit log."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Self

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringfence.cli import consoles
from ringfence.cli.demo_timeline import milestones
from ringfence.cli.incident_views import BAD, GOOD, OPEN, STYLES, plain
from ringfence.cli.layout import fitted
from ringfence.cli.sheets import Sheet
from ringfence.cli.text import row
from ringfence.model.step import counted
from ringfence.observations.ec2.network import NAMES, QUARANTINE
from ringfence.record.shell import typed
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from rich.console import Console, RenderableType

    from ringfence.local import LocalAws
    from ringfence.local.credential_findings import CredentialFinding
    from ringfence.local.credentials_demo import CredentialEnding
    from ringfence.local.demo import Ending, Scene
    from ringfence.local.estate import Estate
    from ringfence.local.findings import InstanceFinding
    from ringfence.model.runbook import Runbook
    from ringfence.record.notices import Notice
    from ringfence.record.timeline import Row

WIDTH, BAR, SPINNER = 110, 40, 4
MARGIN = 16
"""The width of what is beside a bar and its words."""
OF_AN_APPROVAL = "A web server is compromised. The policy asks a person first, who approves the plan."
NARROW = 96
"""The columns of a comparison are not broken on a terminal that is wider."""
MOST_OUTPUT = 24
"""The lines of a command's output that are shown."""
WORDS = "A web server is compromised. This demo shows how Ringfence responds."


@dataclass(frozen=True)
class Marks:
    """Symbols that the terminal can show."""

    good: str = "✓"
    bad: str = "✗"
    arrow: str = "→"
    bar: str = "━"
    dot: str = "·"


ASCII = Marks("+", "x", "->", "=", "-")


@dataclass
class View:
    """Prints the demo. `rows` are the entries shown so far, and `report` is the same for programs."""

    console: Console
    marks: Marks
    rows: list[Row] = field(default_factory=list)
    report: dict[str, object] = field(default_factory=dict)
    _changes: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def on_terminal(cls, *, plain: bool, stderr: bool = False) -> Self:
        """Print to standard output or standard error. `plain`: without colors and animation."""
        console = consoles.console(stderr=stderr, width=WIDTH, plain=plain)
        console.width = min(console.width, WIDTH)
        return cls(console, ASCII if console.options.ascii_only else Marks())

    def heading(self, words: str = WORDS) -> None:
        """Print the title."""
        self._title("Ringfence")
        self._print(Text(words), indent=0)
        self.console.print()

    def done(self, what: str, about: str, seconds: float | None = None) -> None:
        """Print a completed set-up step."""
        took = "" if seconds is None else f"{seconds:.1f} s"
        mark = (f"{self.marks.good} ", GOOD)
        if self.console.is_terminal:
            self._hanging(Text.assemble(mark, f"{what:<18}", (f"{took:>7}  ", "dim")), Text(about, "dim"))
        else:
            self._print(Text.assemble(mark, f"{what}: {', '.join(filter(None, (took, about)))}"))

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show a spinner. Show nothing in plain mode."""
        with consoles.busy(self.console, _Ticking(what, monotonic())):
            yield

    def estate(self, estate: Estate) -> None:
        """Print the two servers."""
        web, other = estate.web, estate.bystander
        for server, about in (
            (web, "two interfaces, two volumes, a role, in a target group"),
            (other, "a second server with the same role and security groups"),
        ):
            self._hanging(Text(f"{server.name}  {server.ref.id}  "), Text(about), indent=4)

    def finding(self, finding: InstanceFinding | CredentialFinding) -> None:
        """Print the finding."""
        detail = finding.detail()
        self._title(f"GuardDuty: {finding.type}, severity {finding.severity:g}")
        self._print(plain(str(detail["title"])))
        self.console.print()

    @contextlib.contextmanager
    def progress(self, sent: datetime) -> Iterator[Callable[[Row], None]]:
        """Print entries of the log as they arrive."""
        with consoles.busy(self.console, Text("waiting for the first entry in the audit log")) as update:

            def shown(row: Row) -> None:
                self.rows.append(row)
                if row.kind == "Intended":
                    self._intent(row)
                    update(fitted(plain(row.rendered.words), self.console.width - SPINNER))
                    return
                self._entry(row, (row.at - sent).total_seconds())
                update(Text("waiting for the next entry in the audit log"))

            yield shown

    def _intent(self, row: Row) -> None:
        """Print an entry unless its outcome repeats it."""
        self._changes[row.rendered.step or row.rendered.words] = (row.rendered.before, row.rendered.after)

    def _entry(self, row: Row, seconds: float) -> None:
        told, mark, style = row.rendered, self.marks.dot, "dim"
        words = told.words
        if row.kind == "Planned":
            words = f"{words}; each is recorded before it is applied"
        elif row.kind == "Outcome":
            words = told.step or told.words
            applied = told.result == "applied"
            mark, style = (
                (self.marks.good, GOOD) if applied else (self.marks.bad, STYLES.get(told.result, BAD))
            )
            words = words if applied else f"{words}: {told.result}"
        elif row.kind in {"Verified", "Closed"}:
            mark, style = self.marks.good, STYLES.get(told.result, OPEN)
        strong = "bold" if row.kind == "Verified" else ""
        self._row(f"{seconds:.2f} s", Text(mark, style=style), plain(words, strong and f"{strong} {style}"))
        before, after = self._changes.get(words, ("", ""))
        if row.kind == "Outcome" and (before or after):
            self._row("", Text(), plain(f"{before} {self.marks.arrow} {after}", "dim"))

    def notice(self, notice: Notice) -> None:
        """Print what people are notified of."""
        self._title(f"Notice: {notice.subject}")
        for line in notice.text.splitlines():
            self._print(plain(line))

    def typed(self, words: Iterable[str], output: str) -> None:
        """Print a command and the first lines of its output."""
        self._title(f"$ {typed('ringfence', *words)}")
        lines = output.strip().splitlines()
        for line in lines[:MOST_OUTPUT]:
            self._print(plain(line))
        if len(lines) > MOST_OUTPUT:
            self._print(Text(f"and {counted(len(lines) - MOST_OUTPUT, 'more line')}", style="dim"))
        self.console.print()

    def timeline(self, sent: datetime, archived: datetime, runbook: Runbook = CONTAIN_INSTANCE) -> None:
        """Print the time of each milestone."""
        self._title("Timeline, in seconds from the finding")
        reached = milestones(self.rows, sent, archived, runbook)
        self.report["milestones"] = [{"what": words, "seconds": seconds} for words, seconds in reached]
        longest = max((seconds for _, seconds in reached), default=1.0)
        room = max(1, min(BAR, self.console.width - max(len(words) for words, _ in reached) - MARGIN))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column()
        grid.add_column(justify="right")
        grid.add_column()
        for words, seconds in reached:
            bar = self.marks.bar * max(1, round(room * seconds / longest))
            grid.add_row(words, f"{seconds:.2f}", Text(bar, style="cyan"))
        rows = ((words, f"{seconds:.2f}") for words, seconds in reached)
        self._table(grid, (row(*one) for one in rows))

    def chain(self, ending: Ending | CredentialEnding) -> None:
        """Print the verification of the audit log."""
        chain = ending.chain
        proved = chain.sound and not chain.pending
        self.report["audit_log"] = {"verified": proved, "claim": chain.claim}
        self._title("Audit log")
        sign, style = (self.marks.good, GOOD) if proved else (self.marks.bad, BAD)
        self._hanging(Text(f"{sign} ", style), plain(chain.claim))
        about = f"{chain.incident}: a hash chain in a bucket with Object Lock"
        self._hanging(Text("  "), Text(about, "dim"))

    def comparison(self, scene: Scene, ending: Ending) -> None:
        """Print both servers before and after."""
        before, after, web, other = scene.before, ending.after, scene.estate.web, scene.estate.bystander
        rows = []
        for aspect, then in before.web.items():
            now = after.web[aspect]
            same = "dim" if then == now else ""
            beside = self._other(before.bystander[aspect], after.bystander[aspect])
            rows.append((aspect, plain(then, same), plain(now, same or "bold"), beside))
        columns = ("", f"{web.name} before", f"{web.name} after", f"{other.name} after")
        self.report["before"], self.report["after"] = dict(before.web), dict(after.web)
        self._title("Before and after, as AWS shows it")
        self.sheet(Sheet(columns, rows, folded=frozenset(range(4)), widths=self._widths()))

    def _widths(self) -> tuple[int, ...]:
        """Return the widths of a comparison on a narrow terminal, where no name of a group is broken."""
        room, after = self.console.width - len("  ") * 4, len(NAMES[QUARANTINE])
        if room > NARROW:
            return ()
        aspect = room // 5
        beside = (room - aspect - after) // 2
        return aspect, beside, after, beside

    def _other(self, then: str, now: str) -> Text:
        return plain(then, "dim") if then == now else plain(f"{then} {self.marks.arrow} {now}", BAD)

    def exposure(self, ending: Ending | CredentialEnding) -> None:
        """Print the residual risk."""
        if not ending.verified or not ending.verified.exposure:
            return
        self.report["residual_risk"] = list(ending.verified.exposure)
        self._title("Residual risk")
        for words in ending.verified.exposure:
            self._row("", Text(self.marks.dot, style=OPEN), plain(words), first=0)

    def ending(self, scene: Scene, ending: Ending) -> None:
        """Print the result."""
        self.console.print()
        if not ending.missing:
            text = f"{scene.estate.web.name} is contained. {scene.estate.bystander.name} is unchanged."
            self._print(Text(f"{self.marks.good} {text}", style=f"bold {GOOD}"), indent=0)
            self.console.print()
            return
        self.missing(ending.missing)

    def missing(self, what: Iterable[str]) -> None:
        """Print the missing results."""
        self.report["missing"] = list(what := tuple(what))
        self._print(Text(f"{self.marks.bad} Some results are not as expected:", style=BAD), indent=0)
        for words in what:
            self._row("", Text(self.marks.dot, style=BAD), plain(words), first=0)
        self.console.print()

    def kept(self, local: LocalAws, incident: str) -> None:
        """Print how to use the local AWS from another shell."""
        self._title("Use the local AWS from another shell")
        for name, value in local.environment().items():
            self._print(Text(f"export {name}={value}"), indent=4)
        for command in ("incidents list", f"incidents show {incident}", f"audit verify {incident}"):
            self._print(Text(f"ringfence {command}"), indent=4)
        self.console.print()
        self._print(Text("Press Ctrl-C to stop.", style="dim"))

    def stopped(self) -> None:
        """Print that the demo was stopped."""
        self.console.print()
        self._print(Text("Stopped. Nothing is left running.", style="dim"), indent=0)

    def sheet(self, sheet: Sheet) -> None:
        """Print a table."""
        self._table(sheet.drawn(), sheet.lines())

    def _table(self, drawn: RenderableType, lines: Iterable[str]) -> None:
        """Print a table: drawn on a terminal, and rows with tabs in a pipe."""
        if self.console.is_terminal:
            self._print(drawn)
            return
        for line in lines:
            self.console.file.write(f"{line}\n")

    def _title(self, text: str) -> None:
        self.console.print()
        self._print(Text(text, style="bold"), indent=0)

    def _row(self, left: str, mark: Text, text: Text, first: int = 8) -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=first, justify="right", style="dim")
        grid.add_column(width=1)
        grid.add_column(overflow="fold")
        grid.add_row(left, mark, text)
        self._print(grid)

    def _hanging(self, head: Text, words: Text, indent: int = 2) -> None:
        """Print a line. On a terminal, its further lines begin below its words."""
        if not self.console.is_terminal:
            self._print(Text.assemble(head, words), indent)
            return
        grid = Table.grid()
        grid.add_column(no_wrap=True, min_width=head.cell_len)
        grid.add_column(overflow="fold")
        grid.add_row(head, words)
        self._print(grid, indent)

    def _print(self, what: RenderableType, indent: int = 2) -> None:
        self.console.print(Padding(what, (0, 0, 0, indent), expand=False))


@dataclass(frozen=True)
class _Ticking:
    """A task and its elapsed time at the moment of drawing."""

    what: str
    began: float

    def __rich__(self) -> Text:
        return Text(f"{self.what}  {monotonic() - self.began:.0f} s")
