"""Buckets that break compliance, put right by the deployed functions with IAM enforced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty_callers import bucket_finding
from ringfence.model.kinds.bucket import BucketRef
from ringfence.observations.logging.evaluation import RuleStep
from ringfence.observations.s3.block import ALL_ON
from ringfence.observations.s3.tls import requires_tls, tls_statement
from ringfence.observations.s3.use import PUBLIC_TAG
from ringfence.record.facts import Closed, DecisionMade, FindingReceived, Planned, Released, Verified
from tests.e2e.compliance import ACCESS_LOGS, BUCKET_KEY
from tests.e2e.world import until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "harden-bucket"
RULES = {
    "tls": ("s3-bucket-ssl-requests-only", "S3_BUCKET_SSL_REQUESTS_ONLY"),
    "encryption": ("s3-default-encryption-kms-conformance-pack-q7w2ex", "S3_DEFAULT_ENCRYPTION_KMS"),
    "versions": ("s3-bucket-versioning-enabled", "S3_BUCKET_VERSIONING_ENABLED"),
    "logs": ("s3-bucket-logging-enabled", "S3_BUCKET_LOGGING_ENABLED"),
}


@dataclass(frozen=True)
class Storage:
    """Where buckets are made, judged and looked at."""

    compliance: Compliance

    @property
    def s3(self) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.compliance.world.client("s3")

    def bucket(self, prefix: str = "b-") -> BucketRef:
        """Make a bucket whose ACL counts."""
        local = self.compliance.world.local
        name = prefix + self.compliance.world.builder().name.lower()
        self.make(name)
        return BucketRef(local.account, local.region, name)

    def make(self, name: str) -> None:
        location = {"LocationConstraint": self.compliance.world.local.region}
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=location, ObjectOwnership="ObjectWriter")

    def opened(self) -> BucketRef:
        """Make a bucket that nothing is blocked of, and of which no event tells."""
        ref = self.bucket()
        with self.compliance.silent("harden-bucket"):
            self.s3.delete_public_access_block(Bucket=ref.id)
        return ref

    def tag(self, ref: BucketRef) -> None:
        tags = {"TagSet": [{"Key": PUBLIC_TAG, "Value": "yes"}]}
        self.s3.put_bucket_tagging(Bucket=ref.id, Tagging=tags)

    def judge(self, rule: str, ref: BucketRef) -> None:
        """Let the managed rule judge a bucket."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = verdict(RULES[rule][0], "AWS::S3::Bucket", ref.id, ref.account, ref.region, at=at)
        self.compliance.put(entry(event))

    def block(self, ref: BucketRef) -> Any:  # noqa: ANN401 - an answer of S3
        try:
            found = self.s3.get_public_access_block(Bucket=ref.id)["PublicAccessBlockConfiguration"]
        except ClientError:
            return None
        return found if any(found.values()) else None

    def policy(self, ref: BucketRef) -> Any:  # noqa: ANN401 - an answer of S3
        try:
            return json.loads(self.s3.get_bucket_policy(Bucket=ref.id)["Policy"])
        except ClientError:
            return None

    def over(self, ref: BucketRef) -> History:
        return self.compliance.over(RUNBOOK, ref)

    def decided(self, ref: BucketRef) -> History:
        return self.compliance.when(RUNBOOK, ref, lambda found: bool(found.last(DecisionMade)), "decided")

    def release(self, ref: BucketRef) -> None:
        """Undo the newest incident by hand, and prove its chain."""
        history = self.compliance.history(RUNBOOK, ref)
        done = self.compliance.hand.types("release", history.incident, "--yes", "--reason", "it is wanted so")
        assert done.returncode == 0, done.stdout + done.stderr
        after = self.compliance.history(RUNBOOK, ref)
        assert (after.incident, bool(after.last(Released))) == (history.incident, True)
        checked = self.compliance.verdict(RUNBOOK, ref)
        assert checked.sound, checked.claim
        assert checked.archived == checked.entries, checked.claim


def next_second() -> None:
    """Wait until what is called now is recorded as later than what has been: CloudTrail counts in seconds."""
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    until(lambda: datetime.now(UTC) > later, "the next second has begun")


def anyone(ref: BucketRef) -> dict[str, object]:
    """A policy that lets anyone read, and requires TLS."""
    read = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{ref.id}/*",
    }
    return {"Version": "2012-10-17", "Id": "shop", "Statement": [read, tls_statement(ref.id, "Ours")]}


@pytest.fixture(scope="module")
def storage(compliance: Compliance) -> Storage:
    """Managed rules, and the bucket for the logs."""
    found = Storage(compliance)
    for name, identifier in RULES.values():
        rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}
        compliance.world.client("config").put_config_rule(ConfigRule=rule)
    found.make(ACCESS_LOGS)
    return found


@pytest.mark.shows("block-bucket-public-access")
def test_settings_that_were_taken_away_are_put_back_and_a_public_policy_is_shut_out(storage: Storage) -> None:
    """Each by the call that the owner made; calls of our own, of the release neither, are not answered."""
    ref = storage.bucket()
    storage.s3.delete_public_access_block(Bucket=ref.id)
    first = storage.over(ref).incident
    assert storage.block(ref) == dict(ALL_ON.configuration)
    storage.release(ref)
    assert storage.block(ref) is None

    next_second()
    storage.s3.put_bucket_policy(Bucket=ref.id, Policy=json.dumps(anyone(ref)))
    second = storage.compliance.when(
        RUNBOOK, ref, lambda found: found.incident != first and bool(found.completed_at), "complete again"
    )
    words = [words for plan in second.of(Planned) for words in plan.exposure]
    assert any("allows anyone s3:GetObject" in one for one in words)
    assert storage.block(ref) == dict(ALL_ON.configuration)
    assert storage.policy(ref) == anyone(ref)
    assert storage.s3.get_bucket_versioning(Bucket=ref.id).get("Status") is None
    storage.release(ref)
    assert storage.block(ref) is None


def test_a_finding_of_guardduty_about_the_settings_turns_them_on(storage: Storage) -> None:
    ref = storage.opened()
    assert storage.block(ref) is None
    event = bucket_finding("Policy:S3/BucketBlockPublicAccessDisabled")
    named = {"name": ref.id, "arn": f"arn:aws:s3:::{ref.id}"}
    detail = event["detail"]
    (bucket,) = detail["resource"]["s3BucketDetails"]
    bucket.update(named)
    detail.update({"accountId": ref.account, "region": ref.region})
    storage.compliance.put(entry(event))
    *_, received = storage.over(ref).of(FindingReceived)
    assert received.finding.type == "Policy:S3/BucketBlockPublicAccessDisabled"
    assert storage.block(ref) == dict(ALL_ON.configuration)
    storage.release(ref)
    assert storage.block(ref) is None


@pytest.mark.shows("remove-public-grants")
def test_public_grants_are_taken_out_of_an_acl_and_no_other(storage: Storage) -> None:
    ref = storage.opened()
    before = storage.s3.get_bucket_acl(Bucket=ref.id)["Grants"]
    storage.s3.put_bucket_acl(Bucket=ref.id, ACL="public-read")
    storage.over(ref)
    assert storage.s3.get_bucket_acl(Bucket=ref.id)["Grants"] == before
    assert storage.block(ref) == dict(ALL_ON.configuration)
    storage.release(ref)
    granted = storage.s3.get_bucket_acl(Bucket=ref.id)["Grants"]
    assert [one["Permission"] for one in granted if one["Grantee"]["Type"] == "Group"] == ["READ"]


@pytest.mark.shows("require-tls", "encrypt-bucket", "version-bucket", "log-bucket-access")
def test_verdicts_of_config_are_put_right_one_by_one_and_a_release_gives_it_back(storage: Storage) -> None:
    refs = {rule: storage.bucket() for rule in RULES}
    for rule, ref in refs.items():
        storage.judge(rule, ref)
    steps = {
        rule: [step.describe() for step in storage.over(ref).steps() if not step.irreversible]
        for rule, ref in refs.items()
    }
    assert {rule: len(words) for rule, words in steps.items()} == dict.fromkeys(RULES, 1)
    s3 = storage.s3
    assert requires_tls(storage.policy(refs["tls"]), refs["tls"].id)
    encryption = s3.get_bucket_encryption(Bucket=refs["encryption"].id)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == BUCKET_KEY
    assert s3.get_bucket_versioning(Bucket=refs["versions"].id)["Status"] == "Enabled"
    logged = s3.get_bucket_logging(Bucket=refs["logs"].id)["LoggingEnabled"]
    assert logged == {"TargetBucket": ACCESS_LOGS, "TargetPrefix": f"{refs['logs'].id}/"}

    for ref in refs.values():
        storage.release(ref)
    assert storage.policy(refs["tls"]) is None
    encryption = s3.get_bucket_encryption(Bucket=refs["encryption"].id)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_versioning(Bucket=refs["versions"].id)["Status"] == "Suspended"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=refs["logs"].id)


def test_a_bucket_that_is_public_by_the_reviewed_file_is_left_and_one_that_says_so_itself_is_not(
    storage: Storage,
) -> None:
    """Whoever makes a bucket public can tag it too, and AWS Config knows nothing of it from a month ago."""
    listed, tagged = storage.bucket("pictures-"), storage.bucket()
    storage.tag(tagged)
    for ref in (listed, tagged):
        storage.s3.delete_public_access_block(Bucket=ref.id)
        storage.s3.put_bucket_policy(Bucket=ref.id, Policy=json.dumps(anyone(ref)))
    left = storage.decided(listed).last(DecisionMade)
    assert left
    assert (left.decision.mode, "our public pictures" in left.decision.reason) == ("notify", True)
    assert storage.block(listed) is None
    plans = storage.over(tagged).of(Planned)
    assert any("30 days ago" in words for plan in plans for words in plan.exposure)
    assert storage.block(tagged) is not None


def test_the_log_bucket_gets_no_key_that_would_stop_its_logs(storage: Storage) -> None:
    local = storage.compliance.world.local
    ref = BucketRef(local.account, local.region, ACCESS_LOGS)
    storage.judge("encryption", ref)
    found = storage.compliance.when(RUNBOOK, ref, lambda one: one.last(Verified) is not None, "verified")
    assert found.verified
    assert any("can stop their delivery" in words for words in found.verified.review)
    encryption = storage.s3.get_bucket_encryption(Bucket=ref.id)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_a_bucket_that_is_gone_closes_the_finding(storage: Storage) -> None:
    """If the deletion arrives first, the verdict joins its incident, and the rule is evaluated again."""
    ref = storage.bucket()
    storage.s3.delete_bucket(Bucket=ref.id)
    storage.judge("versions", ref)
    history = storage.compliance.when(RUNBOOK, ref, lambda found: bool(found.last(Closed)), "closed")
    assert all(isinstance(one, RuleStep) for one in history.steps()), "nothing is done to the bucket"
