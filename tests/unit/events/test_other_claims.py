"""IAM and CloudTrail are asked whether AWS quarantined a user."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail import claim as quarantine
from ringfence.local.samples.cloudtrail import attachment
from ringfence.model.call import Answer, Call, Failed
from ringfence.model.claims import Checked, Verdict
from ringfence.model.document import Document
from ringfence.model.finding import Finding
from tests.support.laws.permissions import check as possible
from tests.support.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]
ATTACHED = attachment()
ASKED = ATTACHED["detail"]["requestParameters"]
RECORD = {
    "EventId": ATTACHED["detail"]["eventID"],
    "EventName": "AttachUserPolicy",
    "CloudTrailEvent": json.dumps(ATTACHED["detail"]),
}


def finding(event: Json) -> Finding:
    read = parse(event)
    assert isinstance(read, Finding)
    return read


def verdict(
    check: Callable[..., Any], about: Finding, answers: Mapping[str, Answer], calls: list[Call]
) -> Verdict:
    talk = check(about, about.subjects[0])
    asked = next(talk)
    while True:
        for call in asked:
            possible(call)
            calls.append(call)
        try:
            asked = talk.send(tuple(answers[call.operation] for call in asked))
        except StopIteration as ended:
            checked: Checked = ended.value
            return checked.answer.verdict


POLICIES = Document({"AttachedPolicies": [{"PolicyName": "q", "PolicyArn": ASKED["policyArn"]}]})
NONE, NO_USER = Document({"AttachedPolicies": []}), Failed("NoSuchEntity", "no such user")


@pytest.mark.parametrize(
    ("attached", "record", "expected"),
    [
        (POLICIES, None, Verdict.CONFIRMED),
        (NONE, RECORD, Verdict.CONFIRMED),
        (NO_USER, RECORD, Verdict.CONFIRMED),
        (NONE, None, Verdict.UNKNOWN),
        (NO_USER, None, Verdict.UNKNOWN),
        (NONE, {**RECORD, "EventId": "another"}, Verdict.UNKNOWN),
        (NONE, {**RECORD, "EventName": "DetachUserPolicy"}, Verdict.UNKNOWN),
        (NONE, {**RECORD, "CloudTrailEvent": "{"}, Verdict.UNKNOWN),
        (
            NONE,
            {**RECORD, "CloudTrailEvent": json.dumps({"requestParameters": {**ASKED, "userName": "other"}})},
            Verdict.UNKNOWN,
        ),
    ],
)
def test_a_quarantine_is_confirmed_by_the_policy_or_by_the_call(
    attached: Answer, record: Json | None, expected: Verdict
) -> None:
    found = Document({"Events": [record] if record else []})
    answers = {"ListAttachedUserPolicies": attached, "LookupEvents": found}
    calls: list[Call] = []
    assert verdict(quarantine.check, finding(ATTACHED), answers, calls) is expected
    assert len(calls) == (1 if attached is POLICIES else 2)
    assert calls[-1].region in ("", "us-east-1")
