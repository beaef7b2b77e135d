"""`ringfence replay`: show what a policy would have done about recorded events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ringfence.cli.choices import OneOf
from ringfence.cli.home_account import checked, old_name
from ringfence.cli.period import Since, Until, check_period
from ringfence.cli.replay_limit import FailIf
from ringfence.cli.settings import ARCHIVE_BUCKET, home_options
from ringfence.cli.text import wrapped
from ringfence.engine.offline import OfflineDecisions
from ringfence.engine.replay import answers, decisions, read_findings, replayed
from ringfence.engine.replay_limits import LimitReplay, counted
from ringfence.engine.replay_tally import Tally
from ringfence.engine.routing import product_of
from ringfence.events.envelope import NotForUs, digest_of
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ringfence.cli.event_stream import Read
    from ringfence.cli.settings import Home
    from ringfence.engine.replay import Replayed
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.policy.file import PolicyFile

    Sink = Callable[[Replayed, str], None]
    """Takes a decision, and the limit that holds it back."""

MOST_NOTES = 20
"""The number of invalid events that are named."""
MOST_REMEMBERED = 50_000
"""The number of events among which a repeated one is recognized."""
ANY_SOURCE = "Security Hub and the archive"
"""What an event without a source counts as."""
FORMATS = ("table", "json", "csv")
FAILED, INVALID = 1, 2
NOTHING_READ = "Error: PATH: contains no event that can be read"
"""Without this error, a pipeline whose export is empty or broken would pass."""


@click.command(short_help="Show what a policy would have done about recorded events.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--archive", is_flag=True, help="Read the events in the archive of the deployment.")
@click.option("--since", type=Since(), help="With --archive: incidents since this time: 30d, 12h or a date.")
@click.option(
    "--until", type=Until(), help="With --archive: incidents until this time. A date is the whole day."
)
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path),
    help="The policy file. Default: policy.yaml in this folder.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Another policy file. The differences are shown.",
)
@old_name
@click.option("--format", "form", type=OneOf(*FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: the same as --format json.")
@click.option("--html", type=click.Path(path_type=Path), help="Also write a page with charts to this file.")
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar="CONDITION",
    help="Exit with 1 if the condition is true, for example 'auto > 50'. Can be repeated.",
)
@home_options(ARCHIVE_BUCKET)
@click.pass_context
def replay(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    home: Home,
    *,
    paths: tuple[str, ...],
    archive: bool,
    since: datetime | None,
    until: datetime | None,
    policy_path: Path | None,
    against: Path | None,
    old_home: str,
    form: str,
    as_json: bool,
    html: Path | None,
    limits: tuple[str, ...],
) -> None:
    """Show what a policy would have done about recorded events, offline and without AWS.

    PATH is a file, a folder of files, or - for standard input. A file is plain or gzip. It contains events as
    EventBridge delivers them, findings of GuardDuty, the output of `aws guardduty get-findings`, findings of
    Security Hub (ASFF or OCSF), findings of your own systems in the form of `ringfence findings send`, log
    files of CloudTrail, or lines of Ringfence's archive: one document, a list, one on each line, or one after
    the other.

    The home account is that of --home-account, or else the account of each finding.

    Time windows, expiry dates and limits are judged at the time of each finding. What only AWS can say, such
    as the tags of a resource, can make a decision more cautious than shown here.

    Exit code 0: done. 1: a condition of --fail-if is true. 2: bad input. Events that are bad input are
    counted and do not end the command. If no event can be read, the exit code is 2.
    """
    runbooks = ctx.obj if isinstance(ctx.obj, dict) else _catalogue()
    account = checked(home.home["account"] or old_home)
    if archive is bool(paths) or ((since or until) and not archive):
        raise click.UsageError("Give PATH or --archive, and --since and --until only with --archive.")
    check_period(since, until)
    form = _form(ctx, form, as_json=as_json)
    conditions = tuple(map(FailIf.parsed, limits))
    file, name = _policy(policy_path, runbooks)
    done = Replay(OfflineDecisions(file, runbooks, account), _other(against, runbooks, account))
    _show(done, _archived(home, since, until) if archive else _reads(paths), form)
    if done.tally.invalid and not done.tally.events:
        click.echo(NOTHING_READ, err=True)
        ctx.exit(INVALID)
    if html:
        _write(html, done.tally, name, str(against or ""))
    failed = [one for one in conditions if one.holds(done.tally)]
    for one in failed:
        click.echo(f"{one.text}: {one.metric} is {one.value(done.tally)}", err=True)
    ctx.exit(FAILED if failed else 0)


def _form(ctx: click.Context, form: str, *, as_json: bool) -> str:
    """Return the format. Two of them are an error in the usage."""
    if as_json and form != "json" and ctx.get_parameter_source("form") is not ParameterSource.DEFAULT:
        raise click.UsageError("Give --json or --format, not both.")
    return "json" if as_json else form


class Replay:
    """Decides about recorded events with a policy, and with another one, and counts."""

    def __init__(self, offline: OfflineDecisions, other: OfflineDecisions | None) -> None:
        self._offline = offline
        self._other = other
        self.tally = Tally(rules=offline.rule_names())
        self.notes: list[tuple[str, str]] = []
        self._seen: dict[str, None] = {}
        self._limits = LimitReplay()

    def add(self, read: Read, sink: Sink) -> None:
        """Decide about the events of one document. What is bad input is counted and noted."""
        from ringfence.events.recorded import recorded_events

        try:
            if read.error:
                raise read.error
            for event in recorded_events(read.document):
                self._event(event, sink)
        except BadInput as error:
            self.tally.invalid += 1
            if len(self.notes) < MOST_NOTES:
                self.notes.append((read.place, str(error)))

    def _event(self, event: Mapping[str, object] | NotForUs, sink: Sink) -> None:
        """Decide about one event. The archive contains it once for each response, and it counts once."""
        if isinstance(event, NotForUs):
            self.tally.events += 1
            self.tally.leave(ANY_SOURCE)
            return
        digest = digest_of(event)
        if self._repeats(digest):
            return
        self.tally.events += 1
        found = read_findings(event, digest)
        if isinstance(found, NotForUs):
            self.tally.leave(str(event.get("source", "")) or ANY_SOURCE)
            return
        product = product_of(event, found[0])
        ones, later = self._decided(found, product, event)
        self.tally.add(ones)
        if not ones:
            self.tally.leave(found[0].source)
        if self._other:
            self.tally.compare(ones, tuple(decisions(found, self._other, product)))
        for one in ones:
            if one not in later:
                sink(one, "")

    def _decided(
        self, found: tuple[Finding, ...], product: tuple[str, ...], event: Mapping[str, object]
    ) -> tuple[tuple[Replayed, ...], list[Replayed]]:
        """Return the decisions, and those that are counted against the limits at the end."""
        ones: list[Replayed] = []
        later: list[Replayed] = []
        for answer in answers(found, self._offline, product):
            made = tuple(replayed(answer))
            limits = self._offline.compiled(answer.finding).limits
            every = counted(answer, iter(made), limits, event)
            later.extend(one.decision for one in every if self._limits.add(one))
            ones.extend(made)
        return tuple(ones), later

    def finish(self, sink: Sink) -> None:
        """Count what was kept against the limits."""
        self.tally.limited, told = self._limits.finish()
        for one, limit in told:
            sink(one, limit)

    def _repeats(self, digest: str) -> bool:
        """Return whether the event with this digest was among the last ones."""
        repeats = digest in self._seen
        self._seen[digest] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.pop(next(iter(self._seen)))
        return repeats


def _show(done: Replay, reads: Iterator[Read], form: str) -> None:
    from ringfence.cli import replay_views as views

    sink: Sink = views.csv_writer() if form == "csv" else _nothing
    for read in reads:
        done.add(read, sink)
    done.finish(sink)
    for place, problem in done.notes if form != "json" else ():
        click.echo("\n".join(wrapped(f"{place}: {problem}")), err=True)
    if form == "table":
        views.show_tally(done.tally)
    elif form == "json":
        views.show_json(done.tally, done.notes)


def _nothing(one: Replayed, limit: str) -> None:
    del one, limit


def _reads(paths: tuple[str, ...]) -> Iterator[Read]:
    """Yield the documents of all files, with a progress bar on a terminal."""
    from ringfence.cli.event_stream import paths_of, read_file, size_of
    from ringfence.cli.progress import progress

    names = paths_of(paths)
    with progress(size_of(names)) as report:
        for name in names:
            yield from read_file(name, report)


def _archived(home: Home, since: datetime | None, until: datetime | None) -> Iterator[Read]:
    from ringfence.cli.replay_archive import archived

    yield from archived(home, since, until)


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _policy(path: Path | None, runbooks: Mapping[str, Runbook]) -> tuple[PolicyFile, str]:
    """Return the policy and its name for people."""
    from ringfence.cli.explain import NO_POLICY, POLICY
    from ringfence.policy.file import BUILT_IN, PolicyFile, load_policy

    if path is None and not POLICY.exists():
        click.echo(NO_POLICY, err=True)
        return PolicyFile(BUILT_IN, runbooks), "the built-in policy"
    return load_policy(path or POLICY, runbooks), str(path or POLICY)


def _other(path: Path | None, runbooks: Mapping[str, Runbook], home: str) -> OfflineDecisions | None:
    from ringfence.policy.file import load_policy

    return OfflineDecisions(load_policy(path, runbooks), runbooks, home) if path else None


def _write(path: Path, tally: Tally, policy: str, other: str) -> None:
    from ringfence.cli.output import note
    from ringfence.cli.replay_page import page

    try:
        path.write_text(page(tally, policy, other), encoding="utf-8")
    except OSError as error:
        raise BadInput(
            "--html", f"cannot be written: {error.strerror or 'input/output error'}", str(path)
        ) from error
    note(f"Wrote {path}.")
