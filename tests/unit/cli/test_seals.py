"""What people read about seals comes from the API. Without its answer, nothing is claimed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest
from click import unstyle
from click.testing import CliRunner, Result
from moto import mock_aws

from ringfence.aws.caller import Caller
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main
from ringfence.cli.operator_client import HttpOperatorClient
from ringfence.cli.operator_command import Environment
from ringfence.model.errors import Retryable
from ringfence.record.history import History
from tests.support.fakes.audit_home import AUDIT, REGION, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, contained, lease
from tests.support.json_forms import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALL = len(contained())


class Api:
    """Answers with one response, or with a status code."""

    def __init__(self, code: int = 200, chain: str = KEY.text, **found: object) -> None:
        lists = {name: found.get(name, []) for name in ("forged", "unsealed", "unchecked", "sealed")}
        counts = {name: len(cast("list[int]", seqs)) for name, seqs in lists.items()}
        one = {"chain": chain, "missing": "", "counts": counts, **lists, **found}
        self.answer: tuple[int, object] = (code, {"incident": INCIDENT, "responses": [one], "more": 0})

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Answer."""
        assert (path, document) == ("/seals", {"incident": INCIDENT})
        return self.answer


class Down(Api):
    """Does not answer."""

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Fail."""
        raise Retryable(f"{path} {len(document)}: Connection refused")


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    own_client.cache_clear()
    own_session.cache_clear()
    with mock_aws():
        dynamo_log(tables()).append(KEY, History(), contained(), lease())
        yield


def ringfence(api: Api, *words: str) -> Result:
    outside = Environment(
        caller=lambda: Caller("111122223333", "arn:aws:iam::111122223333:user/kim"),
        region=lambda: REGION,
        client=lambda _: HttpOperatorClient(api),
        catalogue=dict,
        interactive=lambda: False,
        clock=lambda: 0.0,
        sleep=lambda _: None,
    )
    done = CliRunner().invoke(main, words, obj=outside, env={"RINGFENCE_AUDIT_TABLE": AUDIT})
    check(words, done.stdout)
    return done


def shown(api: Api, *words: str) -> Result:
    return ringfence(api, "incidents", "show", INCIDENT, *words)


def verified(api: Api, *words: str) -> Result:
    return ringfence(api, "audit", "verify", INCIDENT, "--without-archive", *words)


SOUND = Api(sealed=list(range(ALL)))
FORGED = Api(sealed=[0, 1, 2], forged=[3, 4, 5])
UNSEALED = Api(sealed=[0, 1], unsealed=[2, 3, 4, 5])
NO_KEY = Api(unchecked=list(range(ALL)), missing="kms:GenerateMac: DisabledException")


@pytest.mark.parametrize(
    ("api", "says", "code"),
    [
        (SOUND, f"{ALL} entries are sealed", 0),
        (FORGED, "entries 3-5 are not authentic", 1),
        (UNSEALED, "entries 2-5 are not sealed", 0),
        (NO_KEY, "seals not checked: 0-5: kms:GenerateMac: DisabledException", 0),
    ],
    ids=["sound", "forged", "unsealed", "no key"],
)
def test_both_commands_say_what_the_function_found(api: Api, says: str, code: int) -> None:
    show, verify = shown(api), verified(api)
    assert (show.exit_code, verify.exit_code) == (code, code), show.output + verify.output
    assert says in show.output
    assert says in verify.output


def test_an_incident_that_is_not_authentic_is_shown_with_a_warning_first() -> None:
    lines = shown(FORGED).stdout.splitlines()
    assert lines[0].startswith("tampering\tTAMPERING: entries 3-5 are not authentic")
    assert lines[-1] == f"next\tringfence audit verify {INCIDENT}"
    (response,) = json.loads(shown(FORGED, "--json").stdout)["responses"]
    assert response["next"] == f"ringfence audit verify {INCIDENT}"
    assert "TAMPERING" not in shown(SOUND).output


def test_the_page_of_an_incident_that_is_not_authentic_offers_no_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    page = unstyle(shown(FORGED, "--no-pager").stdout).strip().splitlines()
    assert page[0].startswith("TAMPERING: entries 3-5 are not authentic")
    assert page[-1].strip() == f"ringfence audit verify {INCIDENT}"
    assert not any("ringfence release" in line for line in page)


def test_the_timeline_marks_the_entries() -> None:
    assert shown(FORGED, "--full").output.count("NOT AUTHENTIC") == 3
    assert shown(UNSEALED, "--full").output.count("not sealed") == 4 + 1
    assert "NOT AUTHENTIC" not in shown(SOUND, "--full").output


def test_a_verification_names_the_first_forged_entry() -> None:
    output = verified(FORGED).output
    assert "VERIFICATION FAILED: entry 3 is not authentic: no function of Ringfence sealed it" in output


@pytest.mark.parametrize(
    ("api", "reason"),
    [
        (Down(), "Connection refused"),
        (Api(403), "the API answered 403"),
        (Api(404), "the API answered 404"),
        (Api(500), "the API answered 500"),
        (Api(chain="another#chain"), "the function did not check this response"),
        (Api(problem="dynamodb:Query: AccessDenied"), "dynamodb:Query: AccessDenied"),
        (Api(forged=["3"]), "must be numbers of entries"),
        (Api(counts=None), "counts"),
    ],
    ids=["down", "denied", "earlier version", "bug", "another", "problem", "text", "no counts"],
)
def test_without_an_answer_nothing_is_claimed(api: Api, reason: str) -> None:
    show, verify = shown(api), verified(api)
    assert (show.exit_code, verify.exit_code) == (0, 0), show.output + verify.output
    for done in (show, verify):
        assert "seals not checked: " in done.output
        assert reason in done.output
        assert "sealed" not in done.output
    (response,) = json.loads(shown(api, "--json").output)["responses"]
    assert response["seals"]["checked"] is False
    assert reason in response["seals"]["reason"]


def test_an_answer_about_another_incident_is_none() -> None:
    api = Api(sealed=[0])
    _, answer = api.answer
    api.answer = (200, {**cast("dict[str, object]", answer), "incident": INCIDENT[:-1] + "x"})
    assert "seals not checked: incident: must be" in shown(api).output


def test_machines_get_the_numbers() -> None:
    (response,) = json.loads(shown(FORGED, "--json").output)["responses"]
    expected = {"checked": True, "sealed": 3, "forged": [3, 4, 5], "unsealed": [], "unchecked": []}
    assert response["seals"] == {**expected, "reason": ""}
    verdict = json.loads(verified(FORGED, "--json").output)
    assert (verdict["sound"], verdict["faults"][0]["wrong"]) == (False, "forged")
    assert verdict["seals"] == response["seals"]


def test_without_the_api_the_missing_address_is_the_reason() -> None:
    done = CliRunner().invoke(
        main, ("incidents", "show", INCIDENT), env={"RINGFENCE_AUDIT_TABLE": AUDIT, "COLUMNS": "200"}
    )
    assert done.exit_code == 0
    assert "seals not checked: Ringfence is not deployed in account " in done.output
