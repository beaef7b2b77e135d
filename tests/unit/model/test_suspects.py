"""Whoever did what is reported is named, with the way to contain them."""

from __future__ import annotations

import pytest

from ringfence.model.incident import Incident
from ringfence.model.suspects import suspected
from tests.support.worlds import NOON


@pytest.mark.parametrize(
    ("who", "command"),
    [
        ("arn:aws:iam::111122223333:user/admin", "contain-credentials admin --account 111122223333 "),
        ("arn:aws:iam::111122223333:user/team/a/admin", "contain-credentials admin --account 111122223333 "),
        ("arn:aws-cn:iam::111122223333:user/admin", "contain-credentials admin --account 111122223333 "),
        ("arn:aws:sts::111122223333:assumed-role/web/i-0", "contain-credentials ID "),
        ("arn:aws:iam::111122223333:root", "contain-credentials ID "),
        ("AWSService:backup.amazonaws.com", "contain-credentials ID "),
        ("arn:aws:iam::111122223333:user/admin; rm -rf", "contain-credentials ID "),
    ],
)
def test_a_user_is_named_in_the_command_and_nobody_else(who: str, command: str) -> None:
    """Others are contained by what an incident does not know: a session's id, or a key's."""
    (words,) = suspected(Incident("inc-1", NOON, suspects=(who,)))
    assert who in words
    assert f"`ringfence run {command}--reason" in words


def test_nobody_is_suspected_where_nobody_is_named() -> None:
    assert not list(suspected(Incident("inc-1", NOON)))
