"""Judge the examples that rules bring. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.posture.evaluate import result
from ringfence.posture.rule import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.posture.file import Loaded


@frozen
class Misjudged:
    """An example that the rule judges in another way than the example says."""

    rule: str
    file: str
    line: int
    expected: str
    judged: str
    reasons: tuple[str, ...]


def misjudged(loaded: Iterable[Loaded]) -> Iterator[Misjudged]:
    """Yield the examples whose result is another one than they say."""
    for one in loaded:
        for example in one.examples:
            expected = Status.PASSED if example.passes else Status.FAILED
            judged = result(one.rule, example.resource)
            if judged.status is not expected:
                yield Misjudged(
                    one.rule.name,
                    one.file,
                    example.line,
                    expected.value,
                    judged.status.value,
                    judged.reasons,
                )
