"""Functions of the local AWS fail as on Lambda."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_error_has_the_name_of_its_exception(aws: Any, make_function: Callable[..., str]) -> None:
    source = """
        class Refused(Exception): pass
        def handler(event, context):
            raise Refused("not today")
    """
    answer = aws.client("lambda").invoke(FunctionName=make_function(source))
    assert answer["FunctionError"] == "Unhandled"
    error = json.load(answer["Payload"])
    assert (error["errorType"], error["errorMessage"]) == ("Refused", "not today")


def test_workers_of_the_same_code_share_one_copy_of_it(aws: Any, make_function: Callable[..., str]) -> None:
    source = """
        import pathlib
        def handler(event, context):
            return [str(pathlib.Path(__file__).resolve()), "NAME"]
    """
    first, second, other = (
        json.load(aws.client("lambda").invoke(FunctionName=make_function(each))["Payload"])
        for each in (source, source, source.replace("NAME", "other"))
    )
    assert first == second
    assert first[0] != other[0]
    assert (first[1], other[1]) == ("NAME", "other")
