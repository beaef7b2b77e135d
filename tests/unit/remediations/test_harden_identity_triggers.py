"""Events in the published shapes, through the rules of `harden-identity`, to what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.calls import by_root, call_event, sign_in
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.config import verdict
from ringfence.model.trigger import joined
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from tests.support.delivery import Delivery
from tests.support.strategies.identity import ACCOUNT, BY_ID, ROOT, WHOLE

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref

UNUSED, POLICY = "iam-user-unused-credentials-check", "iam-password-policy"


def judged(rule: str, kind: str, id_: str) -> dict[str, object]:
    return verdict(rule, kind, id_, ACCOUNT)


def called(name: str) -> dict[str, object]:
    return call_event("iam", name, None, account=ACCOUNT, region="us-east-1")


SAMPLES: tuple[tuple[dict[str, object], Ref, str], ...] = (
    (
        judged(f"securityhub-{UNUSED}-4f2a9c1e", "AWS::IAM::User", BY_ID.id),
        BY_ID,
        "deactivate-unused-keys",
    ),
    (
        judged(UNUSED, "AWS::IAM::User", BY_ID.id),
        BY_ID,
        "report-unused-password",
    ),
    (
        judged(f"{POLICY}-conformance-pack-q7w2ex", "AWS::::Account", ACCOUNT),
        WHOLE,
        "set-password-policy",
    ),
    (called("UpdateAccountPasswordPolicy"), WHOLE, "set-password-policy"),
    (called("DeleteAccountPasswordPolicy"), WHOLE, "set-password-policy"),
    (sign_in(account=ACCOUNT), ROOT, "report-root-use"),
    (
        call_event("ec2", "CreateKeyPair", None, account=ACCOUNT, identity=by_root(ACCOUNT)),
        ROOT,
        "report-root-use",
    ),
)


@pytest.mark.parametrize(
    ("event", "ref", "id_"), SAMPLES, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_sample_is_delivered_once_and_leads_to_its_remediation_on_its_subject(
    event: dict[str, object], ref: Ref, id_: str
) -> None:
    rules = [Delivery(trigger) for trigger in joined(HARDEN_IDENTITY.triggers) if trigger.patterns()]
    assert sum(one.count(event) for one in rules) == 1
    told = [one for one in read(event) if HARDEN_IDENTITY.answers(one)]
    assert [one.subjects for one in told] == [(ref,)]
    assert told[0].type in HARDEN_IDENTITY.answers_by_type()[id_]
    assert id_ in HARDEN_IDENTITY.on(ref).ids


@pytest.mark.parametrize(
    "event",
    [
        verdict("iam-password-policy", "AWS::::Account", ACCOUNT, ACCOUNT, compliance="COMPLIANT"),
        verdict("my-iam-password-policy", "AWS::::Account", ACCOUNT, ACCOUNT),
        call_event("iam", "UpdateAccountPasswordPolicy", None, error="AccessDenied"),
        call_event("iam", "UpdateAccountPasswordPolicy", None, identity=by_role("ringfence-harden-identity")),
        call_event(
            "iam", "DeleteAccountPasswordPolicy", None, identity=by_role("ringfence-release-harden-identity")
        ),
        sign_in(succeeded=False),
    ],
)
def test_what_is_compliant_refused_or_our_own_is_not_delivered(event: dict[str, object]) -> None:
    assert sum(Delivery(one).count(event) for one in joined(HARDEN_IDENTITY.triggers) if one.patterns()) == 0


def read(event: dict[str, object]) -> tuple[Finding, ...]:
    told = findings(event)
    assert not isinstance(told, NotForUs), told
    return told
