"""The advanced queries of AWS Config that a scan makes, and how a page of their results is read. Pure.

A query must name `configuration` and the other parts: `SELECT *` returns only the plain fields of an item,
and every property would then count as not read.

https://docs.aws.amazon.com/config/latest/developerguide/query-components.html
https://docs.aws.amazon.com/config/latest/APIReference/API_SelectResourceConfig.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import parse_json
from ringfence.model.call import CLOSED, Call, Failed, Permission
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Refused
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.model.call import SansIO

FIELDS = (
    *("accountId", "awsRegion", "resourceType", "resourceId", "resourceName", "arn", "tags"),
    *("configurationItemStatus", "configuration", "supplementaryConfiguration"),
)
"""The fields of each item that a query selects."""
MOST = 100
"""Items of a page: the limit of the API."""
REFUSED = ("InvalidExpressionException", "NoSuchConfigurationAggregatorException")
"""The errors that do not go away when the same query is made again."""
_AGGREGATOR = "arn:aws:config:{region}:{account}:config-aggregator/*"
_IDS = "AWS Config generates the ids of aggregators"
PERMISSIONS = (
    Permission("config:SelectResourceConfig", ("*",), reason="the action has no resource types"),
    Permission("config:SelectAggregateResourceConfig", (_AGGREGATOR,), reason=_IDS),
    Permission("config:DescribeConfigurationAggregatorSourcesStatus", (_AGGREGATOR,), reason=_IDS),
    Permission("config:DescribeConfigurationAggregators", ("*",), reason="the action has no resource types"),
)


@frozen
class Where:
    """The items that a query is about.

    Attributes
    ----------
    types : tuple of str
        CloudFormation's names of their types.
    account, region : str
        Their account and region. Empty: a query in one account and region needs none.
    since : datetime or None
        Only items that AWS Config recorded after this time.
    """

    types: tuple[str, ...]
    account: str = ""
    region: str = ""
    since: datetime | None = None

    @property
    def words(self) -> str:
        """The condition in the query language."""
        parts = [f"resourceType IN ({', '.join(map(_quoted, self.types))})"]
        parts += [f"accountId = {_quoted(self.account)}"] if self.account else []
        parts += [f"awsRegion = {_quoted(self.region)}"] if self.region else []
        if self.since:
            parts.append(f"configurationItemCaptureTime > {_quoted(f'{self.since:%Y-%m-%dT%H:%M:%S.000Z}')}")
        return " AND ".join(parts)


@frozen
class Rows:
    """A page of results, each decoded, and the token of the next page. Empty: there is none.

    `refused` are the errors of the results that cannot be decoded.
    """

    rows: tuple[Document, ...]
    token: str = ""
    refused: tuple[BadInput, ...] = ()


def items(where: Where) -> str:
    """Return the query for items.

    Examples
    --------
    >>> items(Where(("AWS::S3::Bucket",), region="eu-west-1")).rpartition("supplementaryConfiguration ")[2]
    "WHERE resourceType IN ('AWS::S3::Bucket') AND awsRegion = 'eu-west-1'"
    """
    return f"SELECT {', '.join(FIELDS)} WHERE {where.words}"


def counts(where: Where) -> str:
    """Return the query for the number of items of each type."""
    return f"SELECT resourceType, COUNT(*) WHERE {where.words} GROUP BY resourceType"


def page(expression: str, token: str, aggregator: str = "") -> SansIO[Rows]:
    """Read a page of results: of an account and region, or of an aggregator. Raises Refused."""
    asked: dict[str, object] = {"Expression": expression, "Limit": MOST}
    asked |= {"NextToken": token} if token else {}
    operation = "SelectResourceConfig"
    if aggregator:
        asked["ConfigurationAggregatorName"] = aggregator
        operation = "SelectAggregateResourceConfig"
    (answer,) = yield (Call("config", operation, asked, expected=(*REFUSED, *CLOSED)),)
    if isinstance(answer, Failed):
        raise Refused(f"config:{operation}: {answer.code}: {answer.message}")
    read = tuple(map(_row, answer.texts("Results")))
    rows = tuple(one for one in read if isinstance(one, Document))
    refused = tuple(one for one in read if isinstance(one, BadInput))
    return Rows(rows, answer.optional_text("NextToken") or "", refused)


def counted(rows: Iterable[Document]) -> dict[str, int]:
    """Return the number of items of each type, from the rows of `counts`. Raises BadInput."""
    return {one.text("resourceType"): one.integer("COUNT(*)") for one in rows}


def _row(text: str) -> Document | BadInput:
    try:
        return Document.of(parse_json(text))
    except BadInput as error:
        return BadInput("Results", f"must be JSON objects: {error.problem}", text)


def _quoted(text: str) -> str:
    """Return a text of the query language. Types, accounts and regions have no quotation marks."""
    if "'" in text or "\\" in text:
        raise BadInput("query", "must have no quotation mark", text)
    return f"'{text}'"
