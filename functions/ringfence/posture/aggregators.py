"""Which aggregator of AWS Config has the items of other accounts and regions. Pure.

https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationAggregatorSourcesStatus.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import CLOSED, Call, Failed
from ringfence.model.place import Place
from ringfence.posture.reach import Aggregator

if TYPE_CHECKING:
    from ringfence.model.call import SansIO

_CURRENT = "SUCCEEDED"


def names() -> SansIO[tuple[str, ...]]:
    """Read the names of the aggregators that have every type of item."""
    (listed,) = yield (Call("config", "DescribeConfigurationAggregators", pages=True, expected=CLOSED),)
    if isinstance(listed, Failed):
        return ()
    found = listed.children("ConfigurationAggregators")
    # A filter leaves types out, and a query would answer that there are no such resources.
    whole = (one for one in found if not one.has("AggregatorFilters"))
    return tuple(one.text("ConfigurationAggregatorName") for one in whole)


def aggregator(name: str, home: Place) -> SansIO[Aggregator]:
    """Read from which accounts and regions an aggregator has what is current."""
    asked = {"ConfigurationAggregatorName": name}
    gone = ("NoSuchConfigurationAggregatorException",)
    (listed,) = yield (
        Call("config", "DescribeConfigurationAggregatorSourcesStatus", asked, pages=True, expected=gone),
    )
    states = () if isinstance(listed, Failed) else tuple(listed.children("AggregatedSourceStatusList"))
    current = (one for one in states if one.optional_text("LastUpdateStatus") == _CURRENT)
    # The status of an organization has no account, and no region.
    places = (one for one in current if one.has("AwsRegion") and one.has("SourceId"))
    return Aggregator(
        name, home, frozenset(Place(one.text("SourceId"), one.text("AwsRegion")) for one in places)
    )
