"""Run the queries over flow logs each day, and send what they find.

A message is one query over the logs of one account and one day. Athena runs it once, however often the
message is delivered: the message returns until the result exists. A query that failed is run again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.events.envelope import parse_json
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.insights.daily import MOST_ROWS, Look
from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.step import counted
from ringfence.record.measures import REVIEW_FAILED, Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.proof import Proof
    from ringfence.insights.query import Query


class Queries(Protocol):
    """Saved queries."""

    def rows(
        self, name: str, parameters: Sequence[str], tokens: Sequence[str]
    ) -> Iterable[Mapping[str, str]]:
        """Return the rows of a query. Raises Retryable while it runs.

        The same token runs it once. The next one runs it again if it failed.
        """
        ...


@dataclass(frozen=True)
class NetworkLooks:
    """Looks at the flow logs of accounts. `send` sends a message to the own queue, and `report` a finding.

    `saved` are the queries of this deployment.
    """

    accounts: tuple[str, ...]
    saved: tuple[Query, ...]
    queries: Queries
    send: Callable[[str], None]
    report: Callable[[Mapping[str, object]], None]

    def begin(self, now: datetime) -> int:
        """Send a message for each account and query, about yesterday. Return how many. Raises Retryable."""
        day = (now - timedelta(days=1)).date()
        looks = [
            Look(query, account, day, secrets.token_hex(16))
            for account in self.accounts
            for query in self.saved
        ]
        for one in looks:
            self.send(canonical(one.message))
        return len(looks)

    def work(self, body: str, _execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Handle one message. Raises BadInput, Forged and Retryable."""
        proof.check()
        look = Look.of(Document.of(parse_json(body)))
        if look.query not in self.saved:
            logger().info("off", extra={**look.about, "why": "a deployment removed the query"})
            return ()
        rows = tuple(self.queries.rows(look.query.id, look.parameters, look.tokens))
        for row in rows[:MOST_ROWS]:
            self.report(look.finding(row))
        if len(rows) > MOST_ROWS:
            self.report(look.cut())
            why = f"there are more than {counted(MOST_ROWS, 'row')}"
            logger().error("not looked at", extra={**look.about, "why": why})
            emit((Measure(REVIEW_FAILED),))
        logger().info("looked", extra={**look.about, "found": counted(len(rows), "row")})
        return ()
