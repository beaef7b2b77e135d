"""What the driver makes of the services' answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from traceback import format_exception
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.retries.standard import ThrottledRetryableChecker
from botocore.session import get_session
from botocore.stub import Stubber

from ringfence.aws.cloud import AGAIN, AwsCloud
from ringfence.aws.failures import THROTTLED
from ringfence.aws.sessions import own_client
from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, OutcomeUnknown, Retryable
from ringfence.model.step import Done, Step
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.network import Network
from ringfence.observations.iam.principals import last_used
from ringfence.policy.decision import Permit
from tests.support.fakes.audit_home import in_turn
from tests.support.worlds import AUTO, LEASE, NOON, REF, Ticking

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient

    from ringfence.model.step import Names
    from ringfence.model.subject import Ref

KEY = "AKIAI44QH8DHBEXAMPLE"


@dataclass
class Service:
    """A client whose every call ends as a test says."""

    answer: Callable[[], dict[str, Any]]
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**_: object) -> dict[str, Any]:
            self.calls.append(name)
            return self.answer()

        return call


@dataclass
class Clients:
    """Gives the same service to everybody."""

    service: Service

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:  # noqa: ARG002
        return cast("BaseClient", self.service)


class Stop(Step):
    """Asks for one call."""

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002
        (answer,) = yield (Call("ec2", "StopInstances", expected=("IncorrectInstanceState",)),)
        return Done(note="expected" if isinstance(answer, Failed) else "done")


def failing(code: str, message: str = "no") -> Callable[[], dict[str, Any]]:
    def fail() -> dict[str, Any]:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "StopInstances")

    return fail


def cloud(answer: Callable[[], dict[str, Any]]) -> AwsCloud:
    return AwsCloud(Clients(Service(answer)), Ticking(), lambda jobs: [job() for job in jobs])


PERMIT = Permit.of(AUTO, REF, NOON + LEASE)


def test_a_change_comes_with_its_request_id() -> None:
    made = cloud(lambda: {"ResponseMetadata": {"RequestId": "r-1"}}).apply(REF, Stop(), {}, PERMIT)
    assert (made.note, made.requests) == ("done", ("r-1",))


def test_what_the_transport_sent_again_is_noted() -> None:
    answer = {"ResponseMetadata": {"RequestId": "r-2", "RetryAttempts": 1}}
    made = cloud(lambda: answer).apply(REF, Stop(), {}, PERMIT)
    assert made.note == f"done; {AGAIN}: 1"


def test_an_expected_failure_is_an_answer() -> None:
    assert cloud(failing("IncorrectInstanceState")).apply(REF, Stop(), {}, PERMIT).note == "expected"


class Look(Step):
    """Asks for what is denied where it does not exist."""

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002
        (answer,) = yield (last_used(KEY),)
        return Done(note=str(answer))


def test_a_denial_that_hides_that_there_is_no_such_thing_is_an_answer_and_no_other_denial_is() -> None:
    """IAM denies the use of an access key that does not exist; of one that does, it names the user."""
    words = "not authorized to perform: iam:GetAccessKeyLastUsed on resource: "
    found = cloud(failing("AccessDenied", f"{words}access key {KEY}")).apply(REF, Look(), {}, PERMIT)
    assert found.note == str(Failed("NoSuchEntity", f"AccessDenied: {words}access key {KEY}"))
    with pytest.raises(AccessDenied, match="user deploy"):
        cloud(failing("AccessDenied", f"{words}user deploy")).apply(REF, Look(), {}, PERMIT)


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "SomethingNew"])
def test_every_other_failure_can_be_tried_again(code: str) -> None:
    with pytest.raises(Retryable, match=code):
        cloud(failing(code)).apply(REF, Stop(), {}, PERMIT)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, OutcomeUnknown), (503, OutcomeUnknown), (400, Retryable), (429, Retryable)]
)
def test_where_the_service_itself_fails_nobody_knows_what_was_done(
    status: int, kind: type[Retryable]
) -> None:
    def fail() -> dict[str, Any]:
        answer: Any = {
            "Error": {"Code": "Odd", "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(answer, "StopInstances")

    with pytest.raises(Retryable) as raised:
        cloud(fail).apply(REF, Stop(), {}, PERMIT)
    assert type(raised.value) is kind


@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_a_call_that_is_throttled_was_not_made_whatever_the_status(code: str) -> None:
    """EC2 throttles with status 503. Evidence must not wait until a look could show that there is none."""

    def fail() -> dict[str, Any]:
        answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        raise ClientError(answer, "CreateSnapshots")

    with pytest.raises(Retryable, match=code) as raised:
        cloud(fail).apply(REF, Stop(), {}, PERMIT)
    assert type(raised.value) is Retryable
    assert code in vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]


def test_where_no_answer_comes_nobody_knows_what_was_done() -> None:
    def fail() -> dict[str, Any]:
        raise ReadTimeoutError(endpoint_url="https://ec2.eu-west-1.amazonaws.com")

    with pytest.raises(OutcomeUnknown, match="timeout"):
        cloud(fail).apply(REF, Stop(), {}, PERMIT)


@dataclass
class Wire:
    """What comes over the wire instead of the response to a call."""

    body: bytes
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body


CUT = b"<StopInstancesResponse><insta"
NO_TIME = (
    b"<DescribeInstancesResponse><reservationSet><item><instancesSet><item><launchTime>soon</launchTime>"
    b"</item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
)


@pytest.mark.parametrize(("operation", "body"), [("StopInstances", CUT), ("DescribeInstances", NO_TIME)])
def test_where_the_answer_cannot_be_parsed_nobody_knows_what_was_done(operation: str, body: bytes) -> None:
    """Botocore raises errors of other kinds then. One that nobody expects would end the whole execution."""
    client = get_session().create_client("ec2", REF.region, aws_access_key_id="a", aws_secret_access_key="b")
    instead: Any = lambda **_: Wire(body)  # noqa: E731 - botocore takes what a handler returns, its types do not
    client.meta.events.register("before-send.ec2", instead)

    class Once(Step):
        def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002
            yield (Call("ec2", operation, {"InstanceIds": [REF.id]}),)
            return Done()

    named = AwsCloud(Clients(cast("Any", client)), Ticking(), lambda jobs: [job() for job in jobs])
    with pytest.raises(OutcomeUnknown, match=f"ec2:{operation}: the response cannot be parsed") as raised:
        named.apply(REF, Once(), {}, PERMIT)
    shown = "".join(format_exception(raised.value))
    assert "launchTime" not in shown, "a response can contain credentials"
    assert "insta" not in shown


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"])
def test_what_iam_denies_is_known_as_such(code: str) -> None:
    with pytest.raises(AccessDenied, match=code):
        cloud(failing(code)).apply(REF, Stop(), {}, PERMIT)
    with pytest.raises(AccessDenied, match=code):
        cloud(failing(code)).observe(REF, (Network,))


def test_no_call_is_made_without_a_permit_that_holds() -> None:
    service = Service(dict)
    late = AwsCloud(Clients(service), Ticking(NOON + LEASE), lambda jobs: [job() for job in jobs])
    with pytest.raises(Retryable, match="lease ended"):
        late.apply(REF, Stop(), {}, PERMIT)
    assert service.calls == []


class Odd(Step):
    """Reads a field that the response lacks."""

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002
        (answer,) = yield (Call("ec2", "CreateSecurityGroup"),)
        assert not isinstance(answer, Failed)
        return Done(note=answer.text("GroupId"))


def test_a_response_that_lacks_a_field_is_no_bad_input_of_an_event() -> None:
    """It may be right the next time, and nobody knows what was done."""
    with pytest.raises(OutcomeUnknown, match=r"ec2:CreateSecurityGroup\.GroupId"):
        cloud(dict).apply(REF, Odd(), {}, PERMIT)
    instance = {"InstanceId": REF.id}
    with pytest.raises(Retryable, match=r"ec2:DescribeInstances\.Reservations"):
        cloud(lambda: {"Reservations": [{"Instances": [instance]}]}).observe(REF, (Lifecycle,))


def test_no_more_items_are_read_than_a_call_wants_and_the_answer_says_that_there_are_more() -> None:
    client = own_client("cloudtrail", REF.region)
    page = {"Events": [{"EventId": str(number)} for number in range(50)], "NextToken": "more"}
    wanted = {"MaxResults": 50}

    def lookup() -> SansIO[Document]:
        (answer,) = yield (Call("cloudtrail", "LookupEvents", wanted, pages=True, most=100),)
        assert isinstance(answer, Document)
        return answer

    with Stubber(client) as stubbed:
        stubbed.add_response("lookup_events", page, wanted)
        stubbed.add_response("lookup_events", page, {**wanted, "NextToken": "more"})
        clients = cast("Clients", _Given(client))
        found = AwsCloud(clients, Ticking(), in_turn).asked(REF.account, REF.region, lookup())
        stubbed.assert_no_pending_responses()
    assert len(tuple(found.children("Events"))) == 100
    assert found.optional_text("NextToken")


@dataclass
class _Given:
    one: BaseClient

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:  # noqa: ARG002
        return self.one
