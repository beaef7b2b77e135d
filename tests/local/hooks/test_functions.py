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
