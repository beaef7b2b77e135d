"""Transcripts of the commands that read the audit log."""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

from click.testing import CliRunner
from moto import mock_aws

from ringfence.aws.audit_items import to_item
from ringfence.aws.caller import Caller
from ringfence.aws.scan_items import ScanItems
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main as ringfence
from ringfence.cli.operator_client import HttpOperatorClient
from ringfence.cli.operator_command import Environment
from ringfence.model.kinds.instance import InstanceRef
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.deployment_facts import FindingRefused
from ringfence.record.facts import ContainmentBroken, DecisionMade, FindingReceived, RunRequested, Verified
from ringfence.record.refused_findings import chain_of
from ringfence.record.scans import ScanHistory, ScanSummary
from tests.support import recorded_chains
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, CONTROL, REGION, bucket, tables
from tests.support.fakes.log_home import in_bucket
from tests.support.fakes.site import KEY, KIM, OTHER, Site
from tests.support.fakes.terminal import Terminal
from tests.support.transcripts.printing import HEIGHT, SMALL, here, masked, screen, transcript
from tests.support.worlds import NOON, REF, finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact
    from tests.support.transcripts.printing import View

IDS = {
    "eni-0": "eni-f3548675b7c4e9d74",
    "eni-1": "eni-485df8684372b1cc7",
    "vpc-1": "vpc-69addd863a4a5d38a",
    "vpc-2": "vpc-0c1d2e3f4a5b6c7d8",
    "sg-0": "sg-b1cf3e849908a18be",
    "sg-1": "sg-0632a7c49e1d098dd",
    "sg-web": "sg-dced729dfac88b53e",
    "vol-0": "vol-a04da4f6212ba2206",
    "vol-1": "vol-155e038987e9f8deb",
}
HOSTILE = "shop\x1b[2J-web\u202e-1"
"""A Name tag that an intruder chose."""
WEB = InstanceRef(REF.account, REF.region, "i-0fedcba9876543210")
NOW = NOON + timedelta(hours=1)


class Sealed:
    """An API for which every entry is sealed."""

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Answer about any incident."""
        assert path == "/seals"
        counts = {"forged": 0, "unsealed": 0, "unchecked": 0, "sealed": 6}
        lists: dict[str, list[int]] = {"forged": [], "unsealed": [], "unchecked": []}
        chains = [f"contain-instance#{ref.key}" for ref in (REF, WEB)]
        chains += [f"harden-bucket#{bucket_key()}"]
        found = [{"chain": one, "missing": "", "counts": counts, **lists} for one in chains]
        return 200, {"incident": document["incident"], "responses": found, "more": 0}


def bucket_key() -> str:
    """Return the key of the subject of the recorded chain about a bucket."""
    (first, *_) = next(iter(recorded_chains.read("harden-bucket").values()))
    return str(json.loads(first.body)["subject"])


def with_name(entries: Sequence[Entry], name: str) -> tuple[Fact, ...]:
    """Return the facts of a chain, with an event that contains a Name tag."""
    tags = [{"key": "Name", "value": name}]
    detail = {"resource": {"instanceDetails": {"instanceId": REF.id, "tags": tags}}}
    event = json.dumps({"detail": detail})
    facts = (replace(one, body=as_in_aws(one.body)).fact for one in entries)
    return tuple(replace(one, event=event) if isinstance(one, FindingReceived) else one for one in facts)


def as_in_aws(text: str) -> str:
    """Return a text with ids as long as those of AWS, because their length decides what fits."""
    for short, long in IDS.items():
        text = re.sub(rf"(?<![\w-]){short}(?![\w-])", long, text)
    return text


def chains() -> Iterator[tuple[ChainKey, tuple[Entry, ...]]]:
    """Yield the incidents of the transcripts: contained, undone, and waiting for nobody."""
    recorded = recorded_chains.read("contain-instance")["defaults"]
    yield chain("contain-instance", REF.key, 0, with_name(recorded, HOSTILE))
    mild = finding(id="f-2", type="Recon:EC2/Portscan", severity=2, title="it scans ports", subjects=(WEB,))
    severe = finding(id="f-3", severity=9.1, title="it takes part in an attack", subjects=(WEB,))
    requested = RunRequested("run", "the shop is slow", verified=True)
    broken = ContainmentBroken(
        ("move eni-0 to the quarantine group of vpc-1",), f"{KIM}-2", "ec2:ModifyNetworkInterfaceAttribute"
    )
    done = Verified(contained=True, complete=True, exposure=("DNS is not filtered",))
    auto = DecisionMade(Decision(Mode.AUTO, "policy rule 1 sets mode auto"), NOON)
    yield chain(
        "contain-instance",
        WEB.key,
        20,
        (severe, mild, auto, requested, done, broken),
    )
    yield released()
    yield refusals()
    hardened = recorded_chains.read("harden-bucket")
    name = min(hardened)
    yield chain("harden-bucket", bucket_key(), 40, tuple(one.fact for one in hardened[name]))


def refusals() -> tuple[ChainKey, tuple[Entry, ...]]:
    """Return what the policy refused on one day."""
    sender = "arn:aws:sts::111122223333:assumed-role/office-ids/i-1"
    reason = "is no type that role office-ids of account 111122223333 may send, by the policy's `senders`"
    id_ = "role-office-ids-of-account-111122223333/office-ids/ids-2027-000123"
    facts = (
        FindingRefused(sender, "api", "type", "Recon/Scan", reason, id_, "Recon/Scan"),
        FindingRefused(
            "444455556666",
            "bus",
            "sender",
            "444455556666",
            "is not among the accounts that may send on the bus, in `senders` of the policy",
            "account-444455556666/lab/1\x1b[2J",
            "C2/Beacon",
        ),
    )
    key = chain_of(REF.account)
    return chain(key.runbook, key.subject, 10, facts)


def released() -> tuple[ChainKey, tuple[Entry, ...]]:
    """Return an incident that a person has released, as the engine recorded it."""
    site = Site()
    incident = site.contain()
    terminal = Terminal(site)
    terminal("release", incident, "--yes", "--reason", "a drill")
    key = ChainKey(KEY.runbook, OTHER.key)
    facts = [entry.fact for entry in site.log.all(KEY)]
    return chain(key.runbook, key.subject, 30, facts)


def chain(
    runbook: str, subject: str, minutes: int, facts: Sequence[Fact]
) -> tuple[ChainKey, tuple[Entry, ...]]:
    """Return one incident, a fact each second."""
    key, at = ChainKey(runbook, subject), NOON + timedelta(minutes=minutes)
    incident = id_of(minutes)
    entries: list[Entry] = []
    for seq, fact in enumerate(facts):
        stamp = Stamp(key, incident, "ringfence-contain-instance", "attempt-1", at + timedelta(seconds=seq))
        entries += link(stamp, entries[-1] if entries else None, (fact,))
    return key, tuple(entries)


def id_of(minutes: int) -> str:
    """Return the id of the incident that was opened so many minutes after noon."""
    return f"inc-20260301T12{minutes:02}00.000000-{0x8EA7008B83 + minutes:010x}"


def scores() -> ScanHistory:
    """Return three scheduled scans: the last one did not see everything, and handed violations over."""
    numbers = ((1210, 190, 4), (1214, 188, 4), (1101, 260, 3))
    scans = tuple(
        ScanSummary(
            f"{NOON - timedelta(days=len(numbers) - index):%Y-%m-%dT%H:%M:%SZ}",
            "4e2a" * 16,
            score,
            one,
            512 - index,
            6,
            index // 2,
            index * 20,
        )
        for index, (score, one) in enumerate(zip((87.9, 88.2, None), numbers, strict=True))
    )
    return ScanHistory(scans, ("root-user-has-mfa",))


@contextmanager
def audit_log() -> Iterator[None]:
    """Fill the audit table, the archive and the transparency log on moto with the incidents."""
    own_client.cache_clear()
    own_session.cache_clear()
    # A checkpoint that S3 has written later than it was signed is a fault of the log.
    with here(), mock_aws(), patch("moto.s3.models.utcnow", lambda: NOW.replace(tzinfo=None)):
        client, home = tables(), in_bucket(bucket(), NOW)
        os.environ["RINGFENCE_LOG_KEY"] = home.signer.key.text
        ScanItems(client, CONTROL).keep_history(scores(), NOW)
        for key, entries in chains():
            for entry in entries:
                client.put_item(TableName=AUDIT, Item=to_item(key, entry))
            home.write(key, *entries)
        home.publish()
        yield


def log_command(*words: str, height: int = HEIGHT) -> View:
    """Return the transcript of a command that reads the audit log, which must be there: `audit_log`."""
    return lambda width: printed(width, *words, height=height)


def environment(now: Callable[[], datetime]) -> Environment:
    """Return the environment of commands that read the log."""
    return Environment(
        caller=lambda: Caller(REF.account, KIM),
        region=lambda: REGION,
        client=lambda _: HttpOperatorClient(Sealed()),
        catalogue=dict,
        interactive=lambda: False,
        clock=lambda: 0.0,
        sleep=lambda _: None,
        now=now,
    )


def printed(width: int | None, *words: str, height: int = HEIGHT) -> str:
    """Run a command and return what it prints."""
    places = {"RINGFENCE_AUDIT_TABLE": AUDIT, "RINGFENCE_CONTROL_TABLE": CONTROL}
    given: dict[str, str | None] = {**places, "RINGFENCE_ARCHIVE_BUCKET": ARCHIVE, **screen(width, height)}
    done = CliRunner(env=given).invoke(ringfence, words, obj=environment(lambda: NOW))
    return transcript(done.output, words, width)


CONTAINED, UNDONE, RELEASED = id_of(0), id_of(20), id_of(30)
PERIOD = ("--since", "2026-01-01")
ALTERNATE = (r"(?s)^(\$[^\n]*\n).*\n\n\n *", r"\1")
"""What was drawn on the alternate screen, which the terminal forgets."""
VIEWS: Mapping[str, View] = {
    "list": log_command("incidents", "list", *PERIOD),
    "list-open": log_command("incidents", "list", *PERIOD, "--open", "--severity", "high"),
    "list-none": log_command("incidents", "list", "--since", "2026-03-02"),
    "show": log_command("incidents", "show", CONTAINED),
    "show-small": log_command("incidents", "show", CONTAINED, height=SMALL),
    "show-undone": log_command("incidents", "show", UNDONE),
    "show-full": log_command("incidents", "show", UNDONE, "--full"),
    "show-released": log_command("incidents", "show", RELEASED),
    "findings-refused": log_command("findings", "refused", "--home-account", REF.account, *PERIOD),
    "findings-refused-none": log_command(
        "findings", "refused", "--home-account", REF.account, "--since", "2026-03-02"
    ),
    "scans-list": log_command("scans", "list"),
    "export": log_command("incidents", "export", UNDONE, "--format", "csv"),
    "verify": log_command("audit", "verify", CONTAINED, "--without-archive"),
    "watch": masked(log_command("incidents", "watch", CONTAINED), ALTERNATE),
}
"""The views, by the names of their files."""
