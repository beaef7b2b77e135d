"""Law: whatever a forged record says was there before, an undo writes only what is of its own kind.

The record is sealed, and a release refuses one that is not. This law holds for what a person insists on, and
for the case that the seals fail.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.undo import undo
from ringfence.model.errors import RingfenceError
from ringfence.model.symbol import QuarantineGroup, TransitionGroup
from ringfence.observations.iam.principals import Holder
from ringfence.observations.iam.reach import DENY_ALL, Reach
from ringfence.observations.s3.acl import PUBLIC, Grant
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.s3.acl import SetPublicGrants
from tests.support.catalogue import EACH_RUNBOOK
from tests.support.effort import examples
from tests.support.laws.plans import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Call
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Worlds

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
MIXED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ],
    }
)
POLICIES = ("Policy", "PolicyDocument")
"""The parameters of IAM, S3 and KMS that are policies."""
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
HOSTILE: tuple[object, ...] = (
    ALLOW,
    MIXED,
    ALLOW.replace('"Allow"', '"allow"'),
    "[]",
    "not json",
    ADMIN,
    "sg-0123456789abcdef0",
    "",
    frozenset({"sg-0123456789abcdef0"}),
    frozenset({Grant("id/of-somebody-else", "FULL_CONTROL")}),
    True,
    False,
)


def calls(step: Step) -> Iterator[Call]:
    """Yield the calls of the first round, before any answer."""
    talk = step.apply({})
    try:
        yield from next(talk)
    except (StopIteration, RingfenceError, KeyError):
        return
    finally:
        talk.close()


def texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for one in data.values():
            yield from texts(one)
    elif isinstance(data, list | tuple | frozenset):
        for one in data:
            yield from texts(one)


def allows(text: str) -> bool:
    """Return whether a text is a policy with a statement that is no denial."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    statements = found.get("Statement", []) if isinstance(found, dict) else []
    return any(one.get("Effect") != "Deny" for one in statements)


@EACH_RUNBOOK
@examples(8)  # each undoes every step with each hostile value
@given(data=st.data())
def test_an_undo_allows_nothing_that_a_forged_record_names(worlds: Worlds, data: st.DataObject) -> None:
    """Each planned step is recorded with a hostile value of the same form in the place of the old one."""
    state, incident = data.draw(worlds.situations(settled=True))
    runbook = worlds.runbook.on(state.ref)
    after, steps = run(runbook, state, incident)
    known = {text for seen in state.observations.values() for text in texts(_plain(seen))}
    for step in steps:
        if step.irreversible:
            continue
        before: Any = getattr(step, "before")  # noqa: B009 - every reversible step has one
        for hostile in HOSTILE:
            if _is_alike(hostile, before):
                forged: Any = replace(step, before=hostile)  # type: ignore[type-var]  # a step is a dataclass
                _is_of_its_own_kind(forged, step, known, after)


def _is_alike(hostile: object, before: object) -> bool:
    """Return whether a value can be recorded in the place of another one: any other is unreadable."""
    if isinstance(hostile, frozenset) and isinstance(before, frozenset):
        return {type(one) for one in hostile} <= {type(one) for one in before}
    return type(hostile) is type(before)


def _is_of_its_own_kind(forged: Step, real: Step, known: set[str], after: ResourceState) -> None:
    way = undo((forged,), after)
    for step in way.steps:
        assert step.target == real.target
        for call in calls(step):
            written = [given for name, given in call.parameters.items() if name in POLICIES]
            assert not [text for text in texts(written) if allows(text) and text not in known], call
            attached = call.operation.startswith("Attach") and ADMIN in texts(call.parameters)
            assert not attached, call


def _plain(item: object) -> object:
    """Return the texts of an observation."""
    if hasattr(type(item), "__field_names__"):
        return [_plain(getattr(item, one.name)) for one in fields(item)]  # type: ignore[arg-type]  # a value
    if isinstance(item, tuple | frozenset | list):
        return [_plain(one) for one in item]
    return item


HOLDER = Holder("user", "eve", "AIDAEVE", "/")
DENIAL = Reach().document()
OWN = "arn:aws:iam::111122223333:policy/ringfence/deny-eve"
QUARANTINED = frozenset({QuarantineGroup("vpc-1")})
WEB = frozenset({"sg-web"})
ANYONE = Grant(min(PUBLIC), "READ")


@pytest.mark.parametrize(
    "step",
    [
        PutDenial(HOLDER, "ringfence-deny", ALLOW, DENIAL),
        PutDenial(HOLDER, "ringfence-deny", MIXED, DENIAL),
        PutDenial(HOLDER, "ringfence-deny", ALLOW, ""),
        PutDenial(HOLDER, "ringfence-deny", "", ALLOW),
        PutDenial(HOLDER, "guardrail", "", DENIAL),
        AttachDenial(HOLDER, "arn:aws:iam::111122223333:policy/guardrail", before=False, after=True),
        CreateDenialPolicy("arn:aws:iam::111122223333:policy/guardrail", "", DENIAL),
        SetDenyBoundary(HOLDER, ADMIN, "arn:aws:iam::111122223333:policy/limits"),
        SetSecurityGroups("eni-1", "vpc-1", frozenset({"sg-open"}), WEB),
        SetSecurityGroups("eni-1", "vpc-1", frozenset({TransitionGroup("vpc-1")}), QUARANTINED),
        SetPublicGrants(None, frozenset({Grant("somebody else", "FULL_CONTROL")}), frozenset()),  # type: ignore[arg-type]
    ],
)
def test_these_are_not_undone(step: Step) -> None:
    assert step.inverse().misfit()


@pytest.mark.parametrize(
    "step",
    [
        PutDenial(HOLDER, "ringfence-deny", "", DENIAL),
        PutDenial(HOLDER, "ringfence-deny-AKIA", DENIAL, Reach(userid="AROA:kim").document()),
        AttachDenial(HOLDER, DENY_ALL, before=False, after=True),
        AttachDenial(HOLDER, OWN, before=False, after=True),
        CreateDenialPolicy(OWN, "", DENIAL),
        SetDenyBoundary(HOLDER, "arn:aws:iam::111122223333:policy/limits", DENY_ALL),
        SetSecurityGroups("eni-1", "vpc-1", WEB, QUARANTINED),
        SetSecurityGroups("eni-1", "vpc-1", WEB, frozenset({TransitionGroup("vpc-1")})),
        SetPublicGrants(None, frozenset({ANYONE}), frozenset()),  # type: ignore[arg-type]  # any bucket
    ],
)
def test_these_are(step: Step) -> None:
    assert step.inverse().misfit() == ""
