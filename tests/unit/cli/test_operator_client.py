"""The client of the operator API: an error of the service is raised again where the command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.cli.operator_client import DirectOperatorClient, HttpOperatorClient
from ringfence.handlers.operator_answers import code_of, error_answer
from ringfence.handlers.operator_types import RUNS, Forbidden
from ringfence.model.errors import (
    AccessDenied,
    BadInput,
    NotFound,
    ProofSlotTaken,
    Refused,
    Retryable,
    RingfenceError,
)
from ringfence.observations.ec2.network import Network
from tests.support.fakes.site import KIM, RUNBOOK, Site
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBJECT = {"account": REF.account, "region": REF.region, "id": REF.id}
RUN = {"runbook": RUNBOOK.id, "subject": SUBJECT, "reason": "it beacons", "dry_run": False}
STATUS = {"runbook": RUNBOOK.id, "subject": SUBJECT}


class Answers:
    """An API that always answers the same."""

    def __init__(self, code: int, answer: object) -> None:
        self.code, self.answer = code, answer

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        assert path
        assert document
        return self.code, self.answer


@pytest.mark.parametrize(
    "error",
    [
        BadInput("reason", "is required"),
        BadInput("instance", "must be an instance's id", "i-wrong"),
        Forbidden("account 111122223333 is not in the policy's scope"),
        NotFound("InvalidInstanceID.NotFound"),
        Refused("the world has moved on"),
        Retryable("RequestLimitExceeded"),
        ProofSlotTaken("another request uses the same slot"),
    ],
)
def test_an_error_is_the_same_on_both_sides_of_the_door(error: RingfenceError) -> None:
    described = error_answer(error)
    door = HttpOperatorClient(Answers(code_of(described["kind"]), {"error": described}))
    with pytest.raises(type(error)) as raised:
        door.run(RUN)
    assert type(raised.value) is type(error)
    assert str(raised.value) == str(error)


def test_a_request_is_signed_again_if_another_one_has_its_slot() -> None:
    taken = {"error": error_answer(ProofSlotTaken("another request uses the same slot"))}
    answers = [(503, taken), (200, {"status": "contained"})]

    class Once(Answers):
        def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
            assert (path, document) == (RUNS, RUN)
            return answers.pop(0)

    assert HttpOperatorClient(Once(0, None)).run(RUN) == {"status": "contained"}
    assert answers == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (403, Forbidden),
        (404, BadInput),
        (429, Retryable),
        (500, Refused),
        (502, Retryable),
        (503, Retryable),
        (504, Retryable),
    ],
)
@pytest.mark.parametrize(
    "answer", [{"message": "Forbidden"}, None, "text", {"error": "text"}, {"error": {"kind": "?"}}]
)
def test_what_api_gateway_says_itself_has_a_meaning_too(
    code: int, kind: type[RingfenceError], answer: object
) -> None:
    with pytest.raises(kind) as raised:
        HttpOperatorClient(Answers(code, answer)).status(STATUS)
    assert type(raised.value) is kind
    assert str(code) in str(raised.value)


def test_of_several_releases_each_is_answered_for_whatever_the_code() -> None:
    answer = {"incident": "inc-1", "releases": [{"status": "refused"}, {"status": "released"}]}
    assert HttpOperatorClient(Answers(409, answer)).release({"incident": "inc-1"}) == answer


def direct(site: Site) -> DirectOperatorClient:
    return DirectOperatorClient(
        site.ports(""), KIM, site.desk.policy, site.desk.catalogue, site.find, site.listed
    )


def test_through_the_direct_door_looking_is_going_on() -> None:
    door = direct(Site())
    assert door.run(RUN)["status"] == "contained"
    assert door.status(STATUS)["state"] == "complete"


def test_a_direct_door_keeps_at_what_is_not_done_yet() -> None:
    site = Site()
    door = direct(site)

    def fail(_: object) -> None:
        raise Retryable("not now")

    site.cloud.refuse = fail
    assert door.run(RUN)["status"] == "open"
    assert door.status(STATUS)["state"] == "not contained"
    site.cloud.refuse = lambda _: None
    assert door.status(STATUS)["state"] == "complete"


def test_each_use_of_a_direct_door_is_an_execution_of_its_own() -> None:
    site = Site()
    door = direct(site)
    door.run({**RUN, "dry_run": True})
    door.run(RUN)
    attempts = {entry.attempt for entry in site.history.entries}
    assert len(attempts) == 2
    assert all(attempt.startswith("direct-") for attempt in attempts)


def test_what_ones_own_credentials_do_not_allow_is_not_waited_for() -> None:
    def deny(what: str, _: object) -> None:
        raise AccessDenied(f"{what}: AccessDenied")

    site = Site()
    site.gate = deny
    door = direct(site)
    for ask, body in ((door.run, RUN), (door.status, STATUS)):
        with pytest.raises(BadInput, match="--direct: needs credentials with these permissions"):
            ask(body)


def test_a_denial_of_what_is_left_is_not_waited_for_either() -> None:
    site = Site()
    door = direct(site)
    door.run(RUN)
    site.cloud.unreadable = {Network: AccessDenied("ec2:DescribeInstances: UnauthorizedOperation")}
    with pytest.raises(BadInput, match="UnauthorizedOperation"):
        door.status(STATUS)
