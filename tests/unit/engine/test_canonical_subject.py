"""Subjects are named before anything is decided: a policy speaks of names, and one user is one subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ringfence.engine.canonical_subject import with_canonical_subjects
from ringfence.events.envelope import NotForUs
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Exempt, Mode, Policy
from ringfence.policy.selection import portions
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.parsing import parse
from tests.support.samples.config import verdict
from tests.support.strategies.identity import ACCOUNT, BY_ID, PERSON

EVENT = verdict("iam-user-unused-credentials-check", "AWS::IAM::User", BY_ID.id, ACCOUNT)
FOUND = parse(EVENT)
CLOUD = MemoryCloud(ResourceState(PERSON), lambda: datetime.now(UTC))
SPARED = Exempt("iam-user/*/*/deploy", "it opens the door in an emergency")
POLICY = Policy((ACCOUNT,), default=Mode.AUTO, exempt=(SPARED,))


def test_the_user_whom_config_names_by_id_is_spared_by_name() -> None:
    assert not isinstance(FOUND, NotForUs)
    assert FOUND.subjects == (BY_ID,)
    named = with_canonical_subjects(FOUND, HARDEN_IDENTITY, POLICY, CLOUD)
    assert named == replace(FOUND, subjects=(PERSON,))
    (share,) = portions(POLICY, HARDEN_IDENTITY, named, PERSON)
    assert share.decision.mode is Mode.NOTIFY
    assert SPARED.reason in share.decision.reason


def test_two_names_of_one_user_are_one_subject() -> None:
    assert not isinstance(FOUND, NotForUs)
    both = replace(FOUND, subjects=(BY_ID, PERSON))
    assert with_canonical_subjects(both, HARDEN_IDENTITY, POLICY, CLOUD).subjects == (PERSON,)


def test_nobody_is_asked_about_an_account_that_is_out_of_scope() -> None:
    assert not isinstance(FOUND, NotForUs)
    assert with_canonical_subjects(FOUND, HARDEN_IDENTITY, Policy(("444455556666",)), CLOUD) == FOUND


def test_a_runbook_without_names_of_its_own_asks_nobody() -> None:
    assert not isinstance(FOUND, NotForUs)
    assert (
        with_canonical_subjects(FOUND, replace(HARDEN_IDENTITY, canonical_subject=None), POLICY, CLOUD)
        == FOUND
    )
