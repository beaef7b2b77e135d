"""What Ringfence answers must be on: GuardDuty, a trail, and AWS Config, in each place of the scope."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, OutcomeUnknown
from ringfence.self_check.findings import Standing
from ringfence.self_check.places import Deployment
from ringfence.self_check.prerequisites import find_missing, places_of
from ringfence.self_check.reading import ASSUME
from ringfence.self_check.services import PERMISSIONS
from tests.support.self_checking import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.model.call import Answer, Call, SansIO
    from ringfence.self_check.findings import Problem

HOME, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
RULES = frozenset({"INCOMING_SSH_DISABLED", "S3_BUCKET_PUBLIC_READ_PROHIBITED"})
ON: dict[str, Any] = {
    "ListDetectors": {"DetectorIds": ["d1"]},
    "GetDetector": {"Status": "ENABLED"},
    "DescribeTrails": {"trailList": [{"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}]},
    "GetTrailStatus": {"IsLogging": True},
    "GetEventSelectors": {"EventSelectors": [{"IncludeManagementEvents": True}]},
    "DescribeConfigurationRecorderStatus": {"ConfigurationRecordersStatus": [{"recording": True}]},
    "DescribeConfigRules": {"ConfigRules": [{"Source": {"SourceIdentifier": "INCOMING_SSH_DISABLED"}}]},
}


class Aws:
    """One place where some answers are others than those of a place where all is on."""

    def __init__(self, **changed: object) -> None:
        self.answers, self.called = {**ON, **changed}, set[tuple[str, str, str]]()

    def ask(self, account: str, region: str, talk: SansIO[Any]) -> Any:  # noqa: ANN401 - as the read returns
        return finished(talk, partial(self.answer, account, region))

    def answer(self, account: str, region: str, call: Call) -> Answer:
        self.called.add((account, region, f"{call.service}:{call.operation}"))
        found = self.answers[call.operation]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Failed):
            assert found.code in call.expected
            return found
        return Document.of(found, call.operation)


def one_by_one(functions: Sequence[Callable[[], object]]) -> list[object]:
    return [function() for function in functions]


FAILING = {
    "recording": True,
    "lastStatus": "FAILURE",
    "lastErrorCode": "InsufficientDeliveryPolicyException",
}


def missing(aws: Aws, *regions: str, accounts: tuple[str, ...] = (HOME,)) -> tuple[Problem, ...]:
    return find_missing(Deployment(HOME, REGION, accounts, regions), aws.ask, one_by_one, RULES)


def test_where_everything_is_on_nothing_is_missing() -> None:
    aws = Aws()
    assert missing(aws) == ()
    assert {action for _, _, action in aws.called} == {one.action for one in PERMISSIONS}


@pytest.mark.parametrize(
    ("changed", "name", "words", "remedy"),
    [
        ({"ListDetectors": {}}, "GuardDuty", "not turned on", "create-detector --enable --region eu-west-1"),
        (
            {"GetDetector": {"Status": "DISABLED"}},
            "GuardDuty",
            "suspended",
            "--enable --detector-id d1 --region",
        ),
        ({"DescribeTrails": {}}, "CloudTrail", "no trail", "create a trail"),
        ({"GetTrailStatus": {"IsLogging": False}}, "CloudTrail", "no trail", "start-logging"),
        ({"GetTrailStatus": Failed("AccessDeniedException", "")}, "CloudTrail", "that can be read", "trail"),
        (
            {"GetEventSelectors": {"EventSelectors": [{"IncludeManagementEvents": False}]}},
            *("CloudTrail", "management events", "create a trail"),
        ),
        (
            {"DescribeConfigurationRecorderStatus": {"ConfigurationRecordersStatus": [{"recording": False}]}},
            *("AWS Config", "no recorder records", "start-configuration-recorder"),
        ),
        (
            {"DescribeConfigurationRecorderStatus": {"ConfigurationRecordersStatus": [FAILING]}},
            *("AWS Config", "fails to record: 'InsufficientDeliveryPolicyException'", "the error code"),
        ),
        ({"DescribeConfigRules": {}}, "AWS Config rules", "none of the 2 managed rules", "docs/runbooks"),
    ],
)
def test_what_is_off_is_named_with_what_to_do(
    changed: dict[str, object], name: str, words: str, remedy: str
) -> None:
    found = [one for one in missing(Aws(**changed)) if one.region == REGION]
    (one,) = found
    assert (one.standing, one.resource, one.aspect) == (Standing.FAULT, name, "prerequisite")
    assert words in one.words
    assert remedy in one.remedy
    assert "{" not in one.remedy


def test_advanced_selectors_can_log_management_events() -> None:
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}]
    selectors = {"AdvancedEventSelectors": [{"FieldSelectors": fields}]}
    assert missing(Aws(GetEventSelectors=selectors)) == ()


def test_each_account_and_region_of_the_scope_is_checked_and_elsewhere_only_global_calls() -> None:
    aws = Aws()
    missing(aws, REGION, "eu-central-1", accounts=(HOME, OTHER))
    places = {(account, region) for account, region, action in aws.called if action.startswith("guardduty")}
    assert places == {(one, region) for one in (HOME, OTHER) for region in (REGION, "eu-central-1")}
    assert {action for _, region, action in aws.called if region == "us-east-1"} == {
        f"cloudtrail:{one}" for one in ("DescribeTrails", "GetTrailStatus", "GetEventSelectors")
    }
    assert len(places_of(Deployment(HOME, REGION, (HOME, OTHER), (REGION,)))) == 4


def test_what_cannot_be_read_is_unknown_and_no_pass() -> None:
    (one,) = missing(Aws(ListDetectors=OutcomeUnknown("no answer")))
    assert (one.standing, one.remedy) == (Standing.UNKNOWN, "ringfence doctor (again)")
    (one,) = missing(Aws(ListDetectors=AccessDenied("denied")))
    assert (one.standing, one.remedy.split(",")[0]) == (Standing.UNKNOWN, "deploy Ringfence-Member")


def test_a_role_that_cannot_be_assumed_is_reported_with_the_stacks() -> None:
    assert missing(Aws(**dict.fromkeys(ON, AccessDenied(f"{ASSUME}ringfence-doctor")))) == ()
