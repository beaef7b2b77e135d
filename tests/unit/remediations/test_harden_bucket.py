"""What is done to a bucket, because of which report, and what is only said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.access_analyzer import public_event
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import detail, event
from ringfence.model.call import Failed
from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.kinds.bucket import BucketRef
from ringfence.observations.s3.acl import ALL_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import ALL_ON, BlockSettings, PublicAccessBlock
from ringfence.observations.s3.deliveries import LOG_DELIVERY
from ringfence.observations.s3.encryption import KMS, BucketEncryption, Encryption
from ringfence.observations.s3.log_bucket import LogBucketUse
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import SID, tls_statement
from ringfence.observations.s3.use import BucketPast, BucketUse
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.protection import Exempt
from ringfence.policy.rules import Rule
from ringfence.policy.selection import portions
from ringfence.remediations.block_bucket_public_access import block_bucket_public_access
from ringfence.remediations.encrypt_bucket import encrypt_bucket
from ringfence.remediations.log_bucket_access import AccessLogging, LogTarget, log_bucket_access
from ringfence.remediations.remove_public_grants import remove_public_grants
from ringfence.remediations.require_tls import require_tls
from ringfence.remediations.version_bucket import BucketVersioning, version_bucket
from ringfence.runbooks import load
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from ringfence.steps.s3.block import SetPublicAccessBlock
from ringfence.steps.s3.encryption import SetBucketEncryption
from tests.support.parsing import parse
from tests.support.strategies.buckets import BUCKET, KEY, KEY_ELSEWHERE, LOGS, STRANGE_KEY, bucket, incident

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.remediation import Remediation

CALL, RULE = "CloudTrail:s3:{}", "Config:{}"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Sid": "Shop"}
PARTNER = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "*"}
ANYONE = BucketPolicy(canonical({"Statement": [OPEN, PARTNER]}))
READ = BucketAcl(frozenset({Grant(ALL_USERS, "READ"), Grant("ab" * 32, "READ")}))


# Which report is answered by what


def parsed(event: dict[str, Any]) -> Finding:
    found = parse(event)
    assert not isinstance(found, str)
    return found  # type: ignore[return-value]  # not one that is not for us


def by_call(name: str) -> Finding:
    parameters = {"bucketName": BUCKET.id, "Host": f"{BUCKET.id}.s3.eu-west-1.amazonaws.com"}
    if name == "CreateBucket":  # of others it is not told
        parameters["x-amz-acl"] = "public-read"
    return parsed(call_event("s3", name, parameters, account=BUCKET.account, region=BUCKET.region))


def by_rule(name: str) -> Finding:
    return parsed(verdict(name, "AWS::S3::Bucket", BUCKET.id, BUCKET.account, BUCKET.region))


SHARED = "ExternalAccess:AWS::S3::Bucket/Public"
BLOCK, GRANTS, TLS = "block-bucket-public-access", "remove-public-grants", "require-tls"
CALLS = {
    "CreateBucket": {BLOCK, GRANTS},
    "PutBucketPolicy": {BLOCK, TLS, "report-foreign-access"},
    "DeleteBucketPolicy": {TLS},
    "PutBucketAcl": {BLOCK, GRANTS},
    "PutBucketPublicAccessBlock": {BLOCK},
    "DeleteBucketPublicAccessBlock": {BLOCK},
    "PutBucketEncryption": {"encrypt-bucket"},
    "DeleteBucketEncryption": {"encrypt-bucket"},
    "PutBucketVersioning": {"version-bucket"},
    "PutBucketLogging": {"log-bucket-access"},
    "PutBucketLifecycle": {"report-log-bucket"},
    "PutBucketLifecycleConfiguration": {"report-log-bucket"},
    "DeleteBucket": {"report-log-bucket"},
}
RULES = {
    "s3-bucket-public-read-prohibited": {BLOCK, GRANTS},
    "s3-bucket-public-write-prohibited": {BLOCK, GRANTS},
    "s3-bucket-level-public-access-prohibited": {BLOCK},
    "s3-bucket-ssl-requests-only": {TLS},
    "s3-bucket-server-side-encryption-enabled": {"encrypt-bucket"},
    "s3-default-encryption-kms": {"encrypt-bucket"},
    "s3-bucket-versioning-enabled": {"version-bucket"},
    "s3-bucket-logging-enabled": {"log-bucket-access"},
}
GUARDDUTY = {
    "Policy:S3/BucketAnonymousAccessGranted": {BLOCK, GRANTS},
    "Policy:S3/BucketPublicAccessGranted": {BLOCK, GRANTS},
    "Policy:S3/BucketBlockPublicAccessDisabled": {BLOCK},
    "Stealth:S3/ServerAccessLoggingDisabled": {"log-bucket-access"},
}


def answered(finding: Finding) -> set[str]:
    """Return the remediations that answer a finding."""
    assert finding.subjects == (BUCKET,)
    return {one.id for one in HARDEN_BUCKET.remediations if any(t.matches(finding) for t in one.triggers)}


@pytest.mark.parametrize("name", CALLS)
def test_a_recorded_call_is_answered_by_what_it_is_about(name: str) -> None:
    assert answered(by_call(name)) == CALLS[name]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("affixed", ["{}", "securityhub-{}-4f2a9c1e", "{}-conformance-pack-q7w2ex"])
def test_a_verdict_is_answered_by_what_it_is_about(name: str, affixed: str) -> None:
    finding = by_rule(affixed.format(name))
    assert answered(finding) == RULES[name]
    assert finding.rule
    assert finding.rule.identifier == name.upper().replace("-", "_")


@pytest.mark.parametrize("name", GUARDDUTY)
def test_a_finding_of_guardduty_is_answered_by_what_it_is_about(name: str) -> None:
    arn = f"arn:aws:s3:::{BUCKET.id}"
    resource = {"resourceType": "S3Bucket", "s3BucketDetails": [{"arn": arn, "name": BUCKET.id}]}
    made = {**detail(name, resource, role=None), "accountId": BUCKET.account, "region": BUCKET.region}
    assert answered(parsed(event(made))) == GUARDDUTY[name]


def test_a_public_bucket_of_access_analyzer_is_answered_by_what_makes_it_private() -> None:
    place = {"accountId": BUCKET.account, "region": BUCKET.region}
    made = public_event("AWS::S3::Bucket", f"arn:aws:s3:::{BUCKET.id}")
    found = parsed({**made, "detail": {**made["detail"], **place}})
    assert found.type == SHARED
    assert [one for one in found.subjects if isinstance(one, BucketRef)] == [BUCKET]
    assert {one.id for one in HARDEN_BUCKET.remediations if any(t.matches(found) for t in one.triggers)} == {
        BLOCK,
        GRANTS,
    }


def test_every_type_that_the_runbook_answers_is_shown_here() -> None:
    shown = {*map(CALL.format, CALLS), *map(RULE.format, RULES), *GUARDDUTY, SHARED}
    assert {name for trigger in HARDEN_BUCKET.triggers for name in trigger.types} == shown


# Reports

ELSEWHERE = {
    "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::999988887777:root", "arn:aws:iam::111122223333:role/web"]},
    "Action": "s3:GetObject",
    "Resource": "*",
}
BY_MALLORY = ("arn:aws:iam::111122223333:user/mallory",)


def reviews(id_: str, world: ResourceState, at: Incident) -> str:
    at, one = replace(at, suspects=BY_MALLORY), load(id_)
    return " | ".join((*one.review_items(world, at), *one.residual_risks(world, at)))


def test_of_another_account_that_a_policy_lets_in_a_person_is_told_and_who_did_it() -> None:
    world = bucket(BucketPolicy(json.dumps({"Statement": ELSEWHERE})))
    said = reviews("report-foreign-access", world, incident(CALL.format("PutBucketPolicy")))
    assert "lets principals of other accounts in: arn:aws:iam::999988887777:root;" in said
    assert "user/mallory did it" in said


@pytest.mark.parametrize(
    ("policy", "at"),
    [
        (ELSEWHERE, incident(CALL.format("PutBucketPolicy"), known="999988887777")),
        (ELSEWHERE, incident(RULE.format("s3-bucket-ssl-requests-only"))),
        ({**ELSEWHERE, "Effect": "Deny"}, incident(CALL.format("PutBucketPolicy"))),
        ({**ELSEWHERE, "Principal": {"AWS": "111122223333"}}, incident(CALL.format("PutBucketPolicy"))),
    ],
)
def test_who_is_known_or_was_let_in_before_is_not_reported(policy: dict[str, object], at: Incident) -> None:
    world = bucket(BucketPolicy(json.dumps({"Statement": policy})))
    assert reviews("report-foreign-access", world, at) == ""


@pytest.mark.parametrize(
    ("name", "said"), [("PutBucketLifecycle", "a rule deletes logs"), ("DeleteBucket", "create it again")]
)
@pytest.mark.parametrize(
    "use",
    [LogBucketUse(trails=frozenset({"all"})), LogBucketUse(writers=frozenset({"cloudtrail.amazonaws.com"}))],
)
def test_who_deletes_the_logs_in_a_bucket_is_reported(name: str, said: str, use: LogBucketUse) -> None:
    told = reviews("report-log-bucket", bucket(use), incident(CALL.format(name)))
    assert said in told
    assert "user/mallory did it" in told
    assert load("report-log-bucket").plan(bucket(use), incident(CALL.format(name))) == ()


@pytest.mark.parametrize("name", ["PutBucketLifecycle", "DeleteBucket"])
def test_a_bucket_without_logs_is_nobodys_concern(name: str) -> None:
    assert reviews("report-log-bucket", bucket(), incident(CALL.format(name))) == ""


@pytest.mark.parametrize(
    ("policy", "trails", "seen"),
    [
        (
            Failed("NoSuchBucket", ""),
            [{"Name": "all", "S3BucketName": BUCKET.id}],
            LogBucketUse(frozenset({"all"})),
        ),
        (Failed("NoSuchBucketPolicy", ""), [{"Name": "all", "S3BucketName": "other"}], LogBucketUse()),
        (
            Document(
                {
                    "Policy": json.dumps(
                        {
                            "Statement": {
                                "Effect": "Allow",
                                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                            }
                        }
                    )
                }
            ),
            [],
            LogBucketUse(writers=frozenset({"cloudtrail.amazonaws.com"})),
        ),
        (Document({"Policy": "{"}), [{"Name": "all"}], LogBucketUse()),
    ],
)
def test_a_log_bucket_is_known_by_the_trails_and_by_its_policy(
    policy: object, trails: list[dict[str, str]], seen: LogBucketUse
) -> None:
    reading = LogBucketUse.read(BUCKET, ())
    assert [call.operation for call in next(reading)] == ["GetBucketPolicy", "DescribeTrails"]
    with pytest.raises(StopIteration) as ended:
        reading.send((policy, Document({"trailList": trails})))  # type: ignore[arg-type]  # what the cloud answers
    assert ended.value.value == seen


# The block


@pytest.mark.parametrize("name", ["PutBucketPolicy", "PutBucketAcl"])
def test_a_change_that_makes_nothing_public_needs_nothing(name: str) -> None:
    world = bucket(BucketPolicy(json.dumps({"Statement": PARTNER})))
    assert block_bucket_public_access.plan(world, incident(CALL.format(name))) == ()


@pytest.mark.parametrize("name", [CALL.format("PutBucketPolicy"), SHARED])
@pytest.mark.parametrize("facet", [ANYONE, READ, BucketPolicy("no policy"), BucketPolicy(readable=False)])
def test_a_public_bucket_is_blocked_and_in_doubt_it_is_public(
    facet: BucketPolicy | BucketAcl, name: str
) -> None:
    (step,) = block_bucket_public_access.plan(bucket(facet), incident(name))
    assert step == SetPublicAccessBlock(BUCKET, BlockSettings(), ALL_ON)


def test_public_access_that_no_setting_of_the_bucket_gives_is_told_and_changes_nothing() -> None:
    private = bucket()
    assert block_bucket_public_access.plan(private, incident(SHARED)) == ()
    (said,) = block_bucket_public_access.review_items(private, incident(SHARED))
    assert "an access point can" in said
    assert block_bucket_public_access.review_items(private, incident(CALL.format("PutBucketPolicy"))) == ()
    on = PublicAccessBlock(ALL_ON)
    for ended in (bucket(on), bucket(on, ANYONE), bucket(ANYONE)):
        assert block_bucket_public_access.review_items(ended, incident(SHARED)) == ()


@pytest.mark.parametrize(
    "name",
    [
        CALL.format("DeleteBucketPublicAccessBlock"),
        CALL.format("PutBucketPublicAccessBlock"),
        RULE.format("s3-bucket-level-public-access-prohibited"),
        "Policy:S3/BucketBlockPublicAccessDisabled",
    ],
)
def test_settings_that_are_off_are_put_back_whether_or_not_anything_is_public(name: str) -> None:
    off = bucket(PublicAccessBlock(BlockSettings(block_acls=True, ignore_acls=True)))
    assert block_bucket_public_access.plan(off, incident(name))
    assert block_bucket_public_access.plan(bucket(PublicAccessBlock(ALL_ON)), incident(name)) == ()


def test_a_person_who_asks_by_hand_means_the_settings() -> None:
    assert block_bucket_public_access.plan(bucket(), incident())


def test_it_is_said_what_is_public_through_what_and_who_is_shut_out() -> None:
    made = incident(CALL.format("PutBucketPolicy"))
    public, shut_out = block_bucket_public_access.residual_risks(bucket(ANYONE), made)
    assert public == (
        f"bucket {BUCKET.id} is public: statement 1 (Shop) of the bucket policy allows anyone s3:GetObject"
    )
    assert shut_out.endswith("also lose their access: 444455556666")


def test_once_blocked_it_is_said_what_would_be_public_again() -> None:
    made = incident(CALL.format("PutBucketPolicy"))
    blocked = bucket(ANYONE, PublicAccessBlock(ALL_ON), BucketAcl(enforced=True))
    words = block_bucket_public_access.residual_risks(blocked, made)
    assert "still has public statements" in words[0]
    assert not any("is public" in one for one in words)


def test_of_acls_that_s3_ignores_it_is_said_that_it_does_not_show_them() -> None:
    blocked = bucket(PublicAccessBlock(ALL_ON))
    (words,) = block_bucket_public_access.residual_risks(blocked, incident(CALL.format("PutBucketAcl")))
    assert "shows no public grants" in words
    assert block_bucket_public_access.residual_risks(blocked, incident(CALL.format("PutBucketPolicy"))) == ()


def test_settings_that_are_not_shown_are_for_a_person() -> None:
    hidden = bucket(PublicAccessBlock(readable=False), ANYONE)
    assert block_bucket_public_access.plan(hidden, incident()) == ()
    (words,) = block_bucket_public_access.review_items(hidden, incident())
    assert "root user" in words


# Public on purpose


@pytest.mark.parametrize(
    ("use", "past"),
    [
        (BucketUse(tag="yes"), BucketPast(tag="yes")),
        (BucketUse(website=True), BucketPast(website=True)),
    ],
    ids=["tag", "website"],
)
@pytest.mark.parametrize("one", [block_bucket_public_access, remove_public_grants], ids=lambda one: one.id)
def test_only_what_a_bucket_has_said_for_long_makes_it_a_dry_run(
    one: Remediation, use: BucketUse, past: BucketPast
) -> None:
    """Whoever makes a bucket public can tag it at the same moment. The plan is made in either case."""
    for world, cautious in (
        (bucket(ANYONE, READ, use, past), True),
        (bucket(ANYONE, READ, use), False),
        (bucket(ANYONE, READ, past), False),
        (bucket(ANYONE, READ), False),
    ):
        assert bool(one.reasons_to_downgrade(world, incident())) is cautious
        assert one.plan(world, incident())
        told = " ".join(one.residual_risks(world, incident()))
        assert ("30 days ago" in told) is (use in world.observations.values() and not cautious)


def test_a_website_knows_no_tls_and_a_tag_is_no_reason_against_it() -> None:
    assert require_tls.reasons_to_downgrade(bucket(BucketUse(website=True)), incident())
    assert require_tls.reasons_to_downgrade(bucket(BucketUse(tag="yes")), incident()) == ()


def policy(*exempt: Exempt, allow: tuple[str, ...] = ()) -> Policy:
    """A policy that does everything at once."""
    answers = tuple(sorted(HARDEN_BUCKET.answers_by_type().items()))
    held = tuple(one.id for one in HARDEN_BUCKET.remediations if one.workload_risk and one.id not in allow)
    settings = RunbookSettings(HARDEN_BUCKET.ids, HARDEN_BUCKET.choose({}), held, answers)
    runbooks = ((HARDEN_BUCKET.id, settings),)
    return Policy((BUCKET.account,), rules=(Rule(Mode.AUTO),), runbooks=runbooks, exempt=exempt)


def test_a_bucket_that_the_reviewed_file_lists_is_left_and_a_person_told() -> None:
    listed = Exempt(f"bucket/*/*/{BUCKET.id}", "our public pictures")
    (share,) = portions(policy(listed), HARDEN_BUCKET, by_call("PutBucketAcl"), BUCKET)
    assert share.decision.mode is Mode.NOTIFY
    assert "our public pictures" in share.decision.reason


def test_what_can_break_a_workload_stays_a_dry_run_beside_what_is_done() -> None:
    acting, waiting = portions(policy(), HARDEN_BUCKET, by_call("PutBucketPolicy"), BUCKET)
    assert (acting.decision.mode, waiting.decision.mode) == (Mode.AUTO, Mode.DRY_RUN)
    assert BLOCK in acting.runbook.ids
    assert TLS not in acting.runbook.ids
    assert waiting.runbook.ids == (TLS,)
    (alone,) = portions(policy(allow=(TLS,)), HARDEN_BUCKET, by_call("PutBucketPolicy"), BUCKET)
    assert {BLOCK, TLS} <= set(alone.runbook.ids)


# The ACL


def test_no_grant_is_taken_where_acls_are_disabled() -> None:
    assert remove_public_grants.plan(bucket(BucketAcl(READ.grants, enforced=True)), incident()) == ()
    assert len(remove_public_grants.plan(bucket(READ), incident())) == 1


# TLS


def test_a_policy_that_keeps_tls_needs_nothing() -> None:
    kept = BucketPolicy(canonical({"Statement": [PARTNER, tls_statement(BUCKET.id, "TheirOwn")]}))
    assert require_tls.plan(bucket(kept), incident()) == ()
    assert require_tls.residual_risks(bucket(kept), incident()) == ()


def test_of_a_plan_that_requires_tls_a_person_is_told_where_it_is_seen_who_speaks_none() -> None:
    (words,) = require_tls.residual_risks(bucket(BucketPolicy("")), incident())
    assert f"clients without TLS lose their access to bucket {BUCKET.id}" in words
    assert "tlsDetails" in words


def test_a_policy_that_is_not_understood_is_for_a_person() -> None:
    world = bucket(BucketPolicy("no policy"))
    assert require_tls.plan(world, incident()) == ()
    assert require_tls.review_items(world, incident())


def test_our_statement_gets_an_id_that_is_free() -> None:
    taken = BucketPolicy(canonical({"Statement": [{**PARTNER, "Sid": SID}]}))
    (step,) = require_tls.plan(bucket(taken), incident())
    assert step.target.endswith(f"/{SID}2")


# Encryption

REFUSING = Encryption("AES256", blocked=("SSE-C",))


@pytest.mark.parametrize(
    ("found", "chosen", "becomes"),
    [
        (None, "AES256", Encryption("AES256")),
        (Encryption("AES256"), "AES256", None),
        (Encryption(KMS, STRANGE_KEY), "AES256", None),
        (None, KEY, Encryption(KMS, KEY, bucket_key=True)),
        (Encryption("AES256"), KEY, Encryption(KMS, KEY, bucket_key=True)),
        (REFUSING, KEY, Encryption(KMS, KEY, bucket_key=True, blocked=("SSE-C",))),
        (Encryption(KMS), KEY, None),
        (Encryption("aws:kms:dsse", KEY[:-1] + "0"), KEY, None),
        (Encryption(KMS, STRANGE_KEY), KEY, Encryption(KMS, KEY, bucket_key=True)),
        (Encryption(KMS, STRANGE_KEY), STRANGE_KEY, None),
        (Encryption("AES256"), KEY_ELSEWHERE, None),
    ],
)
def test_what_is_encrypted_well_enough_is_left(
    found: Encryption | None, chosen: str, becomes: Encryption | None
) -> None:
    steps = encrypt_bucket.plan(bucket(BucketEncryption(found)), incident(encryption=chosen))
    assert [getattr(step, "after", None) for step in steps] == ([becomes] if becomes else [])


@pytest.mark.parametrize(
    ("found", "chosen", "words"),
    [
        (Encryption("AES256"), "AES256", "set the key in the policy"),
        (Encryption(KMS, STRANGE_KEY), "AES256", "of account 444455556666"),
        (Encryption("AES256"), KEY_ELSEWHERE, "the key in the policy is in us-east-2"),
    ],
)
def test_what_only_a_person_can_judge_is_said(found: Encryption, chosen: str, words: str) -> None:
    made = incident(RULE.format("s3-default-encryption-kms"), encryption=chosen)
    (said,) = encrypt_bucket.review_items(bucket(BucketEncryption(found)), made)
    assert words in said


def delivers(principal: object, *, path: str = "", action: str = "s3:PutObject") -> BucketPolicy:
    resource = f"arn:aws:s3:::{BUCKET.id}/{path}*"
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return BucketPolicy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize(
    ("facet", "words"),
    [
        (delivers({"Service": "logging.s3.amazonaws.com"}), "logging.s3.amazonaws.com"),
        (delivers({"Service": ["cloudtrail.amazonaws.com"]}), "cloudtrail.amazonaws.com"),
        (delivers({"Service": "delivery.logs.amazonaws.com"}, action="s3:*"), "delivery.logs.amazonaws.com"),
        (delivers({"AWS": "arn:aws:iam::127311923021:root"}, path="web/AWSLogs/1/"), "a load balancer"),
        (BucketAcl(frozenset({Grant(LOG_DELIVERY, "WRITE")})), "its ACL"),
        (BucketPolicy(readable=False), "not readable"),
        (BucketPolicy("{"), "not readable"),
    ],
)
def test_a_bucket_that_receives_logs_gets_no_key_that_could_stop_them(facet: Observation, words: str) -> None:
    made = incident(RULE.format("s3-default-encryption-kms"), encryption=KEY)
    for found, after in ((Encryption("AES256"), []), (None, [Encryption("AES256")])):
        world = bucket(BucketEncryption(found), facet)
        assert [getattr(step, "after", None) for step in encrypt_bucket.plan(world, made)] == after
        (said,) = encrypt_bucket.review_items(world, made)
        assert "can stop their delivery" in said
        assert words in said
    kept = bucket(BucketEncryption(Encryption(KMS, KEY)), facet)
    assert encrypt_bucket.review_items(kept, made) == ()


def test_the_policys_own_log_bucket_gets_no_key_either() -> None:
    choices = HARDEN_BUCKET.choose({"default-encryption": KEY, "access-log-bucket": BUCKET.id})
    world = bucket(BucketEncryption(Encryption("AES256")))
    assert encrypt_bucket.plan(world, replace(incident(), choices=choices)) == ()


@pytest.mark.parametrize(
    "facet",
    [
        delivers({"AWS": "arn:aws:iam::111122223333:role/uploads"}),
        delivers({"Service": "cloudfront.amazonaws.com"}, action="s3:GetObject"),
        BucketAcl(frozenset({Grant(LOG_DELIVERY, "WRITE")}), enforced=True),
    ],
)
def test_a_bucket_that_others_use_gets_the_key(facet: Observation) -> None:
    world = bucket(BucketEncryption(Encryption("AES256")), facet)
    (step,) = encrypt_bucket.plan(world, incident(encryption=KEY))
    assert isinstance(step, SetBucketEncryption)


def test_a_key_is_named_by_its_arn_alone() -> None:
    choice, _ = encrypt_bucket.options
    assert choice.allows(KEY)
    assert not any(map(choice.allows, ("alias/shop", "", KEY[-36:], f"{KEY} ", "aws:kms")))


# Versions


def test_versions_are_kept_unless_only_root_can_say_so() -> None:
    assert version_bucket.plan(bucket(BucketVersioning("Suspended")), incident())
    guarded = bucket(BucketVersioning("Suspended", mfa_delete=True))
    assert version_bucket.plan(guarded, incident()) == ()
    assert "root" in version_bucket.review_items(guarded, incident())[0]


def test_the_undo_says_that_nothing_leads_back_to_never() -> None:
    (step,) = version_bucket.plan(bucket(BucketVersioning()), incident())
    assert step.diff() == ("never enabled", "Enabled")
    assert step.inverse().describe() == f"suspend versioning of bucket {BUCKET.id}; existing versions stay"


# Access logs


@pytest.mark.parametrize(
    ("target", "planned", "said"),
    [("", False, "set a log bucket"), (BUCKET.id, False, "is the log bucket"), (LOGS, True, "")],
)
def test_requests_are_logged_to_another_bucket_that_the_policy_names(
    target: str,
    planned: bool,  # noqa: FBT001 - a case
    said: str,
) -> None:
    world, made = bucket(AccessLogging()), incident(logs=target)
    assert bool(log_bucket_access.plan(world, made)) is planned
    assert bool(log_bucket_access.review_items(world, made)) is not planned
    assert said in "".join(log_bucket_access.review_items(world, made))


def test_each_bucket_logs_under_its_name_and_a_target_that_is_there_is_left() -> None:
    (step,) = log_bucket_access.plan(bucket(AccessLogging()), incident(logs=LOGS))
    assert getattr(step, "after", None) == LogTarget(LOGS, f"{BUCKET.id}/")
    elsewhere = bucket(AccessLogging(LogTarget("others", "x/")))
    assert log_bucket_access.plan(elsewhere, incident(logs=LOGS)) == ()


def test_only_a_bucket_can_be_hardened() -> None:
    assert HARDEN_BUCKET.subject is BucketRef
    assert HARDEN_BUCKET.closes_when_complete
