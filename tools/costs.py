"""docs/costs.md: the counted requests of each finding, at list prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tests.support.costs import (
    BOUNDS,
    FORWARDS,
    FULL,
    HOME,
    MANY,
    MOST_OF_MANY,
    NOTIFIED,
    REDELIVERED,
    UPDATED,
)
from tests.support.sweep_costs import ACCOUNTS, REGIONS, daily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.costs import Bill, Idle

AS_OF = "2026-11-30"
FIRST, OTHERS = 0.5 * 1769 / 1024, 0.5 * 512 / 1024
"""GB-seconds of the first invocation, which contains, and of each other one.

Half a second each is an assumption: nothing was measured on AWS.
"""
POLLS = 5 * 3 * 60 * 24 * 30
"""Requests of Lambda to one queue in a month: five each 20 seconds. This is an assumption, too."""


@dataclass(frozen=True)
class Price:
    """The list price in US East (N. Virginia): dollars for `per` units, and where it was read."""

    what: str
    dollars: float
    per: int
    source: str

    @property
    def each(self) -> float:
        """The price of one."""
        return self.dollars / self.per


UNVERIFIED = "not verified: the price page was not available"
PRICES = {
    "reads": Price(
        "DynamoDB read units, on demand",
        0.125,
        1_000_000,
        "<https://airbyte.com/data-engineering-resources/dynamodb-pricing> (2025-07-21), not AWS's own page",
    ),
    "writes": Price(
        "DynamoDB write units, on demand",
        0.625,
        1_000_000,
        "<https://airbyte.com/data-engineering-resources/dynamodb-pricing> (2025-07-21), not AWS's own page",
    ),
    "puts": Price("S3 PUT requests", 0.005, 1000, UNVERIFIED),
    "messages": Price(
        "SQS requests",
        0.40,
        1_000_000,
        "<https://cloudburn.io/blog/amazon-sqs-pricing> (2026-03-14), not AWS's own page",
    ),
    "invocations": Price("Lambda requests", 0.20, 1_000_000, UNVERIFIED),
    "notices": Price("SNS publishes", 0.50, 1_000_000, UNVERIFIED),
}
LAMBDA = Price("Lambda GB-seconds, Arm", 0.0000133334, 1, UNVERIFIED)
KEY = Price("KMS keys, a month", 1.0, 1, "<https://aws.amazon.com/kms/pricing/>")
KMS = Price("KMS requests", 0.03, 10_000, "<https://cloudburn.io/blog/aws-kms-pricing> (2026-03-14)")
ALARM = Price("CloudWatch alarms, a month", 0.10, 1, UNVERIFIED)
NAMES = {
    FULL: "A full containment",
    REDELIVERED: "The same message again",
    UPDATED: "An update of the finding",
    NOTIFIED: "A notification only",
}


def million(bill: Bill) -> float:
    """Return the dollars for a million findings of a kind."""
    counts = {name: count for name, count in asdict(bill).items() if name in PRICES}
    requests: float = sum(count * PRICES[name].each for name, count in counts.items())
    seconds = FIRST + (bill.invocations - 1) * OTHERS
    return 1_000_000 * (requests + seconds * LAMBDA.each)


def month(idle: Idle) -> float:
    """Return the dollars of a month without findings."""
    polls = idle.queues * POLLS * PRICES["messages"].each
    return idle.keys * KEY.each + idle.alarms * ALARM.each + polls


def document() -> str:
    """Return the page."""
    head = "| Request | " + " | ".join(NAMES.values()) + " |"
    rows = [head, "| --- |" + " ---: |" * len(NAMES)]
    for name, price in PRICES.items():
        counts = (str(asdict(BOUNDS[kind])[name]) for kind in NAMES)
        rows.append(f"| {price.what} | {' | '.join(counts)} |")
    rows.append("| Entries of the audit log | " + " | ".join(str(BOUNDS[k].entries) for k in NAMES) + " |")
    dollars = (f"${million(BOUNDS[kind]):,.0f}" for kind in NAMES)
    rows.append(f"| **A million of them cost at most** | {' | '.join(dollars)} |")
    prices = ["| Unit | List price | Source |", "| --- | --- | --- |"]
    prices += [
        f"| {one.what} | ${one.dollars:.10g} for {one.per:,} | {one.source} |"
        for one in (*PRICES.values(), LAMBDA, KEY, KMS, ALARM)
    ]
    return TEXT.format(
        counts="\n".join(rows),
        prices="\n".join(prices),
        alarm=f"${ALARM.each:.2f}",
        queue=f"${POLLS * PRICES['messages'].each:.2f}",
        idle="\n".join(_idle()),
        sweeps="\n".join(_sweeps()),
        accounts=ACCOUNTS,
        regions=REGIONS,
        many=MANY,
        most=MOST_OF_MANY,
        as_of=AS_OF,
    )


def _sweeps() -> Iterator[str]:
    """Yield what sweeps need where nothing is found."""
    yield "| Sweep | Looks | Requests to the source | Of one account and region | Of all |"
    yield "| --- | ---: | --- | ---: | ---: |"
    for name, one in daily().items():
        each = sum(one.calls.values())
        calls = ", ".join(f"`{operation}`" for operation in one.calls)
        yield f"| `{name}` | {one.looks} | {calls} | {each:,} | {each * ACCOUNTS * REGIONS:,} |"


def _idle() -> Iterator[str]:
    yield "| Place | KMS keys | Alarms | Queues that Lambda polls | A month costs at most |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, one in (("The home account and region", HOME), ("Another region", FORWARDS)):
        yield f"| {name} | {one.keys} | {one.alarms} | {one.queues} | ${month(one):,.2f} |"


TEXT = """<!-- Generated by `make docs`. Do not edit. -->

# Costs

The counts on this page are upper bounds. `tests/unit/tools/test_costs.py` counts the requests of the
functions' own code on emulated tables and an emulated bucket, and fails if one is above its bound. `make
bench` prints the counts. The prices are list prices in US East (N. Virginia) as of {as_of}. No bill of a
real account was compared with them.

## For each finding

The finding is about an EC2 instance, and the default remediations of `contain-instance` run. The counts
include the functions that respond, archive and notify. Each transaction is archived by itself, which is the
most that it can cost: the stream delivers several together.

{counts}

Not included: calls that AWS does not charge for, such as those of EC2 and IAM; snapshots, which cost by
their size; logs and storage; KMS requests, which environments keep for some minutes; the schedules and
checkpoints below.

## Reading a chain

A warm environment reads of an incident only what is new in it. {many} findings that lead to notifications,
all about one instance, take at most {most} read units. The function that notifies reads no entry that the
stream delivered to it.

## Without any finding

{idle}

A test counts the keys, alarms and queues of the templates. Lambda asks each queue for messages all the time:
five requests each 20 seconds are assumed. Schedules, heartbeats and checkpoints are about 55,000 invocations
a month, less than thirty cents. The optional stacks are not in the table. Each of their alarms adds {alarm} a
month, and each of their queues adds {queue}.

The events of AWS services that EventBridge delivers in their own account and region are free.

## Sweeps

What each sweep needs in a day where it finds nothing, for one account and region, and for {accounts}
accounts in {regions} regions:

{sweeps}

A look is one read of one source in one account and region. Each look also takes one message, one invocation,
and one read and one write of an item in the control table. If a source has results, the look reads further
pages. Each finding that the item does not contain takes one read of a chain in the audit log. AWS does not
charge for these requests of GuardDuty, AWS Config and CloudTrail.

CloudTrail allows two look-ups a second in each account and region. So a look at CloudTrail takes about ten
seconds, and the function of 512 MB waits most of this time. With many accounts and regions, that is the
largest part of the cost. With `guardduty-administrator` in the policy, the two sweeps of GuardDuty read one
account in each region.

## Target groups

Each hour, Ringfence reads the target groups of each account and region, for the limits on them. A look takes
one message, one invocation, a read of all instances, a read of all target groups and one request for each
group. It reads one item for each instance and for each group. It writes what has changed, and each item once
a day: two write units. If `limits` switches the limits on target groups off, Ringfence does not read them.

## Prices

{prices}

The duration of an invocation is an assumption: half a second, with 1,769 MB for the function that contains
and 512 MB for the others. `make bench` measures the CPU time of the function on the machine that runs it,
which is another one than Lambda's.
"""
