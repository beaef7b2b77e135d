"""What the driver says of changes that may have been made, and when the transport sends none any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ringfence.aws import sessions
from ringfence.aws.cloud import AwsCloud
from ringfence.model.call import Call, SansIO
from ringfence.model.errors import AccessDenied, OutcomeUnknown, Retryable
from ringfence.model.step import Done, Step
from ringfence.policy.decision import Permit
from tests.support.worlds import AUTO, NOON, REF, Ticking
from tests.unit.aws.test_cloud import PERMIT, Stop, cloud

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient

    from ringfence.model.step import Names
    from ringfence.model.subject import Ref


class Two(Step):
    """Makes one call after another."""

    def __init__(self, *operations: str) -> None:
        self.operations = operations

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002
        for operation in self.operations:
            yield (Call("ec2", operation),)
        return Done()


def throttled(*, again: int = 0) -> ClientError:
    answer = {
        "Error": {"Code": "RequestLimitExceeded", "Message": "slower"},
        "ResponseMetadata": {"RetryAttempts": again},
    }
    return ClientError(answer, "StopInstances")  # type: ignore[arg-type]  # what a test of retries needs of it


def answers(*given: dict[str, Any] | ClientError) -> Callable[[], dict[str, Any]]:
    left = list(given)

    def answer() -> dict[str, Any]:
        one = left.pop(0)
        if isinstance(one, ClientError):
            raise one
        return one

    return answer


def test_a_failure_after_a_retry_of_the_transport_says_nothing_of_the_first_attempt() -> None:
    with pytest.raises(OutcomeUnknown, match="RequestLimitExceeded"):
        cloud(answers(throttled(again=1))).apply(REF, Stop(), {}, PERMIT)
    with pytest.raises(Retryable) as error:
        cloud(answers(throttled())).apply(REF, Stop(), {}, PERMIT)
    assert type(error.value) is Retryable


def test_a_failure_after_another_change_of_the_same_step_says_nothing_of_the_whole() -> None:
    with pytest.raises(OutcomeUnknown):
        cloud(answers({}, throttled())).apply(REF, Two("CreateTags", "StopInstances"), {}, PERMIT)
    with pytest.raises(Retryable) as error:
        cloud(answers({}, throttled())).apply(REF, Two("DescribeTags", "StopInstances"), {}, PERMIT)
    assert type(error.value) is Retryable


def test_a_denial_stays_a_denial() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "StopInstances")
    with pytest.raises(AccessDenied):
        cloud(answers({}, denied)).apply(REF, Two("CreateTags", "StopInstances"), {}, PERMIT)


@pytest.mark.parametrize(("seconds", "sent"), [(1, 3), (20, 1)])
def test_the_transport_sends_no_change_again_when_the_lease_ends(seconds: int, sent: int) -> None:
    """Each attempt times out after some seconds, and the lease ends after 20."""
    clock, attempts = Ticking(), list[object]()

    def time_out(**request: object) -> None:
        attempts.append(request)
        clock.tick(seconds=seconds)
        raise ReadTimeoutError(endpoint_url="https://ec2.eu-west-1.amazonaws.com")

    class Clients:
        def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:
            made = sessions._Made({"aws_access_key_id": "A", "aws_secret_access_key": "b"})
            client = made.client(ref.region, service, single_attempt=single_attempt)
            client.meta.events.register_last("before-send", time_out)
            return client

    permit = Permit.of(AUTO, REF, NOON + timedelta(seconds=20))
    driver = AwsCloud(Clients(), clock, lambda jobs: [job() for job in jobs])
    with pytest.raises(OutcomeUnknown):
        driver.apply(REF, Two("DisableEbsEncryptionByDefault"), {}, permit)
    assert len(attempts) == sent
