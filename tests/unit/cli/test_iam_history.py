"""`ringfence iam generate --from-cloudtrail 90d`: what of the event history counts, and what was not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.cli.iam_history import History, user_of
from ringfence.cli.iam_uses import Chosen, counted_uses, uses_of_history
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.privileges.generate import from_uses
from tests.unit.cli.test_iam import RECORDS, ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.privileges.usage import Unknown

REGIONS = ("eu-west-1", "us-east-1")


def history(**answers: list[object] | Exception) -> History:
    def read(region: str) -> Iterator[object]:
        answer = answers.get(region.replace("-", "_"), [])
        if isinstance(answer, Exception):
            raise answer
        yield from answer

    return History(REGIONS, read)


def generated(where: History, chosen: Chosen) -> tuple[list[str], dict[Unknown, int], list[str]]:
    problems: list[str] = []
    unknown: dict[Unknown, int] = {}
    made = from_uses(counted_uses(uses_of_history(where, chosen, problems), chosen, unknown))
    return [action for one in made.statements for action in one.actions], unknown, problems


def test_the_records_of_the_principal_count_in_each_region() -> None:
    where = history(eu_west_1=[*RECORDS[:2]], us_east_1=[*RECORDS[2:]])
    found, unknown, problems = generated(where, Chosen(ROLE))
    assert found == ["dynamodb:PutItem", "s3:PutObject"]
    assert [one.why for one in unknown] == ["denied"]
    assert problems == []


def test_a_region_that_cannot_be_read_is_told_and_the_others_count() -> None:
    where = history(eu_west_1=[*RECORDS, {"eventSource": 3}], us_east_1=Retryable("throttled"))
    found, _, problems = generated(where, Chosen())
    assert "s3:PutObject" in found
    assert problems == [
        "eu-west-1: eventSource: must be a string, not 3",
        "us-east-1 was not read to its end: throttled",
    ]


def test_the_error_of_the_first_region_ends_it() -> None:
    with pytest.raises(AccessDenied):
        generated(history(eu_west_1=AccessDenied("no", "cloudtrail:LookupEvents")), Chosen(ROLE))


@pytest.mark.parametrize(
    ("principal", "user"),
    [
        ("arn:aws:iam::111122223333:user/team/web", "web"),
        ("arn:aws-cn:iam::111122223333:user/web", "web"),
        (ROLE, ""),
        ("web", ""),
    ],
)
def test_only_a_user_has_a_name_to_search_for(principal: str, user: str) -> None:
    assert user_of(principal) == user
