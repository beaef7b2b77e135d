"""The API for operators, fuzzed from its OpenAPI document: each answer is one that the document names."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis import GenerationMode

from ringfence.aws.dead_letters import DeadLetter
from ringfence.handlers.dead_letters import DeadLetterService
from ringfence.handlers.operator_http import SERVED
from ringfence.handlers.operator_routes import PATHS
from ringfence.handlers.operator_types import RELEASES
from ringfence.handlers.pauses import PauseService
from ringfence.handlers.seal_checks import SealService
from tests.support import pauses
from tests.support.fakes.gateway import serve
from tests.support.fakes.seals import SEALS
from tests.support.fakes.site import RUNBOOK, Site
from tests.support.fakes.wsgi_gateway import WsgiGateway
from tests.support.fuzzing import FUZZED, Case, answered, api
from tests.support.worlds import NOON, REF
from tools import openapi

Json = dict[str, Any]
DOCS = Path(__file__).parents[3] / "docs"


class Letters:
    """One dead letter in one queue, which stays."""

    def waiting(self, queue: str) -> tuple[DeadLetter, ...]:
        body = '{"detail-type": "GuardDuty Finding", "account": "111122223333", "region": "eu-west-1"}'
        return (DeadLetter("m-1", NOON, body, "handle"),) if queue.endswith(RUNBOOK.id) else ()

    def put_back(self, queue: str, letter: DeadLetter) -> None:
        """Take it."""


def deployed() -> Site:
    """Return a deployment with all that its function has."""
    site = Site()
    catalogue = {RUNBOOK.id: RUNBOOK}
    site.desk = replace(
        site.desk,
        letters=DeadLetterService(catalogue, Letters(), site.ports(""), pauses.HOME),
        pauses=PauseService(pauses.keeper(site.log, site.clock, site.cloud), catalogue, site.desk.policy),
        seals=SealService(site.find, lambda key, _: site.log.all(key), lambda: SEALS, frozenset, site.clock),
    )
    return site


SITE = deployed()
INCIDENT = SITE.contain()
DOCUMENT = openapi.document(openapi.OPERATORS_API)
API = api(DOCUMENT, WsgiGateway(PATHS, partial(serve, SITE)))
CHEAP = settings(FUZZED, max_examples=4)
WHY: Json = {"reason": "a drill"}
SUBJECT: Json = {"account": REF.account, "region": REF.region, "id": REF.id}
WHO: Json = {"runbook": RUNBOOK.id, "subject": SUBJECT, "remediations": None}
REAL: dict[str, Json] = {
    "/runs": {**WHO, **WHY, "dry_run": True, "options": None, "plan": None},
    "/releases": {**WHY, "incident": INCIDENT, "dry_run": True, "runbook": None, "subject": None},
    "/status": WHO,
    "/rechecks": {"incident": INCIDENT},
    "/dead-letters": {},
    "/replays": {**WHY, "queue": RUNBOOK.id, "id": None},
    "/seals": {"incident": INCIDENT},
    "/approvals": {"breaker": None, "incident": None},
    "/paused": {},
    "/limits": {"limit": None},
}
"""What makes a request of the documented form one about things that exist."""


def strategy(path: str, mode: GenerationMode) -> st.SearchStrategy[Case]:
    """Return requests for a route."""
    found: st.SearchStrategy[Case] = API[path]["POST"].as_strategy(generation_mode=mode)
    return found


def test_the_document_is_valid_and_generated_from_the_declarations() -> None:
    validate(DOCUMENT)
    assert (DOCS / "operator-openapi.json").read_text("utf-8") == openapi.text(openapi.OPERATORS_API)
    page = (DOCS / "operator-api.md").read_text("utf-8")
    assert page == openapi.with_routes(page)


def test_every_declared_route_is_served_and_no_other() -> None:
    assert set(PATHS) == {*SERVED, RELEASES}
    assert len(set(PATHS)) == len(PATHS)


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
@CHEAP
def test_whatever_has_the_documented_form_is_answered_as_documented(path: str, data: st.DataObject) -> None:
    case = data.draw(strategy(path, GenerationMode.POSITIVE))
    answered(case)
    if path in REAL:
        body: Json = case.body  # type: ignore[assignment]  # it has the documented form
        case.body = {**body, **REAL[path]}
        code, answer = answered(case)
        assert code == 200, answer


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
@CHEAP
def test_whatever_has_another_form_is_refused_with_the_field(path: str, data: st.DataObject) -> None:
    code, answer = answered(data.draw(strategy(path, GenerationMode.NEGATIVE)))
    assert code == 400, answer
    assert answer["error"]["field"]
