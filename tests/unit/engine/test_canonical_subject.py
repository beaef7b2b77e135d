"""Subjects are named before anything is decided: a policy speaks of names, and one user is one subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ringfence.engine.canonical_subject import with_canonical_subjects
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.config import verdict
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.protection import Exempt
from ringfence.policy.selection import portions
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from ringfence.runbooks.harden_snapshot import HARDEN_SNAPSHOT
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.parsing import parse
from tests.support.strategies.harden_snapshot import SNAPSHOT
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


JUDGED = parse(
    verdict("ebs-snapshot-public-restorable-check", "AWS::::Account", ACCOUNT, ACCOUNT, SNAPSHOT.region)
)


def test_a_verdict_on_an_account_is_about_what_the_review_lists_in_its_region() -> None:
    """AWS Config judges the account where one of its snapshots is public."""
    assert not isinstance(JUDGED, NotForUs)
    cloud = MemoryCloud(ResourceState(SNAPSHOT), lambda: datetime.now(UTC))
    found = with_canonical_subjects(JUDGED, HARDEN_SNAPSHOT, Policy((ACCOUNT,)), cloud)
    assert found == replace(JUDGED, subjects=(SNAPSHOT,))


@pytest.mark.parametrize(
    "policy",
    [Policy(("444455556666",)), Policy((ACCOUNT,), regions=("us-west-2",))],
    ids=["account", "region"],
)
def test_of_an_account_or_region_out_of_scope_nothing_is_listed(policy: Policy) -> None:
    assert not isinstance(JUDGED, NotForUs)
    cloud = MemoryCloud(ResourceState(SNAPSHOT), lambda: datetime.now(UTC))
    assert with_canonical_subjects(JUDGED, HARDEN_SNAPSHOT, policy, cloud) == JUDGED


def test_a_verdict_on_an_account_that_a_runbook_does_not_answer_lists_nothing() -> None:
    assert not isinstance(JUDGED, NotForUs)
    other = replace(JUDGED, type="Config:root-account-mfa-enabled")
    cloud = MemoryCloud(ResourceState(SNAPSHOT), lambda: datetime.now(UTC))
    assert with_canonical_subjects(other, HARDEN_SNAPSHOT, Policy((ACCOUNT,)), cloud) == other
