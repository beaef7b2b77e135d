"""Transcripts of the commands that try Ringfence on a local AWS, from recorded entries."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from ringfence.aws.incidents import Response
from ringfence.cli.audit_all import verify_all
from ringfence.cli.audit_sources import Period, Sources
from ringfence.cli.demo_view import View as Demo
from ringfence.cli.local import introduce
from ringfence.cli.local_follow import show
from ringfence.cli.local_notices import show as show_notices
from ringfence.cli.seals import IncidentSeals
from ringfence.local.demo import Ending, Sides
from ringfence.local.following import Seen
from ringfence.local.messages import notices_in
from ringfence.model.document import Document
from ringfence.record.integrity import verify
from ringfence.record.notices import notice
from ringfence.record.notices.schema import attributes
from ringfence.record.timeline import timeline
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.log_home import ORIGIN, LogHome
from tests.support.transcripts import log
from tests.support.transcripts.printing import drawn, masked
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.local.demo import Scene
    from ringfence.local.findings import InstanceFinding
    from ringfence.local.following import Follower
    from ringfence.local.messages import SentNotice
    from tests.support.transcripts.printing import View

SIGNED = (
    (r'(?m)^\{"_aws".*\n', ""),
    (r"\+[0-9a-f]{8}\+[\w+/=]+", "+01234567+KEY"),
    (r"(?m)^[\w+/]{43}=$", "ROOT"),
    (r"(?m)^(— \S+ )\S+$", r"\1SIGNATURE"),
)
"""A metric, and the key, the root and the signature of a checkpoint, which differ each time."""
SENT = NOON - timedelta(seconds=1)


class Followed:
    """What is seen of one response: half of it, then all."""

    def follow(self, wait: float) -> Iterator[tuple[Seen, ...]]:
        """Yield what is seen at each look."""
        assert wait
        key, entries = next(log.chains())
        response = Response(key, log.CONTAINED)
        yield (Seen(response, entries[:20], entries[:20]),)
        yield (Seen(response, entries, entries[20:]),)


def sent(*, as_json: bool = False) -> None:
    """Print what a local deployment records."""
    show(cast("Follower", Followed()), 30, as_json=as_json)


def published_notices() -> tuple[SentNotice, ...]:
    """Return the notices of a response, and one about the deployment, as a local AWS returns them."""
    _, entries = next(log.chains())
    each = [one for count in range(1, len(entries) + 1) if (one := notice(entries[:count]))]
    messages = [
        {
            "at": (NOON + timedelta(seconds=number)).isoformat(),
            "topic": f"arn:aws:sns:{REF.region}:{REF.account}:ringfence-notices",
            "subject": one.subject,
            "text": one.text,
            "attributes": {name: value for name, (_, value) in attributes(one).items()},
        }
        for number, one in enumerate(each)
    ]
    return notices_in(map(Document.of, messages))


def noticed(*, as_json: bool = False) -> None:
    """Print the newest notices of a local AWS."""
    show_notices(published_notices(), 2, as_json=as_json)


def introduced(*, as_json: bool = False) -> None:
    """Print how to use a local AWS."""
    values = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_REGION": REF.region}
    introduce(values["AWS_ENDPOINT_URL"], values, as_json=as_json)


def played() -> Demo:
    """Print a demo, and return what printed it."""
    key, entries = next(log.chains())
    view, rows = Demo.on_terminal(plain=False), timeline(entries)
    view.heading()
    view.done("local AWS", "one process on this machine: no account, no Docker", 1.6)
    view.done("cdk deploy --all", "the audit log, the response pipeline, the roles", 11.9)
    title = f"{REF.id} is communicating with a known command-and-control server."
    told = SimpleNamespace(type="Backdoor:EC2/C&CActivity.B", severity=8.0, detail=lambda: {"title": title})
    view.finding(cast("InstanceFinding", told))
    with view.progress(SENT) as shown:
        for row in rows:
            shown(row)
    view.timeline(SENT, rows[-1].at)
    chain = verify(key, log.CONTAINED, entries, None, log.NOW)
    before = {"groups of interface 0": "shop-office-ssh, shop-web", "sessions of its role": "valid"}
    after = {"groups of interface 0": "ringfence-quarantine", "sessions of its role": "denied everything"}
    web, other = (SimpleNamespace(name=f"shop-web-{number}") for number in (1, 2))
    estate = SimpleNamespace(web=web, bystander=other)
    scene = cast("Scene", SimpleNamespace(before=Sides(before, before), estate=estate))
    ending = Ending(Sides(after, before), None, chain, ())
    view.chain(ending)
    view.comparison(scene, ending)
    view.ending(scene, ending)
    return view


def unchecked(incident: str) -> IncidentSeals:
    """Say that nobody checked the seals of an incident."""
    del incident
    return IncidentSeals({}, "the API cannot be reached")


@cache
def published() -> LogHome:
    """Return an archive and a log with a checkpoint."""
    made = LogHome()
    for key, entries in log.chains():
        made.write(key, *entries)
    made.publish()
    made.clock.wait(minutes=20)
    return made


def walked() -> None:
    """Print the verification of a whole log."""
    made = published()
    sources = Sources(
        made.reader,
        made.archive,
        made.files,
        made.signer.key,
        made.signer.verify,
        tuple(made.copies.notes(ORIGIN)),
        in_turn,
    )
    verify_all(sources, Period(), made.clock(), unchecked, save_to=None, as_json=False)


VIEWS: Mapping[str, View] = {
    "local": drawn(introduced, "local"),
    "local-send": drawn(sent, "local", "send", "event.json"),
    "local-notices": drawn(noticed, "local", "notices", "--limit", "2"),
    "demo": drawn(lambda: (played(), ())[1], "demo"),
    "verify-all": masked(drawn(walked, "audit", "verify", "--all"), *SIGNED),
}
"""The views, by the names of their files."""
