"""Requests of operators that somebody else makes up, changes or repeats: nothing is done, and it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.operator_callers import CallerCheck
from ringfence.handlers.operator_routes import PATHS
from ringfence.handlers.operator_types import FOR_CHAT
from ringfence.model.person import person
from ringfence.model.signed_identity import HEADER
from ringfence.record.measures import FORGED
from tests.support.fakes.gateway import IAM, event, serve
from tests.support.fakes.site import KIM, Site
from tests.support.fakes.sts import BUTTON, MALLORY, MemoryUsed, Sts, callers, proof, real_time
from tests.unit.functions.test_operate import RUN, WHO

if TYPE_CHECKING:
    from ringfence.model.signed_identity import SignedIdentity

Json = dict[str, Any]
BODY = json.dumps(RUN)


def asked(identity: SignedIdentity | str, *, names: str = KIM, path: str = "/runs", body: str = BODY) -> Json:
    """Return the event that Mallory hands the function, in which she names whom she likes."""
    made = event(path, body, {"iam": {**IAM, "userArn": names}})
    header = identity if isinstance(identity, str) else identity.header
    return {**made, "headers": {**made["headers"], HEADER: header}}


def sends(site: Site, made: Json, check: CallerCheck | None = None) -> tuple[int, Json]:
    answer = serve(site, made, check)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_request_that_kim_signed_is_kims(site: Site) -> None:
    code, _ = sends(site, asked(proof("/runs", BODY.encode())))
    assert code == 200
    assert {entry.actor for entry in site.history.entries} == {KIM}


def kims(body: object = RUN, path: str = "/runs") -> SignedIdentity:
    return proof(path, json.dumps(body).encode())


FORGERIES: dict[str, Json] = {
    "no proof": asked(""),
    "a proof that is none": asked("kim"),
    "her own proof and another's name": asked(proof("/runs", BODY.encode(), MALLORY)),
    "kim's proof and her own name": asked(kims(), names=MALLORY),
    "kim's proof for another subject": asked(kims({**RUN, "reason": "another"})),
    "kim's proof for a dry run": asked(kims({**RUN, "dry_run": True})),
    "kim's proof for a status": asked(kims(path="/status")),
    "a proof for another region": asked(proof("/runs", BODY.encode(), region="us-east-1")),
    "a body with one more space": asked(kims(), body=BODY + " "),
}


@pytest.mark.parametrize("made", FORGERIES.values(), ids=FORGERIES)
def test_what_kim_did_not_sign_is_refused_and_told(
    site: Site, capsys: pytest.CaptureFixture[str], made: Json
) -> None:
    code, answer = sends(site, made)
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert not site.history.entries
    assert not site.cloud.looks
    assert FORGED in capsys.readouterr().out


def test_without_the_api_not_even_a_signed_request_is_served(site: Site) -> None:
    made = asked(kims())
    del made["requestContext"]["authorizer"]
    assert sends(site, made)[0] == 403
    assert not site.history.entries


def test_a_request_is_served_once(site: Site) -> None:
    check, made = callers(), asked(kims())
    assert sends(site, made, check)[0] == 200
    known = site.history.entries
    code, answer = sends(site, made, check)
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert site.history.entries == known


def test_two_equal_requests_have_two_proofs(site: Site) -> None:
    check = callers()
    assert [sends(site, asked(kims()), check)[0] for _ in range(2)] == [200, 200]


def test_a_status_can_be_asked_for_again_with_the_same_proof(site: Site) -> None:
    body = json.dumps(WHO)
    check, made = callers(), asked(proof("/status", body.encode()), path="/status", body=body)
    codes = [sends(site, made, check)[0] for _ in range(2)]
    assert codes[0] == codes[1] != 403


def test_a_proof_is_of_no_use_after_a_minute(site: Site) -> None:
    check = callers(lambda: real_time() + timedelta(seconds=62))
    code, answer = sends(site, asked(kims()), check)
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert "check your clock" in answer["error"]["message"]
    assert isinstance(check.sts, Sts)
    assert not check.sts.asked


def test_a_refused_request_does_not_use_up_a_proof_of_somebody_else(site: Site) -> None:
    check = callers()
    identity = kims()
    sends(site, asked(identity, body=BODY + " "), check)
    assert isinstance(check.used, MemoryUsed)
    assert not check.used.signatures
    assert sends(site, asked(identity), check)[0] == 200


@pytest.mark.parametrize("status", [500, 503, 302])
def test_while_sts_does_not_answer_nothing_is_done_and_the_operator_can_ask_again(
    site: Site, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    check = CallerCheck(Sts(status), MemoryUsed(), real_time)
    code, answer = sends(site, asked(kims()), check)
    assert (code, answer["error"]["kind"]) == (503, "retry")
    assert not site.history.entries
    assert FORGED not in capsys.readouterr().out


@pytest.mark.parametrize("path", PATHS)
def test_every_route_verifies_its_caller(site: Site, path: str) -> None:
    code, answer = sends(site, asked("", path=path))
    assert (code, answer["error"]["kind"]) == (403, "forged")
    code, answer = sends(site, asked(proof(path, BODY.encode(), MALLORY), path=path))
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert not site.history.entries


APPROVERS = "arn:aws:iam::111122223333:role/ops/approvers"
HOLD = {"incident": "inc-20260301T120000.000000-0123456789", "reason": "a button in chat", "seconds": 7200}


def presses(site: Site, path: str, body: Json, role: str = APPROVERS, who: str = BUTTON) -> tuple[int, Json]:
    """Send what the function behind the buttons sends."""
    text = json.dumps(body)
    made = asked(proof(path, text.encode(), who), names=who, path=path, body=text)
    return sends(site, made, replace(callers(), chat_role=role))


@pytest.mark.parametrize("path", sorted(set(PATHS) - set(FOR_CHAT)))
def test_a_button_asks_for_nothing_but_answers_and_pauses(site: Site, path: str) -> None:
    code, answer = presses(site, path, RUN)
    assert (code, answer["error"]["kind"]) == (403, "forbidden")
    assert not site.history.entries
    assert not site.cloud.looks


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/answers", {"break_glass": True}),
        ("/answers", {"breaker": "overall/hour"}),
        ("/answers", {"approvals": []}),
        ("/pauses", {"runbook": "contain-instance"}),
        ("/pauses", {"account": "111122223333"}),
        ("/pauses", {"incident": None}),
    ],
)
def test_a_button_uses_no_break_glass_and_is_about_one_incident(site: Site, path: str, more: Json) -> None:
    code, answer = presses(site, path, {**HOLD, **more})
    assert (code, answer["error"]["kind"]) == (400, "bad-input")
    assert not site.history.entries


def test_without_a_role_for_chat_nobody_answers_there(site: Site) -> None:
    code, answer = presses(site, "/pauses", HOLD, role="")
    assert (code, answer["error"]["kind"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "who",
    [
        "arn:aws:sts::111122223333:assumed-role/ringfence-chat-function-2/ringfence-chat",
        "arn:aws:iam::111122223333:role/ringfence-chat-function",
        "arn:aws:iam::111122223333:user/ringfence-chat-function/",
    ],
)
def test_who_only_has_a_similar_name_acts_as_themselves(who: str) -> None:
    check = replace(callers(), chat_role=APPROVERS)
    assert check.actor(who, "/answers", dict) == who


def test_what_a_button_asks_for_is_recorded_as_asked_by_its_role() -> None:
    check = replace(callers(), chat_role=APPROVERS)
    assert check.actor(BUTTON, "/pauses", lambda: HOLD) == APPROVERS
    assert person(APPROVERS) == person("arn:aws:sts::111122223333:assumed-role/approvers/ada")
