"""A scheduled look takes nothing from its input, so it does not matter who invokes it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest

import recheck
from ringfence.handlers import scheduled, wiring
from stacks.callers import Way, invoked
from stacks.function_code import FUNCTIONS
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext

ONLY_SCHEDULED = sorted(
    {name.rpartition("-")[2] for name, one in invoked().items() if one.ways == (Way.SCHEDULE,)}
)
INPUTS: list[Any] = [{}, {"incident": "inc-1"}, {"detail": {"account": "111122223333"}}, [], "x"]


@pytest.mark.parametrize("name", ONLY_SCHEDULED)
def test_a_scheduled_function_does_not_read_its_input(name: str) -> None:
    tree = ast.parse((FUNCTIONS / f"{name}.py").read_text("utf-8"))
    (handler,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]
    given = handler.args.args[0].arg
    read = [
        node
        for node in ast.walk(handler)
        if isinstance(node, ast.Name) and node.id == given and isinstance(node.ctx, ast.Load)
    ]
    assert not read


def test_there_are_functions_that_are_only_scheduled() -> None:
    assert {"review"} <= set(ONLY_SCHEDULED)


@pytest.mark.parametrize("given", INPUTS)
def test_a_recheck_without_messages_looks_at_all_that_is_due(
    monkeypatch: pytest.MonkeyPatch,
    given: Any,  # noqa: ANN401 - anything at all
) -> None:
    looked: list[ExecutionContext] = []

    class Rechecks:
        def watch(self, execution: ExecutionContext, side_by_side: object, send: object) -> int:
            assert side_by_side
            assert send
            looked.append(execution)
            return 3

    class MemberLook:
        def begin(self, home_region: str) -> int:
            assert home_region == "eu-west-1"
            return 2

    class Context:
        aws_request_id = "request-1"

        def get_remaining_time_in_millis(self) -> int:
            return 29_000

    class Given:
        function, queue_url = "ringfence-contain-instance-recheck", "https://example.com/queue"

    context: Any = Context()
    monkeypatch.setattr(wiring, "settings", Given)
    monkeypatch.setattr(wiring, "now", lambda: NOON)
    monkeypatch.setattr(scheduled, "rechecks", Rechecks)
    monkeypatch.setattr(scheduled, "send", lambda: print)
    monkeypatch.setattr(scheduled, "members", MemberLook)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert recheck.handler(given, context) == {"incidents": 3, "places": 2}
    assert [one.actor for one in looked] == ["ringfence-contain-instance-recheck"]
