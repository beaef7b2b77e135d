"""Requests of operators that somebody else makes up, changes or repeats: nothing is done, and it is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.operator_callers import CallerCheck
from ringfence.handlers.operator_types import ROUTES
from ringfence.model.signed_identity import HEADER
from ringfence.record.measures import FORGED
from tests.support.fakes.gateway import IAM, event, serve
from tests.support.fakes.site import KIM, Site
from tests.support.fakes.sts import MALLORY, MemoryUsed, Sts, callers, proof, real_time
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


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_verifies_its_caller(site: Site, path: str) -> None:
    code, answer = sends(site, asked("", path=path))
    assert (code, answer["error"]["kind"]) == (403, "forged")
    code, answer = sends(site, asked(proof(path, BODY.encode(), MALLORY), path=path))
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert not site.history.entries
