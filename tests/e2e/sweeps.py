"""Begin sweeps, and change what they remember."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.aws.sweep_items import SweepItems
from ringfence.handlers.parts import SUM
from ringfence.record.sweeps import Looked, sweep_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.handlers.parts import Part
    from ringfence.model.place import Place
    from ringfence.record.sweeps import Progress
    from tests.e2e.compliance import Compliance

QUEUE, INTAKE = "ringfence-sweep", "ringfence-intake"


def sweep(swept: Compliance, name: str, *runbooks: str, places: int) -> None:
    """Begin a sweep, as its schedule does, and wait until its places were read and its finds were routed."""
    payload = json.dumps({"sweep": name}).encode()
    answer = swept.world.client("lambda").invoke(FunctionName=QUEUE, Payload=payload)
    found = json.loads(answer["Payload"].read())
    assert found == {"places": places}, found
    routed(swept, *runbooks)


def routed(swept: Compliance, *runbooks: str) -> None:
    """Wait until nothing is read, and what was found is with its runbooks."""
    swept.world.quiet(QUEUE, INTAKE)
    swept.quiet(*runbooks)


def due(swept: Compliance, look: Part) -> None:
    """Send the messages of a sweep with a deadline of its own, as the schedule's function does.

    Only that function may send, so the owner of the queue changes its policy meanwhile.
    """
    sqs = swept.world.client("sqs")
    queue = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    for part in (replace(look, kind=SUM, account="", region=""), look):
        sqs.send_message(QueueUrl=queue, MessageBody=part.text)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=policy)


def remember(swept: Compliance, name: str, place: Place, strands: Mapping[str, Progress]) -> None:
    """Let a sweep remember of a place how far it was read, and nothing else. Nothing: as if it was never."""
    items = SweepItems(swept.world.client("dynamodb"), swept.world.deployment.control_table)
    items.write(sweep_key(name, place), Looked(strands), datetime.now(UTC))
