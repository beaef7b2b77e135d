"""The answer of the API for findings: the result of each, or the error of the whole request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from ringfence.handlers.sent_results import sent
from ringfence.model.errors import Refused, Retryable

if TYPE_CHECKING:
    from ringfence.aws.signed_http import SignedHttp


@dataclass
class Api:
    """An API with one answer."""

    code: int
    answer: object

    def post(self, path: str, document: object) -> tuple[int, object]:
        del path, document
        return self.code, self.answer


@pytest.mark.parametrize(
    ("code", "error"), [(429, Retryable), (500, Retryable), (503, Retryable), (403, Refused), (404, Refused)]
)
def test_a_throttled_or_failing_api_can_be_asked_again_and_one_that_refuses_cannot(
    code: int, error: type[Exception]
) -> None:
    api = cast("SignedHttp", Api(code, {"message": "why"}))
    with pytest.raises(error, match=f"the API answered {code}: why"):
        sent(api, ({},))
