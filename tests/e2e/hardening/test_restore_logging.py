"""Logging that somebody switches off is put back by the deployed functions, with IAM enforced.

What sets each response off is CloudTrail's own record of the intruder's call, on the bus; but for the trail
that was silenced with its events, which the scheduled review finds.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.calls import call_event
from ringfence.model.document import Document
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.observations.logging.selectors import read_selectors
from ringfence.record.facts import Closed, Intended, Planned, Released, Result, Verified
from tests.e2e.world import Inbox, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import LoggingRef
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "restore-logging"
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
PAYROLL = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::pay/"]},
]
SELECTORS = [{"Name": "all", "FieldSelectors": [MANAGEMENT]}, {"Name": "pay", "FieldSelectors": PAYROLL}]
_names = itertools.count(1)


@dataclass(frozen=True)
class Logging:
    """What records in the account, and what becomes of it."""

    compliance: Compliance

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.compliance.world.client(service)

    @property
    def trails(self) -> Any:  # noqa: ANN401 - likewise
        return self.client("cloudtrail")

    def trail(self, **options: Any) -> TrailRef:  # noqa: ANN401 - parameters of CloudTrail
        """Make a trail with everything, and have it noted."""
        local, name = self.compliance.world.local, f"everything-{next(_names)}"
        made = {
            "S3BucketName": "logs",
            "IsMultiRegionTrail": True,
            "EnableLogFileValidation": True,
            **options,
        }
        self.trails.create_trail(Name=name, TagsList=[{"Key": "team", "Value": "security"}], **made)
        self.trails.put_event_selectors(TrailName=name, AdvancedEventSelectors=SELECTORS)
        self.trails.start_logging(Name=name)
        ref = TrailRef(local.account, local.region, name)
        self.note(ref)
        return ref

    def seen(self, ref: TrailRef) -> dict[str, Any]:
        """Return all that makes up a trail, without answers' own words."""
        arn = f"arn:aws:cloudtrail:{ref.region}:{ref.account}:trail/{ref.id}"
        (shown,) = self.trails.describe_trails(trailNameList=[ref.id])["trailList"]
        return {
            "options": shown,
            "logging": self.trails.get_trail_status(Name=ref.id)["IsLogging"],
            "selectors": read_selectors(self.selectors(ref)),
            "tags": self.trails.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"],
        }

    def selectors(self, ref: TrailRef) -> Document:
        return Document.of(self.trails.get_event_selectors(TrailName=ref.id))

    def note(self, ref: LoggingRef) -> None:
        """Have a review note how something is set up."""
        self.compliance.review(RUNBOOK)
        noted = [one for one in self.history(ref).of(Intended) if isinstance(one.step, LogOnlyStep)]
        assert noted, f"{ref.id} was not noted"

    def history(self, ref: LoggingRef) -> History:
        return self.compliance.history(RUNBOOK, ref)

    def restored(self, ref: LoggingRef, *steps: str) -> History:
        """Wait until changes of these classes were made, and nothing is left to do."""

        def is_so(found: History) -> bool:
            made = [
                type(one).__name__ for one in found.steps(Result.APPLIED) if not isinstance(one, LogOnlyStep)
            ]
            return set(steps) <= set(made) and found.completed_at is not None

        return self.compliance.when(RUNBOOK, ref, is_so, f"restored by {', '.join(steps)}")

    def proved(self, ref: LoggingRef) -> None:
        """Prove the chain."""
        checked = self.compliance.verdict(RUNBOOK, ref)
        assert checked.sound, checked.claim
        assert checked.archived == checked.entries, checked.claim


def told(history: History) -> str:
    """Return what is said of what stays open."""
    planned = (words for one in history.of(Planned) for words in one.exposure)
    verified = (words for one in history.of(Verified) for words in one.exposure)
    return "\n".join((*planned, *verified))


@pytest.fixture
def logging(compliance: Compliance) -> Logging:
    return Logging(compliance)


@pytest.fixture
def silence(logging: Logging) -> Iterator[None]:
    """Deliver no events, as where the only trail is stopped."""
    with logging.compliance.silent(RUNBOOK):
        yield


@pytest.mark.shows("record-logging-baseline")
@pytest.mark.shows("restart-trail")
def test_a_stopped_trail_is_started_who_did_it_is_named_and_a_release_stops_nothing(logging: Logging) -> None:
    ref = logging.trail()
    before = logging.seen(ref)
    logging.trails.stop_logging(Name=ref.id)
    history = logging.restored(ref, "StartTrail")
    assert logging.seen(ref) == before
    assert f"arn:aws:iam::{ref.account}:root did it" in told(history)
    logging.proved(ref)

    words = ("--yes", "--reason", "it was the owner, who exempts it from now on")
    done = logging.compliance.hand.types("release", history.incident, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert logging.history(ref).last(Released) is not None
    assert logging.seen(ref) == before
    logging.note(ref)
    assert logging.history(ref).incident != history.incident


def test_a_trail_to_a_bucket_that_nobody_named_is_told_and_left_stopped_until_a_person_confirms_it(
    logging: Logging,
) -> None:
    local, name = logging.compliance.world.local, f"strange-{next(_names)}"
    logging.trails.create_trail(Name=name, S3BucketName="bucket-of-somebody")
    logging.trails.start_logging(Name=name)
    ref = TrailRef(local.account, local.region, name)
    logging.compliance.review(RUNBOOK)
    assert "bucket-of-somebody, and neither the policy nor a person" in told(logging.history(ref))
    logging.trails.stop_logging(Name=name)
    logging.compliance.quiet(RUNBOOK)
    logging.compliance.review(RUNBOOK)
    assert not logging.trails.get_trail_status(Name=name)["IsLogging"]
    assert logging.history(ref).steps() == ()
    logging.trails.start_logging(Name=name)
    words = ("--yes", "--reason", "the auditors made it")
    done = logging.compliance.hand.types("run", RUNBOOK, name, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    logging.trails.stop_logging(Name=name)
    logging.restored(ref, "StartTrail")


@pytest.mark.shows("restore-trail")
def test_a_trail_that_is_told_to_record_less_records_all_that_it_did(logging: Logging) -> None:
    ref = logging.trail(S3KeyPrefix="trail")
    before = logging.seen(ref)
    logging.trails.update_trail(
        Name=ref.id,
        S3BucketName="bucket-of-somebody",
        IsMultiRegionTrail=False,
        EnableLogFileValidation=False,
    )
    logging.restored(ref, "SetTrailOptions")
    blind = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False}]
    logging.trails.put_event_selectors(TrailName=ref.id, EventSelectors=blind)
    logging.restored(ref, "SetTrailOptions", "SetEventSelectors")
    assert logging.seen(ref) == before
    logging.proved(ref)


@pytest.mark.shows("recreate-trail")
def test_a_deleted_trail_is_made_again_as_it_was(logging: Logging) -> None:
    ref = logging.trail()
    before = logging.seen(ref)
    logging.trails.delete_trail(Name=ref.id)
    logging.restored(ref, "CreateTrail", "StartTrail", "SetEventSelectors")
    assert logging.seen(ref) == before
    logging.proved(ref)


def test_a_trail_that_was_silenced_with_its_events_is_found_by_the_review(
    logging: Logging, request: pytest.FixtureRequest
) -> None:
    ref = logging.trail()
    before = logging.seen(ref)
    logging.compliance.quiet(RUNBOOK)
    request.getfixturevalue("silence")
    logging.trails.stop_logging(Name=ref.id)
    logging.compliance.review(RUNBOOK)
    logging.restored(ref, "StartTrail")
    assert logging.seen(ref) == before
    logging.trails.delete_trail(Name=ref.id)
    logging.compliance.review(RUNBOOK)
    logging.restored(ref, "CreateTrail")
    assert logging.seen(ref) == before


@pytest.mark.shows("restore-recorder")
def test_a_stopped_recorder_is_started_and_what_it_no_longer_records_is_said(logging: Logging) -> None:
    config, local = logging.client("config"), logging.compliance.world.local
    recorder = {"name": "default", "roleARN": f"arn:aws:iam::{local.account}:role/config"}
    everything = {"allSupported": True, "includeGlobalResourceTypes": True}
    config.put_configuration_recorder(ConfigurationRecorder={**recorder, "recordingGroup": everything})
    where = {"LocationConstraint": local.region}
    logging.client("s3").create_bucket(Bucket="items-of-everybody", CreateBucketConfiguration=where)
    channel = {"name": "default", "s3BucketName": "items-of-everybody"}
    config.put_delivery_channel(DeliveryChannel=channel)
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    ref = RecorderRef(local.account, local.region, "default")
    logging.note(ref)
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    logging.restored(ref, "StartRecorder")
    fewer = {"allSupported": False, "resourceTypes": ["AWS::S3::Bucket"]}
    config.put_configuration_recorder(ConfigurationRecorder={**recorder, "recordingGroup": fewer})
    logging.compliance.when(
        RUNBOOK, ref, lambda found: "no longer records anything except" in told(found), "told of"
    )
    (status,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert status["recording"]
    logging.proved(ref)


@pytest.mark.shows("restore-detector")
def test_a_detector_is_enabled_again_and_a_deleted_one_is_replaced(logging: Logging) -> None:
    guardduty, local = logging.client("guardduty"), logging.compliance.world.local
    features = [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]
    # A finding that another test put there turned GuardDuty on.
    (id_,) = guardduty.list_detectors()["DetectorIds"] or [
        guardduty.create_detector(Enable=True, Tags={"team": "security"})["DetectorId"]
    ]
    guardduty.update_detector(DetectorId=id_, FindingPublishingFrequency="FIFTEEN_MINUTES", Features=features)
    given = guardduty.get_detector(DetectorId=id_)
    ref = DetectorRef(local.account, local.region, id_)
    logging.note(ref)
    guardduty.update_detector(DetectorId=id_, Enable=False)
    logging.restored(ref, "EnableDetector")
    assert guardduty.get_detector(DetectorId=id_)["Status"] == "ENABLED"
    guardduty.delete_detector(DetectorId=id_)
    logging.restored(ref, "CreateDetector")
    (new,) = guardduty.list_detectors()["DetectorIds"]
    found = guardduty.get_detector(DetectorId=new)
    assert {name: found[name] for name in ("FindingPublishingFrequency", "Tags")} == {
        name: given[name] for name in ("FindingPublishingFrequency", "Tags")
    }
    assert (
        features[0].items()
        <= next(one for one in found["Features"] if one["Name"] == "S3_DATA_EVENTS").items()
    )
    logging.proved(ref)


@pytest.mark.shows("keep-log-key")
def test_a_key_that_a_trail_writes_with_is_kept_and_no_other(logging: Logging) -> None:
    kms = logging.client("kms")
    used, unused = (kms.create_key()["KeyMetadata"] for _ in range(2))
    trail = logging.trail(KmsKeyId=used["Arn"])
    refs = [KeyRef(trail.account, trail.region, one["KeyId"]) for one in (used, unused)]
    for ref in refs:
        kms.schedule_key_deletion(KeyId=ref.id, PendingWindowInDays=7)
    logging.restored(refs[0], "CancelDeletion", "EnableKey")
    logging.compliance.quiet(RUNBOOK)
    assert not logging.history(refs[1]).entries
    states = [kms.describe_key(KeyId=ref.id)["KeyMetadata"]["KeyState"] for ref in refs]
    assert states == ["Enabled", "PendingDeletion"]
    logging.proved(refs[0])


def test_a_key_of_ringfence_that_is_to_be_deleted_is_enabled_and_told_as_urgent(logging: Logging) -> None:
    """Its policy lets the root user do it. The functions have the key of the signatures in no cache."""
    kms, inbox = logging.client("kms"), Inbox(logging.compliance.world)
    aliases = {one["AliasName"]: one["TargetKeyId"] for one in kms.list_aliases()["Aliases"]}
    local = logging.compliance.world.local
    ref = KeyRef(local.account, local.region, aliases["alias/ringfence-log"])
    kms.schedule_key_deletion(KeyId=ref.id, PendingWindowInDays=7)

    def is_usable() -> bool:
        return bool(kms.describe_key(KeyId=ref.id)["KeyMetadata"]["KeyState"] == "Enabled")

    until(is_usable, "the key can be used again")
    until(lambda: any(one.startswith("[URGENT") for one in inbox.told(ref.id)), "a person is told")
    history = logging.compliance.when(RUNBOOK, ref, lambda found: found.verified is not None, "looked at")
    assert any(words.startswith("TAMPERING: KMS key") for words in history.verified.review)  # type: ignore[union-attr]  # waited for
    logging.proved(ref)


def test_a_trail_that_is_gone_and_was_never_noted_is_said_and_no_error(logging: Logging) -> None:
    local = logging.compliance.world.local
    ref = TrailRef(local.account, local.region, "never-noted")
    event = call_event("cloudtrail", "DeleteTrail", {"name": ref.id}, account=ref.account, region=ref.region)
    logging.compliance.put(entry(event))
    history = logging.compliance.when(RUNBOOK, ref, lambda found: found.verified is not None, "looked at")
    assert history.last(Closed) is None
    assert history.verified is not None
    assert not history.verified.contained
    assert any("were never recorded" in words for words in history.verified.review)
    assert "ringfence run contain-credentials sample-admin" in told(history)
    logging.proved(ref)
