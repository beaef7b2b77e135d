"""A deployed Ringfence, servers to protect, and ways to wait for what becomes of them."""

from __future__ import annotations

import functools
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ringfence.local.deployment import RUNBOOK, pause
from ringfence.local.estate import Builder
from ringfence.local.findings import InstanceFinding
from ringfence.local.inspection import Inspector
from ringfence.record.facts import Intended, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.local import LocalAws
    from ringfence.local.deployment import Deployment
    from ringfence.local.estate import Server
    from ringfence.record.history import History

T = TypeVar("T")
OTHER_ACCOUNT = "444455556666"
"""A second account that is protected."""
STRANGE_ACCOUNT = "777788889999"
"""An account outside the policy's scope."""
DRY_TYPE = "Trojan:EC2/DropPoint"
"""The finding type that the policy of these tests gives no more than a dry run."""
QUEUES = (f"ringfence-{RUNBOOK}", f"ringfence-{RUNBOOK}-continuation")
DEAD_LETTERS = f"ringfence-{RUNBOOK}-dead-letters"
_WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_names = itertools.count(1)


def until(ask: Callable[[], T], what: str, within: float = 120.0) -> T:
    """Ask until the answer is true, and return it; fail, saying what was waited for, when time is up."""
    begun = time.monotonic()
    while not (answer := ask()):
        waited = time.monotonic() - begun
        if waited > within:
            raise AssertionError(f"waited {within:g} s in vain: {what}; the last answer was {answer!r}")
        time.sleep(pause(waited))
    return answer


@dataclass(frozen=True)
class World:
    """What a test acts on and looks at."""

    deployment: Deployment

    @property
    def local(self) -> LocalAws:
        return self.deployment.local

    def client(self, service: str, account: str | None = None) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.local.client(service, account)

    def builder(self, account: str | None = None) -> Builder:
        """Return a builder whose names nothing else has."""
        account = account or self.local.account
        return Builder(
            lambda service: self.client(service, account), account, self.local.region, f"t{next(_names)}"
        )

    def inspector(self, account: str | None = None) -> Inspector:
        return Inspector(lambda service: self.client(service, account))

    def send(self, server: Server, **more: Any) -> InstanceFinding:  # noqa: ANN401 - fields of the finding
        """Send a finding about a server."""
        finding = InstanceFinding.about(server, **more)
        self.deployment.send(finding)
        return finding

    def history(self, server: Server) -> History:
        return self.deployment.history(server.ref)

    def complete(self, server: Server, within: float = 120.0) -> History:
        """Wait until the log says that the response to a server's incident is complete."""

        def ended() -> History | None:
            history = self.history(server)
            return history if history.verified and history.verified.complete else None

        try:
            found = until(ended, f"the response on {server.name} is complete", within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.told(server)}") from error
        if found is None:
            raise AssertionError("until returns what is true")
        return found

    def told(self, server: Server) -> str:
        """Return the log of a server's incident, for the reader of a failed test."""
        entries = self.history(server).entries
        return "\n".join(
            f"{one.at:%H:%M:%S} {one.attempt[:8]} {json.dumps(json.loads(one.body)['fact'])[:400]}"
            for one in entries
        )

    def quiet(self, *queues: str) -> None:
        """Wait until no message waits or is being worked on.

        The local bus delivers a call's event before the call returns: what follows from it is in a queue.
        """
        names = queues or QUEUES
        until(lambda: not any(self.waiting(name) for name in names), "the queues are empty", 150)

    def waiting(self, queue: str) -> int:
        """Count a queue's messages, those being worked on too."""
        return sum(_numbers(self.local, queue, _WAITING))

    def delayed(self, queue: str) -> int:
        """Count a queue's messages whose time has not come."""
        return sum(_numbers(self.local, queue, ("ApproximateNumberOfMessagesDelayed",)))

    def calls(self, operation: str, about: str = "", account: str | None = None) -> list[Any]:
        """Return CloudTrail's records of an operation whose text speaks of `about`, oldest first."""
        cloudtrail = self.client("cloudtrail", account)
        pages = cloudtrail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": operation}]
        )
        records = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
        return [record for record in reversed(records) if about in json.dumps(record)]


def _numbers(local: LocalAws, queue: str, names: Sequence[str]) -> list[int]:
    """Read attributes of a queue that are numbers."""
    url = _url(local, queue)
    found = local.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
    return [int(found[name]) for name in names]


@functools.cache
def _url(local: LocalAws, queue: str) -> str:
    """Ask for the address of a queue once, because tests ask many times how many messages wait in it."""
    found: str = local.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return found


class Inbox:
    """A queue that hears what people are told: by the topic for notices, or by another one."""

    def __init__(self, world: World, topic: str = "") -> None:
        self.sqs, topic = world.client("sqs"), topic or world.deployment.notices
        self.queue = self.sqs.create_queue(QueueName=f"inbox-{world.builder().name}")["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        arn = found["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        world.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self._texts: list[dict[str, Any]] = []

    def told(self, about: str) -> list[str]:
        """Return the subjects of the notices so far that speak of something. Each counts once."""
        self._hear()
        return [one["Subject"] for one in self._texts if about in one["Message"] + one["Subject"]]

    def texts(self, about: str) -> list[str]:
        """Return the messages so far that speak of something, without their subjects."""
        self._hear()
        return [one["Message"] for one in self._texts if about in one["Message"]]

    def _hear(self) -> None:
        while found := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            self._texts += [json.loads(one["Body"]) for one in found]
            done = [{"Id": one["MessageId"], "ReceiptHandle": one["ReceiptHandle"]} for one in found]
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=done)

    def forms(self, about: str) -> list[Any]:
        """Return the machine-readable forms of the notices so far that speak of something."""
        self._hear()
        found = (one for one in self._texts if about in one["Message"] + one["Subject"])
        return [json.loads(one["MessageAttributes"]["notice"]["Value"]) for one in found]

    def form(self, subject: str) -> Any:  # noqa: ANN401 - JSON
        """Return the machine-readable form of the notice with a subject."""
        (found,) = (one["MessageAttributes"] for one in self._texts if one["Subject"] == subject)
        return json.loads(found["notice"]["Value"])


def applied(history: History) -> Counter[str]:
    """Count for each target how often the log says that a step was applied."""
    outcomes = {one.intent: one for one in history.of(Outcome)}
    ended = ((one.step, outcomes.get(one.intent)) for one in history.of(Intended))
    return Counter(step.target for step, end in ended if end and end.result == Result.APPLIED)


def not_applied(history: History) -> list[str]:
    """Return in words which intents are known to have ended otherwise, and how."""
    steps = {one.intent: one.step for one in history.of(Intended)}
    return [
        f"{steps[one.intent].describe()}: {one.result} {one.detail}"
        for one in history.of(Outcome)
        if one.result != Result.APPLIED
    ]
