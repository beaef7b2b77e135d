"""Policies of Access Analyzer, on answers in the form of botocore's model. The local AWS has none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from ringfence.aws.policy_generation import EVERY, TRIES, PolicyGeneration, Wanted
from ringfence.model.errors import AccessDenied, Refused, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
ROLE, TRAIL = "arn:aws:iam::111122223333:role/web", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"
READER = "arn:aws:iam::111122223333:role/service-role/analyzer"
WANTED = Wanted(ROLE, TRAIL, READER, 30)
JOB = "job-1"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "accessanalyzer", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        yield stubber


def begun(stub: Stubber) -> None:
    asked = {
        "policyGenerationDetails": {"principalArn": ROLE},
        "cloudTrailDetails": {
            "trails": [{"cloudTrailArn": TRAIL, "allRegions": True}],
            "accessRole": READER,
            "startTime": NOW - timedelta(days=30),
            "endTime": NOW,
        },
    }
    stub.add_response("start_policy_generation", {"jobId": JOB}, asked)


def looked(stub: Stubber, status: str, *policies: str, **details: object) -> None:
    answer = {
        "jobDetails": {"jobId": JOB, "status": status, "startedOn": NOW, **details},
        "generatedPolicyResult": {
            "properties": {"principalArn": ROLE},
            "generatedPolicies": [{"policy": one} for one in policies],
        },
    }
    asked = {"jobId": JOB, "includeResourcePlaceholders": True, "includeServiceLevelTemplate": False}
    stub.add_response("get_generated_policy", answer, asked)


def test_a_job_is_looked_at_until_it_has_a_policy(stub: Stubber) -> None:
    begun(stub)
    looked(stub, "IN_PROGRESS")
    looked(stub, "SUCCEEDED", "{}", "{}")
    slept: list[float] = []
    assert PolicyGeneration(stub.client, slept.append).policies(WANTED, NOW) == ("{}", "{}")
    assert slept == [EVERY]
    stub.assert_no_pending_responses()


def test_a_job_that_failed_says_why(stub: Stubber) -> None:
    begun(stub)
    error = {"code": "SERVICE_QUOTA_EXCEEDED_ERROR", "message": "too many events"}
    looked(stub, "FAILED", jobError=error)
    with pytest.raises(Refused, match="failed: SERVICE_QUOTA_EXCEEDED_ERROR too many events"):
        PolicyGeneration(stub.client, _never).policies(WANTED, NOW)


def test_a_job_that_does_not_end_is_given_up(stub: Stubber) -> None:
    begun(stub)
    for _ in range(TRIES):
        looked(stub, "IN_PROGRESS")
    with pytest.raises(Retryable, match="did not end within 15 minutes"):
        PolicyGeneration(stub.client, lambda _: None).policies(WANTED, NOW)


def test_a_denied_call_names_the_action(stub: Stubber) -> None:
    stub.add_client_error("start_policy_generation", "AccessDeniedException", http_status_code=403)
    with pytest.raises(AccessDenied, match="access-analyzer:StartPolicyGeneration"):
        PolicyGeneration(stub.client, _never).policies(WANTED, NOW)


def _never(seconds: float) -> None:
    raise AssertionError(seconds)
