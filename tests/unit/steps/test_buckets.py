"""Steps on buckets: what they ask of S3, and how they end where it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, NotFound, Refused
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.observations.s3.acl import ALL_USERS, Grant
from ringfence.observations.s3.block import ALL_ON, BlockSettings, PublicAccessBlock
from ringfence.observations.s3.documents import LIMIT
from ringfence.observations.s3.encryption import KMS, BucketEncryption, Encryption
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import SID, tls_statement
from ringfence.remediations.log_bucket_access import LogTarget, SetAccessLogging
from ringfence.remediations.version_bucket import SetBucketVersioning
from ringfence.steps.s3.acl import SetPublicGrants
from ringfence.steps.s3.block import SetPublicAccessBlock
from ringfence.steps.s3.encryption import SetBucketEncryption
from ringfence.steps.s3.policy import AddTlsStatement
from tests.support.fakes.bucket_answers import FULL, OWNER, READ_BY_ALL
from tests.support.strategies.buckets import BUCKET, KEY, bucket

if TYPE_CHECKING:
    from ringfence.model.call import Answer, Call
    from ringfence.model.step import Done, Step

READ = frozenset({Grant(ALL_USERS, "READ")})
ADD = AddTlsStatement(BUCKET, SID, before=False, after=True)
BLOCK = SetPublicAccessBlock(BUCKET, BlockSettings(block_acls=True), ALL_ON)
REMOVE = SetPublicGrants(BUCKET, READ, frozenset())
DENIED = Failed("AccessDenied", "Access Denied")
BLOCKED = Failed(
    "AccessDenied",
    "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the "
    "BlockPublicPolicy setting in S3 Block Public Access.",
)
NONE = Failed("NoSuchBucketPolicy", "The bucket policy does not exist")
NO_BUCKET = Failed("NoSuchBucket", "The specified bucket does not exist")
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def ok(**answer: object) -> Document:
    return Document.of(answer)


def policy(*statements: object, **more: object) -> str:
    return json.dumps({**more, "Statement": list(statements)})


def held(step: Step, *answers: Answer) -> tuple[list[Call], Done]:
    """Hold the conversation with these answers, one call a round, and return the calls and the end."""
    talk, calls = step.apply({}), []
    (call,) = next(talk)
    for answer in answers:
        calls.append(call)
        try:
            (call,) = talk.send((answer,))
        except StopIteration as ended:
            return calls, ended.value
    raise AssertionError(f"it goes on with {call}")


def put(call: Call) -> Any:  # noqa: ANN401 - whatever was put
    return json.loads(str(call.parameters["Policy"]))


def test_the_policy_is_read_again_and_put_with_our_statement_as_its_last() -> None:
    """What was changed since the plan was made is kept."""
    found = policy(PUBLIC, Version="2008-10-17", Id="theirs")
    (_, call), _ = held(ADD, ok(Policy=found), ok())
    assert put(call) == {
        "Version": "2008-10-17",
        "Id": "theirs",
        "Statement": [PUBLIC, tls_statement(BUCKET.id)],
    }


def test_without_a_policy_ours_is_made() -> None:
    (_, call), _ = held(ADD, NONE, ok())
    assert put(call) == {"Version": "2012-10-17", "Statement": [tls_statement(BUCKET.id)]}


def test_a_statement_that_is_there_already_is_not_put_twice() -> None:
    calls, done = held(ADD, ok(Policy=policy(tls_statement(BUCKET.id))))
    assert [call.operation for call in calls] == ["GetBucketPolicy"]
    assert "already" in done.note


@pytest.mark.parametrize(
    ("left", "last"),
    [((PUBLIC,), "PutBucketPolicy"), ((), "DeleteBucketPolicy")],
    ids=["others", "ours"],
)
def test_the_undo_takes_out_our_statement_and_no_other(left: tuple[object, ...], last: str) -> None:
    found = policy(*left, tls_statement(BUCKET.id), Version="2012-10-17")
    calls, _ = held(ADD.inverse(), ok(Policy=found), ok())
    assert calls[-1].operation == last
    assert not left or put(calls[-1]) == {"Version": "2012-10-17", "Statement": [PUBLIC]}


@pytest.mark.parametrize("answer", [NONE, ok(Policy=policy(PUBLIC))], ids=["no policy", "without it"])
def test_what_is_not_there_any_more_is_what_the_undo_wanted(answer: Answer) -> None:
    calls, done = held(ADD.inverse(), answer)
    assert len(calls) == 1
    assert "no longer existed" in done.note


def test_a_policy_that_would_be_too_long_is_refused_without_asking() -> None:
    long = policy({**PUBLIC, "Sid": "x" * (LIMIT - 250)})
    assert len(long) < LIMIT
    with pytest.raises(Refused, match="bytes; the limit of S3 is 20480"):
        held(ADD, ok(Policy=long), ok())


@pytest.mark.parametrize("text", ["no policy", '{"Statement": [], "Statement": []}'])
def test_nothing_is_merged_into_what_is_not_understood(text: str) -> None:
    with pytest.raises(Refused, match="cannot be parsed"):
        held(ADD, ok(Policy=text), ok())


@pytest.mark.parametrize(
    ("step", "answers"),
    [(ADD, (NONE,)), (BLOCK, ()), (REMOVE, (ok(Owner=OWNER, Grants=[FULL]),))],
    ids=["policy", "block", "acl"],
)
def test_a_bucket_that_is_gone_is_gone(step: Step, answers: tuple[Answer, ...]) -> None:
    with pytest.raises(NotFound):
        held(step, *answers, NO_BUCKET)


def test_what_s3_blocks_is_refused_for_good_and_any_other_denial_may_pass() -> None:
    with pytest.raises(Refused, match="BlockPublicPolicy"):
        held(ADD, ok(Policy=policy(PUBLIC)), BLOCKED)
    with pytest.raises(AccessDenied):
        held(ADD, ok(Policy=policy(PUBLIC)), DENIED)


def test_only_public_grants_go_and_the_owner_stays() -> None:
    partner = {"Type": "CanonicalUser", "ID": "ab" * 32, "DisplayName": "partner"}
    other = {"Grantee": partner, "Permission": "READ"}
    (_, call), _ = held(REMOVE, ok(Owner=OWNER, Grants=[FULL, READ_BY_ALL, other]), ok())
    assert call.parameters["AccessControlPolicy"] == {"Owner": OWNER, "Grants": [FULL, other]}


def test_the_undo_grants_again_beside_what_is_there_now() -> None:
    (_, call), _ = held(REMOVE.inverse(), ok(Owner=OWNER, Grants=[FULL]), ok())
    assert call.parameters["AccessControlPolicy"] == {"Owner": OWNER, "Grants": [FULL, READ_BY_ALL]}


def test_grants_are_refused_where_acls_are_disabled() -> None:
    with pytest.raises(Refused):
        held(REMOVE, ok(Owner=OWNER, Grants=[FULL]), Failed("AccessControlListNotSupported", "disabled"))


def test_the_policy_is_merged_before_the_block_and_the_block_lifted_before_anything_public_returns() -> None:
    """S3 takes neither a public policy nor public grants while it blocks them."""
    forth = [[type(step).__name__ for step in wave] for wave in dependency_levels((BLOCK, ADD, REMOVE))]
    assert forth == [["AddTlsStatement", "SetPublicGrants"], ["SetPublicAccessBlock"]]
    back = dependency_levels((ADD.inverse(), REMOVE.inverse(), BLOCK.inverse()))
    assert [[type(step).__name__ for step in wave] for wave in back] == [
        ["SetPublicAccessBlock"],
        ["RemoveTlsStatement", "SetPublicGrants"],
    ]


def test_each_setting_of_the_block_is_named_before_and_after() -> None:
    before, after = BLOCK.diff()
    assert before == (
        "BlockPublicAcls on, IgnorePublicAcls off, BlockPublicPolicy off, RestrictPublicBuckets off"
    )
    assert "off" not in after
    (call,), _ = held(BLOCK, ok())
    assert call.parameters["PublicAccessBlockConfiguration"] == dict(ALL_ON.configuration)


def test_a_setting_that_somebody_changed_meanwhile_is_drifted() -> None:
    world = bucket(PublicAccessBlock(BlockSettings(restrict=True)))
    assert BLOCK.state(world) is State.DRIFTED
    assert BLOCK.actual(world).endswith("RestrictPublicBuckets on")


def test_what_s3_does_not_show_cannot_be_told_yet() -> None:
    assert BLOCK.state(bucket(PublicAccessBlock(readable=False))) is State.SETTLING
    assert ADD.state(bucket(BucketPolicy(readable=False))) is State.SETTLING


def test_a_key_comes_with_a_bucket_key_and_what_the_bucket_does_not_take_stays_so() -> None:
    step = SetBucketEncryption(BUCKET, None, Encryption(KMS, KEY, bucket_key=True, blocked=("SSE-C",)))
    (call,), _ = held(step, ok())
    (rule,) = call.parameters["ServerSideEncryptionConfiguration"]["Rules"]  # type: ignore[index]  # a dict
    assert rule == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": KMS, "KMSMasterKeyID": KEY},
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }


def test_where_no_default_was_it_is_deleted_again_and_s3s_own_is_as_good_as_none() -> None:
    step = SetBucketEncryption(BUCKET, Encryption(KMS, KEY), None)
    (call,), _ = held(step, ok())
    assert call.operation == "DeleteBucketEncryption"
    assert step.state(bucket(BucketEncryption(Encryption("AES256")))) is State.AFTER


def test_versioning_goes_no_further_back_than_suspended() -> None:
    step = SetBucketVersioning(BUCKET, "", "Enabled")
    (call,), done = held(step.inverse(), ok())
    assert call.parameters["VersioningConfiguration"] == {"Status": "Suspended"}
    assert "cannot return a bucket to the state before" in done.note


def test_a_target_that_s3_does_not_take_is_refused() -> None:
    step = SetAccessLogging(BUCKET, None, LogTarget("logs", "shop-pictures/"))
    with pytest.raises(Refused, match="no such"):
        held(step, Failed("InvalidTargetBucketForLogging", "no such bucket"))
    (call,), _ = held(step.inverse(), ok())
    assert call.parameters["BucketLoggingStatus"] == {}
