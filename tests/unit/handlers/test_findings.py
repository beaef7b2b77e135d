"""How often what is answered comes back by a message of its own."""

from __future__ import annotations

from ringfence.engine.results import RECHECK_AFTER
from ringfence.engine.verify import WAIT_FOR_OTHERS

LOOP = 16
"""Invocations in one chain of messages, after which Lambda takes them for a loop and stops the function.

"Use Lambda recursive loop detection": https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""


def test_looks_that_wait_for_others_end_before_lambda_takes_them_for_a_loop() -> None:
    """Before them come the look at containment and the one at everything; after them, the last."""
    assert WAIT_FOR_OTHERS / RECHECK_AFTER + 3 < LOOP
