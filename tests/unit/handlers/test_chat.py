"""Buttons in chat: what they send goes to the operators' API, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.chat import HELD_FOR, REASON, Buttons
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_requests import answer_request
from ringfence.handlers.operator_types import FOR_CHAT
from ringfence.model.errors import Retryable
from ringfence.record.measures import FORGED
from ringfence.record.notices.chat import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping

INCIDENT = "inc-20260301T120000.000000-0123456789"
PLAN = "d" * 64
TOKEN = f"{INCIDENT}/0123456789ab/{PLAN}"
WAITS = {"status": "waiting", "missing": 1}


@dataclass
class Api:
    """The operators' API. `silent`: it does not answer."""

    code: int = 200
    answer: object = field(default_factory=lambda: WAITS)
    silent: bool = False
    asked: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Take a request."""
        self.asked.append((path, document))
        if self.silent:
            raise Retryable("no response")
        return self.code, self.answer


@pytest.mark.parametrize("button", ["approve", "reject"])
def test_a_button_answers_one_plan_by_its_digest(button: str) -> None:
    api = Api()
    assert Buttons(api, ANSWERS).pressed({button: TOKEN}) == {"status": "waiting", "missing": "1"}
    ((path, body),) = api.asked
    read = answer_request(body)
    assert (path, read.incident, read.approval, read.answer) == ("/answers", INCIDENT, "0123456789ab", button)
    assert (read.plan, read.reason, read.break_glass) == (PLAN, REASON, False)
    assert set(body) <= set(FOR_CHAT[path])


def test_a_button_holds_one_incident_for_two_hours() -> None:
    api = Api(answer={"pause": {"words": f"incident {INCIDENT} until 14:00 UTC"}})
    assert Buttons(api, ANSWERS).pressed({"hold": INCIDENT}) == {
        "held": f"incident {INCIDENT} until 14:00 UTC"
    }
    assert api.asked == [("/pauses", {"incident": INCIDENT, "seconds": HELD_FOR, "reason": REASON})]
    assert set(api.asked[0][1]) <= set(FOR_CHAT["/pauses"])


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        "approve",
        None,
        {"approve": TOKEN, "reject": TOKEN},
        {"approve": ""},
        {"approve": None},
        {"approve": INCIDENT},
        {"approve": f"{TOKEN}x"},
        {"approve": f"{TOKEN}\n"},
        {"approve": {"incident": INCIDENT}},
        {"release": INCIDENT},
        {"hold": TOKEN},
        {"hold": "all"},
        {"requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:user/ada"}}}},
    ],
)
def test_what_no_button_sends_is_refused_and_told(capsys: pytest.CaptureFixture[str], event: object) -> None:
    logger()
    api = Api()
    assert Buttons(api, ANSWERS).pressed(event).keys() == {"refused"}
    assert not api.asked
    assert FORGED in capsys.readouterr().out


def test_a_button_that_the_deployment_does_not_have_is_refused() -> None:
    api = Api()
    assert Buttons(api, ("approve", "reject")).pressed({"hold": INCIDENT}).keys() == {"refused"}
    assert not api.asked


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        (
            403,
            {"kind": "forbidden", "message": "the policy lets only others approve"},
            {"refused": "the policy lets only others approve"},
        ),
        (409, {"kind": "refused", "message": "it is expired"}, {"refused": "it is expired"}),
        (503, {"kind": "retry", "message": "busy"}, {"failed": "busy. Press the button again."}),
        (500, None, {"refused": "the API answered 500"}),
    ],
)
def test_a_refusal_of_the_api_is_told_in_its_words(code: int, error: object, told: dict[str, str]) -> None:
    api = Api(code, {"error": error} if error else None)
    assert Buttons(api, ANSWERS).pressed({"approve": TOKEN}) == told


def test_without_an_answer_the_person_can_press_again() -> None:
    assert Buttons(Api(silent=True), ANSWERS).pressed({"approve": TOKEN}).keys() == {"failed"}
