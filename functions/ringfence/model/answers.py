"""Helpers for generators: read responses and classify errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ringfence.model.call import Failed
from ringfence.model.errors import InternalError, NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ringfence.model.call import Answer
    from ringfence.model.document import Document


def document(answer: Answer) -> Document:
    """Return the response of a call without expected failures."""
    if isinstance(answer, Failed):
        raise InternalError(f"{answer.code} was declared as expected and is not handled: {answer.message}")
    return answer


def accept(answer: Answer, *, not_found: Collection[str] = (), refused: Collection[str] = ()) -> Document:
    """Return the response. Raise NotFound or Refused for the error codes with that meaning."""
    if isinstance(answer, Failed):
        _refuse(answer, not_found, refused)
    return answer


def _refuse(failed: Failed, not_found: Collection[str], refused: Collection[str]) -> NoReturn:
    words = f"{failed.code}: {failed.message}"
    if failed.code in not_found:
        raise NotFound(words)
    if failed.code in refused:
        raise Refused(words)
    raise InternalError(f"{words} was declared as expected and is not handled")


def tags(resource: Document, key: str = "Tags") -> dict[str, str]:
    """Return the tags of an EC2 resource."""
    return {tag.text("Key"): tag.optional_text("Value") or "" for tag in resource.children(key)}


def first(documents: Iterator[Document]) -> Document | None:
    """Return the first document or None."""
    return next(documents, None)
