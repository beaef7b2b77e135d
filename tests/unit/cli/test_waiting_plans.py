"""`ringfence approvals` without an incident, and `approve` and `reject` with `--breaker`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.cli.waiting_plans import Together, answers
from ringfence.handlers.operator_requests import batch_request
from ringfence.model.document import Document
from ringfence.model.incident import incident_id
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.approvals import Approval, ApprovalStatus, approvals
from ringfence.record.batches import MOST_TOGETHER, Shown, batch_digest
from ringfence.record.chain import ChainKey
from ringfence.record.notices import notice
from tests.support.fakes.limited import Limited
from tests.support.fakes.site import KIM, OTHER, RUNBOOK
from tests.support.fakes.terminal import Terminal
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.handlers.operator_types import BatchRequest
    from ringfence.record.history import History

DONE, NOT_DONE, UNUSABLE = 0, 1, 2
S = ApprovalStatus
LIMIT = "overall/hour"
DIGEST = re.compile(r"[0-9a-f]{64}")


@pytest.fixture
def site() -> Limited:
    return Limited()


@pytest.fixture
def terminal(site: Limited) -> Terminal:
    site.reach()
    return Terminal(site)


def waits(site: Limited) -> tuple[History, Approval]:
    history = site.log.read(ChainKey(RUNBOOK.id, OTHER.key))
    return history, approvals(history.entries)[-1]


def status(site: Limited) -> ApprovalStatus:
    return waits(site)[1].status(site.clock())


def test_everything_that_waits_is_listed_with_the_limit_that_it_waits_behind(
    terminal: Terminal, site: Limited
) -> None:
    result = terminal("approvals")
    assert result.exit_code == DONE, result.output
    (line,) = (one for one in result.stdout.splitlines() if one.startswith("inc-"))
    history, _ = waits(site)
    assert {history.incident, RUNBOOK.id, OTHER.key, LIMIT, "every approver"} <= set(line.split("\t"))
    assert "Nothing has been changed yet. The resource is NOT contained." in line
    assert line.endswith(f"ringfence approve {history.incident} --approval {waits(site)[1].id}")
    (one,) = json.loads(terminal("approvals", "--json").stdout)["waiting"]
    assert (one["incident"], one["limit"], one["status"]) == (history.incident, LIMIT, "waiting")


def test_nothing_waits_behind_another_limit(terminal: Terminal) -> None:
    assert "No plan waits" in terminal("approvals", "--breaker", "account/1/hour").stdout
    assert terminal("approve", "--breaker", "account/1/hour", "--yes").exit_code == NOT_DONE


def test_the_urgent_notice_names_the_command_that_approves_all_of_it(
    terminal: Terminal, site: Limited
) -> None:
    history, _ = waits(site)
    told = (notice(history.entries[: number + 1]) for number in range(len(history.entries)))
    (urgent,) = (one.text for one in told if one and "limit reached" in one.subject)
    assert f"ringfence approve --breaker {LIMIT}\n" in urgent
    result = terminal("approve", "--breaker", LIMIT, answer="y\n")
    assert result.exit_code == DONE, result.output
    assert all(step in result.stdout for step in waits(site)[1].asked.steps)
    assert f"✓ {history.incident}" in result.stdout
    assert status(site) is S.APPROVED
    (answered,) = waits(site)[0].of(ApprovalAnswered)
    assert answered.batch in result.stdout
    assert waits(site)[0].entries[-1].actor == KIM


def test_without_a_terminal_the_digest_of_all_plans_is_required_and_binds(
    terminal: Terminal, site: Limited
) -> None:
    terminal.interactive = False
    refused = terminal("approve", "--breaker", LIMIT)
    assert refused.exit_code == UNUSABLE
    (digest,) = DIGEST.findall(refused.stderr)
    assert terminal("approve", "--breaker", LIMIT, "--plan", "0" * 64).exit_code == NOT_DONE
    assert status(site) is S.WAITING
    assert terminal("approve", "--breaker", LIMIT, "--plan", digest).exit_code == DONE
    assert status(site) is S.APPROVED


def test_what_is_not_confirmed_is_not_answered(terminal: Terminal, site: Limited) -> None:
    assert terminal("approve", "--breaker", LIMIT, answer="n\n").exit_code == NOT_DONE
    assert status(site) is S.WAITING


def test_what_waits_can_be_rejected_together(terminal: Terminal, site: Limited) -> None:
    result = terminal("reject", "--breaker", LIMIT, "--reason", "a test of the network", "--yes", "--json")
    assert result.exit_code == DONE, result.output
    (outcome,) = json.loads(result.stdout)["outcomes"]
    assert outcome["outcome"] == "rejected"
    assert status(site) is S.REJECTED


@pytest.mark.parametrize(
    "words",
    [
        ("approve",),
        ("reject", "--reason", "x"),
        ("approve", "inc-1", "--breaker", LIMIT),
        ("approve", "--breaker", LIMIT, "--approval", "x"),
        ("approve", "--breaker", LIMIT, "--break-glass"),
        ("approvals", "inc-1", "--breaker", LIMIT),
    ],
)
def test_a_wrong_command_answers_nothing(terminal: Terminal, site: Limited, words: tuple[str, ...]) -> None:
    assert terminal(*words).exit_code == UNUSABLE
    assert status(site) is S.WAITING


class Client:
    """The API as it reads requests. Each one answers at most 200 plans before its time is over."""

    def __init__(self) -> None:
        self.batches: list[BatchRequest] = []

    def answer(self, body: object) -> dict[str, object]:
        batch = batch_request(json.loads(json.dumps(body)))
        assert batch
        self.batches.append(batch)
        some = batch.shown[batch.after :][:200]
        outcomes = [{"incident": one.incident, "approval": one.approval} for one in some]
        done = batch.after + len(some)
        return {"outcomes": outcomes, **({"next": done} if done < len(batch.shown) else {})}


class Once:
    """A poller that asks once."""

    def first(self, ask: Callable[[], Mapping[str, object]]) -> Document:
        return Document.of(ask())


@pytest.mark.parametrize(
    "sizes", [[1], [MOST_TOGETHER], [MOST_TOGETHER, 1], [MOST_TOGETHER, MOST_TOGETHER, 1]]
)
def test_more_plans_than_one_request_takes_are_answered_in_parts(sizes: list[int]) -> None:
    client, start = Client(), datetime(2026, 3, 1, tzinfo=UTC)
    ids = (incident_id(start + timedelta(seconds=number), REF.key) for number in range(sum(sizes)))
    shown = tuple(Shown(one, f"approval-{number}", "0" * 64) for number, one in enumerate(ids))
    asked = Together(Answer.REJECT, "a test of the network")
    found = answers(client, Once(), LIMIT, asked, shown)  # type: ignore[arg-type]  # both fakes
    assert [one.text("incident") for one in found] == [one.incident for one in shown]
    parts = dict.fromkeys(one.shown for one in client.batches)
    assert [len(one) for one in parts] == sizes
    assert {one.digest for one in client.batches} == {batch_digest(one) for one in parts}
