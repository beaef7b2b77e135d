"""What the steps that restore logging declare is true of CloudTrail, Config, GuardDuty and KMS.

Each is taken by the real driver on the local AWS: what is observed then is what the step declares as its
effect. What is lost is lost as an intruder would have it, behind a baseline that was noted before.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.cloud import AwsCloud
from ringfence.local import LocalAws
from ringfence.model.errors import NotFound, Refused
from ringfence.model.incident import Incident
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.observations.logging.detectors import DetectorStatus
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import RecorderStatus
from ringfence.observations.logging.trails import TrailStatus
from ringfence.policy.decision import Permit
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from ringfence.steps.logging.detectors import EnableDetector
from ringfence.steps.logging.log_keys import CancelDeletion, EnableKey
from ringfence.steps.logging.recorders import StartRecorder
from ringfence.steps.logging.trails import StartTrail
from tests.support.strategies.logging import NAMED
from tests.support.worlds import AUTO, NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import LoggingRef, Ref

REVIEW = "Review:logging"
OTHER = "eu-west-1"
ADVANCED = [
    {"Name": "all of it", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
    {
        "Name": "payroll",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::pay/", "arn:aws:s3:::bank/"]},
        ],
    },
]
BASIC = [
    {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True},
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
    },
]
INSIGHTS = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class LocalClients:
    """Clients of the local AWS in the subject's region, whatever account they are asked for."""

    aws: LocalAws
    made: dict[str, Any] = field(default_factory=dict)

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> Any:  # noqa: ANN401, ARG002 - made at run time
        key = f"{service} {ref.region}"
        if key not in self.made:
            self.made[key] = self.aws.client(service, region_name=ref.region)
        return self.made[key]


@dataclass
class Case:
    """One subject, a responder on it, and what it noted and did."""

    cloud: AwsCloud
    ref: LoggingRef
    past: tuple[Step, ...] = ()
    types: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def incident(self) -> Incident:
        return Incident("inc-1", NOON, ("f-1",), choices=NAMED, past=self.past, types=self.types)

    def observe(self, *observations: type[Observation]) -> ResourceState:
        return self.cloud.observe(self.ref, observations or RESTORE_LOGGING.stages[0].observations, self.past)

    def respond(self, kind: str = REVIEW) -> tuple[Step, ...]:
        """Answer one finding; return the changes that were made."""
        self.types = tuple(dict.fromkeys((*self.types, kind)))
        answering = RESTORE_LOGGING.answers_by_type()
        about = [id_ for id_ in RESTORE_LOGGING.ids if kind in answering[id_]]
        (stage,) = RESTORE_LOGGING.narrowed(about).on(self.ref).stages
        steps = [
            step for wave in dependency_levels(stage.plan(self.observe(), self.incident)) for step in wave
        ]
        for step in steps:
            self.take(step)
        assert stage.plan(self.observe(), self.incident) == ()
        self.left = stage.review_items(self.observe(), self.incident)
        return tuple(step for step in steps if not isinstance(step, LogOnlyStep))

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe(step.observation)
        self.past = (*self.past, step)
        if isinstance(step, LogOnlyStep):
            return
        assert step.state(before) is State.BEFORE, step
        self.apply(step)
        after = self.observe(step.observation)
        assert step.state(after) is State.AFTER, step
        assert after == step.effect(before), step

    def apply(self, step: Step) -> None:
        """Make one change."""
        made = self.cloud.apply(self.ref, step, {}, Permit.of(AUTO, self.ref, NOON + timedelta(days=1)))
        assert made.requests, "each call is recorded by its request id"


@pytest.fixture
def case(aws: LocalAws) -> Callable[[LoggingRef], Case]:
    cloud = AwsCloud(LocalClients(aws), lambda: NOON, lambda jobs: [job() for job in jobs])
    return lambda ref: Case(cloud, ref)


@pytest.fixture
def trails(aws: LocalAws) -> Any:  # noqa: ANN401 - made at run time
    return aws.client("cloudtrail")


@pytest.fixture(params=["basic", "advanced"])
def noted(
    aws: LocalAws,
    trails: Any,  # noqa: ANN401 - made at run time
    case: Callable[[LoggingRef], Case],
    request: pytest.FixtureRequest,
) -> Case:
    """A trail with everything, that was noted by a review."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    place = f"{aws.region}:{aws.account}"
    trails.create_trail(
        Name=name,
        S3BucketName="logs-of-everybody",
        S3KeyPrefix="trail",
        SnsTopicName=f"arn:aws:sns:{place}:files",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{place}:log-group:trail:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{aws.account}:role/trail",
        KmsKeyId=aws.client("kms").create_key()["KeyMetadata"]["Arn"],
        TagsList=[{"Key": "team", "Value": "security"}],
    )
    chosen = {"EventSelectors": BASIC} if request.param == "basic" else {"AdvancedEventSelectors": ADVANCED}
    trails.put_event_selectors(TrailName=name, **chosen)
    trails.put_insight_selectors(TrailName=name, InsightSelectors=INSIGHTS)
    trails.start_logging(Name=name)
    made = case(TrailRef(aws.account, aws.region, name))
    assert made.respond() == ()
    assert len(made.past) == 1
    return made


def test_a_trail_that_is_weaker_in_everything_is_as_it_was(trails: Any, noted: Case) -> None:  # noqa: ANN401 - made at run time
    before, name = noted.observe(), noted.ref.id
    trails.stop_logging(Name=name)
    trails.update_trail(
        Name=name,
        S3BucketName="bucket-of-somebody",
        S3KeyPrefix="",
        SnsTopicName="",
        IsMultiRegionTrail=False,
        IncludeGlobalServiceEvents=False,
        EnableLogFileValidation=False,
        CloudWatchLogsLogGroupArn="",
        CloudWatchLogsRoleArn="",
        KmsKeyId="",
    )
    trails.put_event_selectors(
        TrailName=name, EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False}]
    )
    trails.put_insight_selectors(TrailName=name, InsightSelectors=INSIGHTS[:1])
    assert len(noted.respond()) == 9
    assert noted.observe() == before
    assert noted.left == ()


def test_a_deleted_trail_is_as_it_was(trails: Any, noted: Case) -> None:  # noqa: ANN401 - made at run time
    before = noted.observe()
    trails.delete_trail(Name=noted.ref.id)
    noted.respond("CloudTrail:cloudtrail:DeleteTrail")
    assert noted.observe() == before
    assert noted.left == ()


def test_what_was_made_stronger_stays_and_is_noted(trails: Any, noted: Case) -> None:  # noqa: ANN401 - made at run time
    name = noted.ref.id
    trails.put_event_selectors(
        TrailName=name,
        AdvancedEventSelectors=[
            {"Name": category, "FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}]}
            for category in ("Management", "Data")
        ],
    )
    stronger = noted.observe()
    assert noted.respond() == ()
    assert noted.observe() == stronger
    assert len(noted.past) == 2


def test_a_stopped_trail_of_which_nothing_was_noted_is_started_where_its_stop_is_reported(
    aws: LocalAws,
    trails: Any,  # noqa: ANN401 - made at run time
    case: Callable[[LoggingRef], Case],
) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    trails.create_trail(Name=name, S3BucketName="logs")
    found = case(TrailRef(aws.account, aws.region, name))
    assert not found.respond()
    assert len(found.past) == 0
    assert len(found.left) == 1
    started = found.respond("CloudTrail:cloudtrail:StopLogging")
    assert started == (StartTrail(name),)
    assert not found.left


def test_a_shadow_is_left_to_its_home(noted: Case, case: Callable[[LoggingRef], Case]) -> None:
    home = noted.ref
    shadow = case(TrailRef(home.account, OTHER, home.id))
    assert shadow.respond() == ()
    assert shadow.observe()[TrailStatus] == TrailStatus(home=home.region, owner=home.account)
    assert len(shadow.left) == 1


def test_a_trail_that_is_gone_is_no_error_and_said(aws: LocalAws, case: Callable[[LoggingRef], Case]) -> None:
    gone = case(TrailRef(aws.account, aws.region, "not-there"))
    assert gone.respond("CloudTrail:cloudtrail:DeleteTrail") == ()
    assert gone.observe()[TrailStatus].gone
    assert len(gone.left) == 1
    with pytest.raises(NotFound):
        gone.apply(StartTrail("not-there"))


def test_a_stopped_recorder_is_started(aws: LocalAws, case: Callable[[LoggingRef], Case]) -> None:
    config, name = aws.client("config"), "default"
    aws.client("s3").create_bucket(Bucket="items")
    everything = {"allSupported": True, "includeGlobalResourceTypes": True}
    role = f"arn:aws:iam::{aws.account}:role/config"
    recorder = {"name": name, "roleARN": role, "recordingGroup": everything}
    config.put_configuration_recorder(ConfigurationRecorder=recorder)
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    config.start_configuration_recorder(ConfigurationRecorderName=name)
    found = case(RecorderRef(aws.account, aws.region, name))
    assert found.respond() == ()
    config.stop_configuration_recorder(ConfigurationRecorderName=name)
    assert found.respond("CloudTrail:config:StopConfigurationRecorder") == (StartRecorder(name),)
    assert found.left == ()
    fewer = {"allSupported": False, "resourceTypes": ["AWS::S3::Bucket"]}
    config.put_configuration_recorder(ConfigurationRecorder={**recorder, "recordingGroup": fewer})
    assert found.respond("CloudTrail:config:PutConfigurationRecorder") == ()
    assert len(found.left) == 2
    config.delete_configuration_recorder(ConfigurationRecorderName=name)
    assert found.respond("CloudTrail:config:DeleteConfigurationRecorder") == ()
    assert found.observe()[RecorderStatus] == RecorderStatus()
    assert len(found.left) == 1


def test_a_detector_is_enabled_watches_again_and_is_replaced(
    aws: LocalAws, case: Callable[[LoggingRef], Case]
) -> None:
    guardduty = aws.client("guardduty")
    features = [
        {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"},
        {
            "Name": "RUNTIME_MONITORING",
            "Status": "ENABLED",
            "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}],
        },
    ]
    given = {
        "FindingPublishingFrequency": "FIFTEEN_MINUTES",
        "Features": features,
        "Tags": {"team": "security"},
    }
    id_ = guardduty.create_detector(Enable=True, **given)["DetectorId"]
    found = case(DetectorRef(aws.account, aws.region, id_))
    assert found.respond() == ()
    before = found.observe()
    off = [{"Name": name, "Status": "DISABLED"} for name in ("S3_DATA_EVENTS", "RUNTIME_MONITORING")]
    slow = "SIX_HOURS"
    guardduty.update_detector(DetectorId=id_, Enable=False, FindingPublishingFrequency=slow, Features=off)
    first, _ = found.respond("CloudTrail:guardduty:UpdateDetector")
    assert first == EnableDetector(id_)
    assert found.observe() == before
    guardduty.delete_detector(DetectorId=id_)
    assert len(found.respond("CloudTrail:guardduty:DeleteDetector")) == 1
    assert found.left == ()
    (new,) = guardduty.list_detectors()["DetectorIds"]
    replaced = case(DetectorRef(aws.account, aws.region, new)).observe()
    assert replaced[DetectorStatus].setup == before[DetectorStatus].setup
    with pytest.raises(Refused):
        found.apply(EnableDetector(id_))


def test_a_key_that_a_trail_writes_with_is_kept_and_enabled(
    aws: LocalAws,
    trails: Any,  # noqa: ANN401 - made at run time
    case: Callable[[LoggingRef], Case],
) -> None:
    kms, name = aws.client("kms"), f"t-{uuid.uuid4().hex[:10]}"
    key = kms.create_key()["KeyMetadata"]
    found = case(KeyRef(aws.account, aws.region, key["KeyId"]))
    kms.disable_key(KeyId=key["KeyId"])
    assert found.respond("CloudTrail:kms:DisableKey") == (), "no trail writes with it"
    assert found.left == ()
    trails.create_trail(Name=name, S3BucketName="logs", KmsKeyId=key["Arn"])
    assert found.respond("CloudTrail:kms:DisableKey") == (EnableKey(key["KeyId"]),)
    found.respond()
    trails.update_trail(Name=name, KmsKeyId="")
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    kept = found.respond("CloudTrail:kms:ScheduleKeyDeletion")
    assert kept == (CancelDeletion(key["KeyId"]), EnableKey(key["KeyId"])), "it was noted"
    assert found.observe()[LogKey].state == "Enabled"
