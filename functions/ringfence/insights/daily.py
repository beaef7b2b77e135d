"""The queries that are run each day, and what their rows become: findings about the account. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from ringfence.events.fields import title
from ringfence.events.sent.form import VERSION
from ringfence.insights.network import PACK
from ringfence.insights.query import LISTED, TIMES
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import ACCOUNT as ACCOUNT_ID
from ringfence.model.subject import GLOBAL
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.insights.query import Query
    from ringfence.model.document import Document

DATABASE: Final = "ringfence_network"
ACCOUNT, REGION, DAY = "log_account", "log_region", "log_day"
"""The partitions of the table: the folders of a bucket with flow logs."""
MOST_ROWS: Final = 100
"""Rows of one query that become findings. The most important rows are the first ones."""
PRODUCT: Final = "ringfence-network"
TYPE: Final = "Network/"
"""The prefix of the findings' types. The id of the query follows."""
TO_API, ACCOUNTS = "RINGFENCE_FINDINGS_URL", "RINGFENCE_ACCOUNTS"
WORKGROUP, SAVED = "RINGFENCE_WORKGROUP", "RINGFENCE_SAVED_QUERIES"
"""The variables of the function: the API for sent findings, the accounts, Athena's workgroup, and the ids of
the saved queries by name, as JSON.
"""
SEVERITIES: Final = {"low": 2.0, "medium": 5.0, "high": 8.0, "critical": 9.5}
KEYS: Final = frozenset({"srcaddr", "dstaddr", "dstport", "interface_id", *TIMES})
"""The columns by which a row of one day is known again."""
TRIES: Final = 3
"""How often a query of a message is started: again if it failed."""
_NONCE: Final = re.compile("[0-9a-f]{32}")


def deployed(*, listed: bool = True) -> tuple[Query, ...]:
    """Return the queries that need no other table than the flow logs and, if there is one, the list."""
    known = {LISTED} if listed else set()
    return tuple(one for one in PACK if known.issuperset(one.tables))


@frozen
class Look:
    """One query over the flow logs of one account and one day.

    `nonce` is a random text that only the message contains. Without it, somebody who knows the query and the
    day could start the query first, with the same token, and its early result would be read as this one.
    """

    query: Query
    account: str
    day: date
    nonce: str

    @classmethod
    def of(cls, document: Document) -> Look:
        """Read a look from a message. Raises BadInput that names the field and the value."""
        known = {one.id: one for one in deployed()}
        id_, account, day, nonce = (document.text(name) for name in ("query", "account", "day", "nonce"))
        if id_ not in known:
            raise unknown("query", id_, known)
        if not ACCOUNT_ID.fullmatch(account):
            raise BadInput("account", "must be a 12-digit account id", account)
        if not _NONCE.fullmatch(nonce):
            raise BadInput("nonce", "must be 32 hexadecimal digits", nonce)
        try:
            return cls(known[id_], account, date.fromisoformat(day), nonce)
        except ValueError as error:
            raise BadInput("day", "must be a day such as 2027-01-31", day) from error

    @property
    def message(self) -> dict[str, str]:
        """The look as a message."""
        return {**self.about, "nonce": self.nonce}

    @property
    def about(self) -> dict[str, str]:
        """What it is about, for logs: without the nonce."""
        return {"query": self.query.id, "account": self.account, "day": self.day.isoformat()}

    @property
    def parameters(self) -> tuple[str, str]:
        """The parameters of the query. Athena takes texts in quotes."""
        return f"'{self.account}'", f"'{self.day:%Y/%m/%d}'"

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens of its tries, the same for the same message, so that Athena runs each try once.

        CloudTrail shows a token that was used. Nobody can compute the next one from it.
        """
        given = (json.dumps([number, self.message]) for number in range(TRIES))
        return tuple(hashlib.sha256(one.encode()).hexdigest() for one in given)

    def finding(self, row: Mapping[str, str]) -> dict[str, object]:
        """Return the finding of a row, in the form in which `ringfence findings send` sends it."""
        known = [f"{name}={value}" for name, value in sorted(row.items()) if name in KEYS]
        told = ", ".join(f"{name} {_shown(name, value)}" for name, value in row.items() if value)
        return self._about(known, told)

    def cut(self) -> dict[str, object]:
        """Return the finding that says that there are more rows than become findings."""
        return self._about(
            ["more"], f"it found more than {MOST_ROWS} rows, and only the first {MOST_ROWS} are findings"
        )

    def _about(self, known: list[str], told: str) -> dict[str, object]:
        """Return a finding about the account. `known` is what it is known by on another try."""
        about = json.dumps([self.day.isoformat(), self.account, *known])
        id_ = hashlib.sha256(about.encode()).hexdigest()[:32]
        end = datetime.combine(self.day + timedelta(days=1), time(), UTC)
        return {
            "version": VERSION,
            "id": f"{self.query.id}/{id_}",
            "product": PRODUCT,
            "type": f"{TYPE}{self.query.id}",
            "title": title(f"{self.query.title}: {told}", 400),
            "severity": SEVERITIES[self.query.severity],
            "updated_at": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "subjects": [AccountRef(self.account, GLOBAL, self.account).key],
            "first_seen": f"{self.day.isoformat()}T00:00:00Z",
        }


def _shown(name: str, value: str) -> str:
    """Return a value for people. Times are seconds since 1970. Other numbers are not changed."""
    if name in TIMES and value.isascii() and value.isdigit():
        try:
            return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%dT%H:%M:%SZ}"
        except (ValueError, OverflowError, OSError):
            return value
    return value
