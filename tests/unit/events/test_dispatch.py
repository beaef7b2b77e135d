"""Every source has its parser, none brings the others along, and nothing makes any fall over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples import guardduty
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples.calls import by_root, call_event, sign_in
from ringfence.local.samples.cloudtrail import OWN, attachment, by_role
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import changed
from ringfence.local.samples.guardduty_types import of_type
from ringfence.local.samples.health import health_event
from ringfence.local.samples.states import state_change
from ringfence.model.codec import decode, encode
from ringfence.model.discovery import folders_in, module_of
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from tests.support.parsing import parse, parse_text
from tests.support.samples.shared import shared_events
from tests.support.strategies.events import json_values, paths

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
EVENTS: dict[str, dict[str, Any]] = {
    "an instance": guardduty.instance_finding(),
    "a key": callers.credentials_finding(),
    "an instance's credentials": callers.stolen_finding(),
    "a sequence": callers.credentials_sequence(),
    "a bucket": callers.bucket_finding(),
    "a bucket's settings": callers.bucket_finding("Policy:S3/BucketPublicAccessGranted"),
    "a cluster": callers.cluster_finding(),
    "an exposure": health_event(),
    "a quarantine": attachment(identity=OWN),
    "a quarantine by a role": attachment(identity=by_role("oncall")),
    "a verdict": verdict("restricted-ssh", "AWS::EC2::SecurityGroup", "sg-0a1b2c3d"),
    "a call": call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}),
    "a call of GuardDuty's": call_event("guardduty", "DeleteDetector", {"detectorId": "0" * 32}),
    "a state": state_change(),
    "a sign-in": sign_in(),
    "root's call": call_event("kms", "CreateKey", None, identity=by_root()),
}
AT_ONCE = {"__init__", "details", "instances"}
"""What of GuardDuty's own modules the containment of an instance needs."""


def modules_in(folder: str) -> set[str]:
    """Return the names of the modules of a folder."""
    files = Path(FUNCTIONS, "ringfence", folder).glob("*.py")
    found = {f"{folder.replace('/', '.')}.{one.stem}" for one in files}
    assert found
    return found


LATER = {
    *modules_in("events/cloudtrail/parser"),
    *("events.config.parser", "events.health.parser", "events.ec2_states.parser"),
    *(one for one in modules_in("events/guardduty/parser") if one.rpartition(".")[2] not in AT_ONCE),
    *("events.guardduty.trigger.buckets", "events.guardduty.trigger.credentials", "events.patterns"),
    "model.principals",
    *(one for one in modules_in("model/kinds") if one.rpartition(".")[2] not in AT_ONCE | {"instance"}),
}
"""What the containment of an instance must not wait for."""


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_source_is_parsed_from_text_and_recorded(event: dict[str, Any]) -> None:
    finding = parse_text(json.dumps(event))
    assert isinstance(finding, Finding)
    assert finding.source == event["source"]
    assert decode(encode(finding)) == finding


def test_an_event_of_an_unknown_source_names_those_that_are_known() -> None:
    verdict = parse(changed(EVENTS["a key"], "source", "aws.\x1bmacie"))
    assert isinstance(verdict, NotForUs)
    assert r"the event is of type GuardDuty Finding, from aws.\x1bmacie; runbooks answer" in verdict.reason
    assert "aws.config, aws.ec2, aws.guardduty, aws.health" in verdict.reason


@pytest.mark.parametrize("source", folders_in("ringfence.events"))
def test_a_source_is_a_folder_with_a_trigger_and_a_parser_side_by_side(source: str) -> None:
    trigger, parser = (module_of(f"ringfence.events.{source}", one) for one in ("trigger", "parser"))
    assert trigger is not None
    assert parser is not None
    assert hasattr(trigger, "SOURCE") == hasattr(parser, "read")
    assert hasattr(trigger, "SOURCE") or source == "cloudtrail"  # it records calls to every service


def imported(event: dict[str, Any]) -> set[str]:
    """Parse an event in a fresh process and return the names of our modules."""
    script = (
        "import sys, respond; respond.findings.findings_of_text(sys.argv[1]);"
        "print(*(name.partition('.')[2] for name in sys.modules if name.startswith('ringfence.')))"
    )
    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script, json.dumps(event)],
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


def test_containing_an_instance_waits_for_no_other_parser() -> None:
    assert not imported(EVENTS["an instance"]) & LATER
    assert {"events.guardduty.parser.credentials", "model.principals"} <= imported(EVENTS["a key"])


def test_what_it_does_not_wait_for_is_there() -> None:
    """A module that was renamed would be missed in vain."""
    gone = [
        one for one in LATER if not Path(FUNCTIONS, "ringfence", *one.split(".")).with_suffix(".py").is_file()
    ]
    assert gone == []


def answer(event: object) -> Finding | NotForUs | BadInput:
    try:
        return parse(event)
    except BadInput as error:
        return error


@given(data=st.data())
def test_any_change_to_an_event_is_answered_or_refused_with_a_field(data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(list(EVENTS.values())))
    path = data.draw(st.sampled_from(paths(event)))
    verdict = answer(changed(event, path, data.draw(json_values)))
    assert not isinstance(verdict, BadInput) or (verdict.field and str(verdict).isascii())
    assert not isinstance(verdict, Finding) or verdict.subjects
    assert not isinstance(verdict, NotForUs) or verdict.reason.isprintable()


@given(
    data=st.data(),
    sequence=st.fixed_dictionaries({}, optional={"actors": json_values, "resources": json_values}),
)
def test_any_sequence_is_answered_or_refused(data: st.DataObject, sequence: dict[str, object]) -> None:
    name = data.draw(st.sampled_from(["IAM/CompromisedCredentials", "S3/CompromisedData"]))
    event = changed(of_type(f"AttackSequence:{name}"), "detail.service.detection.sequence", sequence)
    verdict = answer(event)
    assert isinstance(verdict, Finding | BadInput)


def test_every_event_of_the_shared_corpus_is_answered_or_refused() -> None:
    verdicts = [answer(event) for event in shared_events().values()]
    assert {verdict.source for verdict in verdicts if isinstance(verdict, Finding)} >= {
        "aws.ec2",
        "aws.guardduty",
        "aws.health",
        "aws.s3",
    }


def test_a_call_of_the_root_user_tells_of_what_it_did_and_of_who_did_it() -> None:
    event = call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}, identity=by_root())
    told = findings(event)
    assert not isinstance(told, NotForUs)
    assert [one.type for one in told] == ["CloudTrail:s3:PutBucketPolicy", "Root:Call"]
    assert parse(event) == told[0]


def test_what_none_of_the_readers_takes_is_said_by_the_first() -> None:
    verdict = findings(call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}, error="AccessDenied"))
    assert isinstance(verdict, NotForUs)
    assert "refused" in verdict.reason


@pytest.mark.parametrize(
    ("innermost", "most"), [({}, 64), ([], 64), ({"a": "text"}, 63), (["text"], 63)], ids=str
)
def test_an_event_has_at_most_64_levels_with_what_is_innermost(innermost: object, most: int) -> None:
    event = innermost
    for number in range(1, most):
        event = {"part": event, "text": "x"} if number % 2 else [event]
    assert "nested deeper" not in _refused(event)
    assert "nested deeper" in _refused({"part": event})


def _refused(event: object) -> str:
    with pytest.raises(BadInput) as caught:
        findings(event)
    return str(caught.value)
