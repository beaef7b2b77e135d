"""Timeouts, retries and delays: the numbers of ADR 0101, in one place. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QueueTimes:
    """One queue and the function that reads it.

    Parameters
    ----------
    timeout
        The function's timeout. A lease never outlives the function that took it.
    margin
        By how much the queue's visibility exceeds the lease.
    receives
        How often a message is delivered before it goes to the dead-letter queue.
    concurrency
        How many messages are handled at once.
    late
        The age of the oldest message that raises an alarm.

    """

    timeout: int
    margin: int
    receives: int
    concurrency: int
    late: int

    @property
    def visibility(self) -> int:
        """The visibility timeout of a message."""
        return self.timeout + self.margin


CONTAIN = QueueTimes(timeout=30, margin=5, receives=30, concurrency=20, late=60)
CONTINUE = QueueTimes(timeout=300, margin=10, receives=240, concurrency=10, late=1800)

RECHECK = QueueTimes(timeout=300, margin=10, receives=60, concurrency=5, late=900)
"""The same function verifies one incident after a call, and every open incident on a schedule."""
HEARTBEAT = QueueTimes(timeout=300, margin=10, receives=5, concurrency=2, late=900)
"""The same function records heartbeats, and compares every resource of the deployment once an hour."""
INTAKE = QueueTimes(timeout=30, margin=5, receives=30, concurrency=10, late=60)
"""A finding of Security Hub waits at most as long for its runbook as a direct one waits in its queue."""
ROUTE = QueueTimes(timeout=60, margin=5, receives=100, concurrency=2, late=300)
"""A message that a topic does not take is tried for an hour and a half, and others are not delayed by it."""
CHAT_TIMEOUT = 40
"""The function behind the buttons waits for the operators' API, for 35 s at most."""
HUB_ACTIONS_TIMEOUT = 60
"""The function that creates custom actions makes up to three calls and sends up to three times."""
HUB_ACTIONS_WAIT = 300
"""How long CloudFormation waits for the answer. Lambda invokes a function that fails twice more by then."""
OUTPUTS = QueueTimes(timeout=60, margin=10, receives=40, concurrency=10, late=900)
"""An output that fails is retried for half an hour."""
SWEEP = QueueTimes(timeout=300, margin=10, receives=5, concurrency=20, late=1800)
"""A message is one place. LookupEvents takes two requests a second in a place, so many are read at once."""
SWEEP_SILENT_HOURS = 3
"""The hours without a sweep that raise an alarm, in addition to the time between two sweeps."""
SCANS = QueueTimes(timeout=900, margin=10, receives=5, concurrency=10, late=3600)
"""A message is one place. What does not fit into the longest execution of Lambda is continued in another."""
FINDINGS = QueueTimes(timeout=30, margin=5, receives=30, concurrency=5, late=60)
"""Sent findings on the bus."""
FINDINGS_TIMEOUT = 29
"""An HTTP API waits 30 s for its function."""
ACTIVITY = QueueTimes(timeout=60, margin=5, receives=20, concurrency=5, late=900)
"""Few calls are counted at once, because those of one caller change the same state."""
NETWORK = QueueTimes(timeout=60, margin=5, receives=60, concurrency=5, late=7200)
"""A message returns until Athena has the result. The messages of all accounts are sent at once."""
NETWORK_DAILY = "cron(0 3 * * ? *)"
"""Flow logs of a day are complete some hours after its end."""
HEARTBEAT_MINUTES = 15
"""How often each place sends a heartbeat. Two that are missing ring an alarm."""
SELF_CHECK = "rate(1 hour)"
PAUSES = "rate(1 minute)"
"""How often Ringfence looks whether a pause has ended or ends soon."""
REVIEW_TIMEOUT = 120
"""A review sends a message for each account and region. The second queue's function checks the resources."""
REVIEW_RETRIES = 2
OPERATE_TIMEOUT = 29
"""An HTTP API waits 30 s for its function."""
STREAM_TIMEOUT = 60
STREAM_RETRIES = 100
"""The retries of a failing batch. A stream keeps its records for a day."""
STREAM_LATE = 300
"""The age of the oldest unhandled record of the audit stream that raises an alarm."""
ARCHIVE_WINDOW = 5
"""How long the archive's reader of the stream gathers entries, so that one object contains more of them."""
CHECKPOINT_TIMEOUT = 300
CHECKPOINT_EVERY_MINUTES = 10
"""How often waiting entries of the audit log are published. It is longer than the function's timeout."""
CHECKPOINT_LATE_HOURS = 2
"""The hours without a checkpoint that raise an alarm. Without new entries there is one every hour."""
CONTAINMENT_LATE = 60
"""The time to containment that raises an alarm."""

DEAD_LETTERS_KEPT_DAYS = 14
"""The longest retention of SQS."""
