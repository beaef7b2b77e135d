"""The self-check's result fits into 80 columns, and its commands can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli.doctor_view import shown
from ringfence.self_check.findings import Problem, Report, Standing
from ringfence.self_check.places import Deployment

if TYPE_CHECKING:
    import pytest

HOME, REGION = "111122223333", "eu-west-1"
DEPLOYMENT = Deployment(HOME, REGION, (HOME, "444455556666"))
COMPARED = (("stack", 4), ("policy", 1), ("key alias", 2))


def problem(words: str = "is DISABLED, declared ENABLED", **more: object) -> Problem:
    given: dict[str, object] = {
        "standing": Standing.FAULT,
        "account": HOME,
        "region": REGION,
        "stack": "Ringfence-Response",
        "resource": "rule Ringfence-Response-ContainInstanceRule1E7213C4B-76873B76E7AEA",
        "aspect": "state",
        "words": words,
        "remedy": f"aws events enable-rule --name {'x' * 90} --region {REGION}",
        **more,
    }
    return Problem(**given)  # type: ignore[arg-type]  # as given


def lines(*problems: Problem, only: str = "") -> list[str]:
    return [click.unstyle(one) for one in shown(Report(COMPARED, problems), DEPLOYMENT, only)]


def test_a_sound_deployment_is_three_lines_and_says_what_was_compared() -> None:
    assert lines() == [
        "Ringfence in account 111122223333, eu-west-1",
        "compared: 4 stacks, 1 policy, 2 key aliases",
        "",
        "✓ Everything is as declared.",
    ]


def test_a_problem_has_what_was_found_and_a_command_in_one_line() -> None:
    found = lines(problem())
    assert "✗ rule Ringfence-Response-ContainInstanceRule1E7213C4B-76873B76E7AEA" in found
    assert "    state: is DISABLED, declared ENABLED" in found
    assert f"    → aws events enable-rule --name {'x' * 90} --region eu-west-1" in found
    assert found[-1] == "1 fault"


def test_in_a_pipe_nothing_is_wrapped() -> None:
    words = f"is {'a word or two ' * 20}and more"
    assert f"    state: {words}" in lines(problem(words))


def test_on_a_terminal_words_are_wrapped_and_names_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    name = "n" * 100
    found = lines(problem(f"is {'a word or two ' * 20}and {name}"))
    assert any(one.strip() == name for one in found)
    assert all(len(one) <= 80 or name in one or "→" in one for one in found)


def test_problems_of_one_resource_are_together_and_its_command_is_there_once() -> None:
    found = lines(problem(), problem("is x, declared y", aspect="pattern"))
    assert sum(one.startswith("✗") for one in found) == 1
    assert sum("→" in one for one in found) == 1


def test_another_place_has_a_heading_and_the_unknown_is_counted_apart() -> None:
    found = lines(problem(), problem(account="444455556666", standing=Standing.UNKNOWN))
    assert "account 444455556666, eu-west-1" in found
    assert any(one.startswith("? rule") for one in found)
    assert found[-1] == "1 fault, 1 unknown"


def test_what_was_not_read_is_said() -> None:
    assert "With --direct, only account 111122223333 of 2 was read." in lines(only=HOME)


def test_text_from_aws_cannot_control_the_terminal() -> None:
    assert all("\x1b" not in one for one in lines(problem("is \x1b[31mred")))


def unread(number: int, *denied: str, noun: str = "role") -> Problem:
    words = f"unknown: denied for {number}" if denied else "unknown: throttled"
    remedy = f"grant {denied[0]} to the caller" if denied else "ringfence doctor (again)"
    return problem(
        words,
        standing=Standing.UNKNOWN,
        resource=f"{noun} ringfence-{number}",
        aspect="reading",
        remedy=remedy,
        denied=denied,
    )


def test_many_resources_that_could_not_be_read_are_one_entry_with_what_they_have_in_common() -> None:
    denied = [unread(number, "iam:GetRole") for number in range(100)]
    denied += [unread(number, "sqs:GetQueueAttributes", noun="queue") for number in range(68)]
    found = lines(*denied)
    assert found[3:-2] == [
        "? 168 resources could not be read: 100 roles, 68 queues",
        "    for example role ringfence-0: unknown: denied for 0",
        "    → grant iam:GetRole, sqs:GetQueueAttributes to the caller, or use the role ringfence-doctor",
        "    → to list each of them: ringfence doctor --json",
    ]
    assert found[-1] == "168 unknown"


def test_what_was_denied_and_what_failed_are_apart_and_few_are_shown_one_by_one() -> None:
    found = lines(*(unread(number, "iam:GetRole") for number in range(9)), *map(unread, range(9, 14)))
    assert [one for one in found if one.startswith("?")] == [
        "? 9 resources could not be read: 9 roles",
        "? 5 resources could not be read: 5 roles",
    ]
    few = lines(problem(), *map(unread, range(3)))
    assert sum(one.startswith("? role") for one in few) == 3
