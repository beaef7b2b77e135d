"""`ringfence scan --live`: read the items of AWS Config in the accounts and regions of the scope."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ringfence.cli.scan_folder import ScanFolder, default_folder
from ringfence.cli.scan_options import NONE
from ringfence.cli.scan_scope import deployment_of_scan, environment, places_of, regions_of, units_of
from ringfence.model.codec import instant_text
from ringfence.model.errors import AccessDenied, BadInput, RingfenceError
from ringfence.model.frozen import replace
from ringfence.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_folder import KeptPlace
    from ringfence.cli.scan_options import LiveOptions, ScanOptions
    from ringfence.posture.evaluate import Units
    from ringfence.posture.file import Loaded
    from ringfence.posture.kept import Ending, Judged
    from ringfence.posture.reach import Aggregator, Reach, Wanted
    from ringfence.posture.rule import Result, Rule
    from ringfence.self_check.places import Deployment

WIDTH = 4
"""Places that are read at once: as many as accounts whose credentials are kept."""


@dataclass
class Live:
    """A live scan. `places` are what it looks at, in order, and `endings` how the looks ended."""

    folder: ScanFolder
    wanted: Wanted
    places: tuple[Place, ...]
    reach: Reach
    since_last: bool
    resumes: bool
    endings: dict[Place, Ending] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _stopped: bool = False

    def gather(self, report: Callable[[int], None]) -> None:
        """Look at each place that an interrupted scan has not finished. Raises BadInput."""
        from ringfence.handlers.threads import Threads

        if not self.resumes:
            self.folder.begin(self.wanted.scan, self.wanted.digest)
        jobs = [lambda one=place: self._gathered(one, report) for place in self.places]
        try:
            ended = Threads("ringfence-scan", WIDTH)(jobs)
        except BaseException:
            self._stopped = True  # the places that wait are not begun, and those that are read are finished
            raise
        for one in ended:
            if isinstance(one, RingfenceError):
                raise one
        self.folder.finish()

    def _gathered(self, place: Place, report: Callable[[int], None]) -> RingfenceError | None:
        if self._stopped:
            return None
        try:
            kept = self._look(place)
        except RingfenceError as error:
            return error
        with self._lock:
            self.endings[place] = kept.ending
            report(1)
        return None

    def _look(self, place: Place) -> KeptPlace:
        from ringfence.posture.look import Look

        known = self.folder.kept(place)
        if known and known.ending.rules != self.wanted.digest:
            known = None
        if self.resumes and known and known.ending.whole and known.ending.scan == self.wanted.scan:
            return known
        before = known if known and known.ending.whole and self.since_last else None
        return self.folder.keep(
            place, lambda write: Look(place, self.wanted, self.reach, write, before).make()
        )

    def judged(self) -> Iterator[Judged]:
        """Yield each resource of each place."""
        for place in self.places:
            if kept := self.folder.kept(place):
                yield from kept.lines()

    def unseen(self) -> Iterator[tuple[Place, str]]:
        """Yield what was not looked at, with the reason."""
        for place in self.places:
            for why in self.endings[place].unseen:
                yield place, why


def scanned_live(
    options: ScanOptions, given: LiveOptions, loaded: Sequence[Loaded], sink: Callable[[Result], None]
) -> Done:
    """Judge the items of the scope. `sink` gets each result. Raises BadInput and AccessDenied."""
    from ringfence.cli.progress import progress
    from ringfence.cli.scan_files import Done
    from ringfence.posture.score import Tally

    scan = _prepared(options, given, [one.rule for one in loaded], _texts(loaded))
    with scan.folder.held():
        with progress(len(scan.places), "Scanning") as report:
            scan.gather(report)
        done = Done(Tally({one.rule.name: one.rule for one in loaded}), unseen=list(scan.unseen()))
        if told := _refused_everywhere(scan, done.unseen):
            raise AccessDenied(told)
        for judged in scan.judged():
            done.add(judged.resource.type, judged.results)
            for one in judged.results:
                sink(one)
    return done


def _texts(loaded: Sequence[Loaded]) -> Iterator[bytes]:
    for name in dict.fromkeys(one.file for one in loaded):
        yield Path(name).read_bytes()


def _prepared(
    options: ScanOptions, given: LiveOptions, rules: Sequence[Rule], sources: Iterable[bytes]
) -> Live:
    """Return a scan. Raises BadInput.

    `sources` are the texts of the rule files: another text is another scan.
    """
    from ringfence.posture.reach import Reach, Wanted

    env = environment(given)
    own = env.account()
    deployment, units = deployment_of_scan(options, own, env.region), units_of(options)
    digest = _digest(rules, sources, units)
    folder = ScanFolder(given.state or default_folder(deployment.home))
    scan, resumes = _begun(given, folder, digest, env.clock())
    wanted = Wanted(scan, digest, tuple(rules), regions_of(deployment), units)
    places = tuple(places_of(given, deployment, wanted, own))
    if not places:
        raise BadInput("--scope", "must leave at least one account and region", " ".join(given.scopes))
    reach = Reach(env.cloud, env.clock, env.wait)
    reach = replace(reach, aggregator=_aggregator(given, deployment, reach))
    return Live(folder, wanted, places, reach, given.since_last, resumes)


def _refused_everywhere(scan: Live, unseen: Sequence[tuple[Place, str]]) -> str:
    """Return what helps if no place could be read. Empty if one was."""
    from ringfence.handlers.managed_policies import SCANNER

    if any(scan.endings[one].counts for one in scan.places) or len(unseen) < len(scan.places):
        return ""
    if not all("AssumeRole" in why for _, why in unseen):
        return ""
    return (
        f"No account could be read. The managed policy {SCANNER.name} of the home account allows to assume "
        "the role of scans, which the stack Ringfence-Member creates. With --direct, your own permissions "
        "are used, in your account only."
    )


def _begun(given: LiveOptions, folder: ScanFolder, digest: str, now: datetime) -> tuple[str, bool]:
    if not given.resume:
        return instant_text(now), False
    found = folder.interrupted()
    if found is None:
        raise BadInput("--resume", "needs a scan that was interrupted, and there is none", str(folder.path))
    if found[1] != digest:
        raise BadInput("--resume", "must continue a scan with the same rules: begin a new one without it")
    return found[0], True


def _digest(rules: Sequence[Rule], sources: Iterable[bytes], units: Units) -> str:
    """Return a digest of what decides about a resource beside its item."""
    from importlib.metadata import version

    made = hashlib.sha256(version("ringfence").encode())
    parts = (*sources, *(one.name.encode() for one in rules))
    facts = (f"{account} {' '.join(sorted(each))}".encode() for account, each in sorted(units.items()))
    for part in (*parts, *facts):
        made.update(hashlib.sha256(part).digest())
    return made.hexdigest()


def _aggregator(given: LiveOptions, deployment: Deployment, reach: Reach) -> Aggregator | None:
    """Return the aggregator of the home account that is used, if there is one. Raises BadInput."""
    from ringfence.posture import aggregators

    if given.direct or given.aggregator == NONE:
        return None
    home, region = deployment.home, deployment.home_region
    try:
        known = reach.patiently(home, region, aggregators.names)
    except AccessDenied:
        if given.aggregator:
            raise
        return None  # each account and region is asked by itself, and says what it denies
    if given.aggregator and given.aggregator not in known:
        raise BadInput("--aggregator", f"must be {NONE} or one of {', '.join(known)}", given.aggregator)
    if len(known) > 1 and not given.aggregator:
        words = f"must be {NONE} or one of {', '.join(known)}, because there are several"
        raise BadInput("--aggregator", words)
    name = given.aggregator or next(iter(known), "")
    if not name:
        return None
    return reach.patiently(home, region, lambda: aggregators.aggregator(name, Place(home, region)))
