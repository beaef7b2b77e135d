"""The pages of a query of AWS Config: of the aggregator that has the place, or of the region itself. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.posture import queries
from ringfence.posture.queries import Where
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.model.place import Place
    from ringfence.posture.queries import Rows
    from ringfence.posture.reach import Reach


@frozen
class Pages:
    """Asks about a place. `EVERYWHERE` is asked in the region that a query names."""

    place: Place
    reach: Reach

    def of(self, region: str, query: Callable[[Where], str], where: Where) -> Iterator[Rows]:
        """Yield the pages of a query. Raises BadInput, Refused, Retryable."""
        aggregator, account, token = self.reach.aggregator, self.place.account, ""
        name = ""
        if aggregator and aggregator.covers(account, region):
            there = "" if self.place.region == EVERYWHERE else region
            where, name = Where(where.types, account, there, where.since), aggregator.name
            account, region = aggregator.home.account, aggregator.home.region
        expression = query(where)
        while True:
            rows = self.reach.patiently(account, region, partial(queries.page, expression, token, name))
            yield rows
            token = rows.token
            if not token:
                return

    def counts(self, region: str, types: Iterable[str]) -> Mapping[str, int]:
        """Return the number of items of each type. Raises BadInput, Refused, Retryable."""
        pages = tuple(self.of(region, queries.counts, Where(tuple(types))))
        for refused in (error for page in pages for error in page.refused):
            raise refused
        return queries.counted(row for page in pages for row in page.rows)
