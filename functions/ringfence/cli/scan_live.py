"""`ringfence scan --live`: read the items of AWS Config in the accounts and regions of the scope."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from ringfence.cli.scan_folder import ScanFolder, default_folder
from ringfence.cli.scan_options import NONE
from ringfence.model.codec import instant_text
from ringfence.model.errors import AccessDenied, BadInput, RingfenceError
from ringfence.model.frozen import replace
from ringfence.model.place import Place
from ringfence.model.subject import ACCOUNT, REGION
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_folder import KeptPlace
    from ringfence.cli.scan_options import LiveOptions
    from ringfence.engine.ports import Clock
    from ringfence.posture.file import Loaded
    from ringfence.posture.kept import Ending, Judged
    from ringfence.posture.reach import Aggregator, Asking, Reach, Wanted
    from ringfence.posture.rule import Result, Rule
    from ringfence.self_check.places import Deployment

WIDTH = 4
"""Places that are read at once: as many as accounts whose credentials are kept."""
SCOPE = "must be an account, a region, global, ACCOUNT/REGION, or the id of an organizational unit"


@dataclass(frozen=True)
class ScanEnvironment:
    """What a live scan reaches. Tests pass a fake one as the object of the Click context."""

    account: Callable[[], str]
    region: Callable[[], str]
    cloud: Asking
    clock: Clock
    wait: Callable[[float], None]


@dataclass
class Live:
    """A live scan. `places` are what it looks at, in order, and `endings` how the looks ended."""

    folder: ScanFolder
    wanted: Wanted
    places: tuple[Place, ...]
    reach: Reach
    since_last: bool
    endings: dict[Place, Ending] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _stopped: bool = False

    def gather(self, *, resumes: bool, report: Callable[[int], None]) -> None:
        """Look at each place that an interrupted scan has not finished. Raises BadInput."""
        from ringfence.handlers.threads import Threads

        if not resumes:
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
        if known and known.ending.whole and known.ending.scan == self.wanted.scan:
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


def scanned_live(given: LiveOptions, loaded: Sequence[Loaded], sink: Callable[[Result], None]) -> Done:
    """Judge the items of the scope. `sink` gets each result. Raises BadInput and AccessDenied."""
    from ringfence.cli.progress import progress
    from ringfence.cli.scan_files import Done
    from ringfence.posture.score import Tally

    scan, resumes = _prepared(given, [one.rule for one in loaded], _texts(loaded))
    with scan.folder.held():
        with progress(len(scan.places), "Scanning") as report:
            scan.gather(resumes=resumes, report=report)
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


def _prepared(given: LiveOptions, rules: Sequence[Rule], sources: Iterable[bytes]) -> tuple[Live, bool]:
    """Return a scan, and whether it continues one that was interrupted. Raises BadInput.

    `sources` are the texts of the rule files: another text is another scan.
    """
    from ringfence.posture.reach import Reach, Wanted

    env = _environment(given)
    own = env.account()
    deployment, units = _scope(given, own, env.region)
    digest = _digest(rules, sources, units)
    folder = ScanFolder(given.state or default_folder(deployment.home))
    scan, resumes = _begun(given, folder, digest, env.clock())
    wanted = Wanted(scan, digest, tuple(rules), _regions(deployment), units)
    places = tuple(_places(given, deployment, wanted, own))
    if not places:
        raise BadInput("--scope", "must leave at least one account and region", " ".join(given.scopes))
    reach = Reach(env.cloud, env.clock, env.wait)
    reach = replace(reach, aggregator=_aggregator(given, deployment, reach))
    return Live(folder, wanted, places, reach, since_last=given.since_last), resumes


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


def _scope(
    given: LiveOptions, own: str, region_of: Callable[[], str]
) -> tuple[Deployment, Mapping[str, frozenset[str]]]:
    """Return the deployment, and the organizational units that the policy says each account is in."""
    from ringfence.cli.config import configured_home
    from ringfence.cli.deployed import compiled, deployment_of, policy_file
    from ringfence.policy.compiled import policy_from_json

    policy = policy_file(given.policy)
    home = given.home or configured_home("account") or own
    region = given.home_region or configured_home("region") or region_of()
    deployment = deployment_of(policy, home, region)
    facts = policy_from_json(compiled(policy, home)).organization if policy else ()
    return deployment, {one.account: frozenset(one.units) for one in facts}


def _regions(deployment: Deployment) -> tuple[str, ...]:
    return deployment.regions or (deployment.home_region,)


def _places(given: LiveOptions, deployment: Deployment, wanted: Wanted, own: str) -> Iterator[Place]:
    """Yield the places of the scope that have a type which some rule is about."""
    chosen = [_chooser(one, wanted.units) for one in given.scopes]
    for account in (own,) if given.direct else deployment.accounts:
        for region in (*wanted.regions, EVERYWHERE):
            place = Place(account, region)
            if wanted.types(region) and (not chosen or any(one(place) for one in chosen)):
                yield place


def _chooser(text: str, units: Mapping[str, frozenset[str]]) -> Callable[[Place], bool]:
    """Return whether a place is in a part of the scope. Raises BadInput."""
    account, _, region = text.rpartition("/")
    if text.startswith("ou-"):
        if not any(text in each for each in units.values()):
            raise BadInput("--scope", "must be a unit of the policy's section `organization`", text)
        return lambda place: text in units.get(place.account, frozenset())
    if ACCOUNT.fullmatch(text):
        return lambda place: place.account == text
    if (account and not ACCOUNT.fullmatch(account)) or not (region == EVERYWHERE or REGION.fullmatch(region)):
        raise BadInput("--scope", SCOPE, text)
    return lambda place: place.region == region and account in {"", place.account}


def _digest(rules: Sequence[Rule], sources: Iterable[bytes], units: Mapping[str, frozenset[str]]) -> str:
    """Return a digest of what decides about a resource beside its item."""
    from importlib.metadata import version

    made = hashlib.sha256(version("ringfence").encode())
    parts = (*sources, *(one.name.encode() for one in rules))
    facts = (f"{account} {' '.join(sorted(each))}".encode() for account, each in sorted(units.items()))
    for part in (*parts, *facts):
        made.update(hashlib.sha256(part).digest())
    return made.hexdigest()


def _environment(given: LiveOptions) -> ScanEnvironment:
    """Return the environment: the object of the Click context, or the real one."""
    fake = click.get_current_context().obj
    if isinstance(fake, ScanEnvironment):
        return fake
    from ringfence.aws.caller import caller, default_region
    from ringfence.aws.cloud import AwsCloud
    from ringfence.aws.sessions import OwnClients, RoleClients
    from ringfence.handlers.threads import Threads
    from ringfence.model.resource_names import SCAN_ROLE

    def now() -> datetime:
        return datetime.now(UTC)

    clients = OwnClients() if given.direct else RoleClients(SCAN_ROLE, SCAN_ROLE, now)
    cloud = AwsCloud(clients, now, Threads("reads"))
    return ScanEnvironment(lambda: caller().account, default_region, cloud, now, time.sleep)


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
