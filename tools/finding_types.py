"""The tables of finding types on the pages of runbooks: what each means, and what Ringfence does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.events.access_analyzer import trigger as analyzer_trigger
from ringfence.events.cloudtrail.trigger import (
    calls,
    defenses,
    own_resources,
    quarantine,
    root,
    switched_off,
)
from ringfence.events.config import trigger as config_trigger
from ringfence.events.ec2_states import trigger as state_trigger
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES
from ringfence.events.guardduty.trigger.instance_types import TYPES as INSTANCE_TYPES
from ringfence.events.guardduty.trigger.reported import REPORTED_TYPES
from ringfence.events.health import trigger as health_trigger
from ringfence.handlers import reviews as scheduled
from ringfence.model import reviews, rule_confirmation
from ringfence.model.runbook import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.runbook import Runbook

HEADER = ("| Finding type | Meaning | Severity | Response |", "| --- | --- | --- | --- |")
WHOLE_RUNBOOK = "runs the runbook"


@dataclass(frozen=True)
class Source:
    """One source of findings.

    Parameters
    ----------
    prefix
        How the names of its finding types begin.
    meaning
        What a finding of this source says.
    severity
        The severity, 0 to 10, that Ringfence sets. None if the source sets one in each finding.

    """

    prefix: str
    meaning: str
    severity: float | None = None


SOURCES = (
    Source(
        rule_confirmation.PREFIX,
        "a managed rule of AWS Config reports NON_COMPLIANT",
        config_trigger.SEVERITY,
    ),
    Source(
        analyzer_trigger.PREFIX,
        "IAM Access Analyzer reports that everybody has access",
        analyzer_trigger.PUBLIC_SEVERITY,
    ),
    Source(calls.PREFIX, "CloudTrail recorded a successful API call of this name", calls.SEVERITY),
    Source(
        defenses.PREFIX, "CloudTrail recorded a call that impairs the account's defenses", defenses.SEVERITY
    ),
    Source(
        own_resources.PREFIX,
        "CloudTrail recorded a call on one of Ringfence's own resources",
        defenses.SEVERITY,
    ),
    Source(
        switched_off.PREFIX,
        "CloudTrail recorded a call that can switch off one of Ringfence's own resources",
        calls.SEVERITY,
    ),
    Source(state_trigger.PREFIX, "an EC2 instance entered this state", state_trigger.SEVERITY),
    Source(reviews.PREFIX, "a scheduled review by Ringfence", scheduled.SEVERITY),
    Source(root.CALLED, "the root user called an API", root.SEVERITY),
    Source(root.SIGNED_IN, "the root user signed in to the console", root.SEVERITY),
    Source(
        quarantine.QUARANTINE,
        "AWS attached its quarantine policy to a user",
        quarantine.SEVERITY,
    ),
    *(
        Source(name, "AWS Health reports exposed credentials", health_trigger.SEVERITY)
        for name in health_trigger.EXPOSED_CREDENTIALS.types
    ),
    Source("AWS_ABUSE_", "AWS Health reports abuse from the account", health_trigger.SEVERITY),
)
GUARDDUTY = Source("", "a GuardDuty finding")


def source_of(finding_type: str) -> Source:
    """Return the source of a finding type.

    Raises
    ------
    ValueError
        If no source has such types. GuardDuty's types have a slash: `Purpose:Resource/Name`.

    """
    for source in SOURCES:
        if finding_type.startswith(source.prefix):
            return source
    if "/" not in finding_type:
        raise ValueError(f"tools/finding_types.py has no source for the finding type {finding_type}")
    return GUARDDUTY


def table(runbook: Runbook) -> Iterator[str]:
    """Yield the lines of a runbook's table, one row for each finding type."""
    yield from HEADER
    for name in unique(name for trigger in runbook.triggers for name in trigger.types):
        source = source_of(name)
        severity = "set by GuardDuty" if source.severity is None else f"{source.severity:g}"
        yield f"| `{name}` | {source.meaning} | {severity} | {response(runbook, name)} |"


def response(runbook: Runbook, finding_type: str) -> str:
    """Say what a runbook does about findings of a type."""
    if reason := _notify_only(runbook, finding_type):
        return reason
    selected = [id_ for id_, types in runbook.answers_by_type().items() if finding_type in types]
    return f"runs {', '.join(f'`{id_}`' for id_ in selected)}" if selected else WHOLE_RUNBOOK


def _notify_only(runbook: Runbook, finding_type: str) -> str:
    """Say when a GuardDuty type leads to a notification only. Empty for types that always run."""
    if any(finding_type in trigger.types for trigger in runbook.notified_by):
        return "notifies only: a report does not show that a resource is compromised"
    if runbook.id == "contain-instance":
        one = INSTANCE_TYPES.get(finding_type)
        if one and one.contact:
            return f"{WHOLE_RUNBOOK} if the connection was outbound and not blocked; otherwise notifies only"
        return (
            f"{WHOLE_RUNBOOK} if the instance is the actor; otherwise notifies only"
            if one and one.target
            else ""
        )
    if runbook.id == "report-findings":
        effects = {one.type: one.effect for one in defenses.CALLS.values()}
        effects |= {one.type: one.effect for one in own_resources.CALLS.values()}
        other = "a report does not show that a resource is compromised"
        return f"notifies only: {REPORTED_TYPES.get(finding_type) or effects.get(finding_type, other)}"
    of_credentials = CREDENTIAL_TYPES.get(finding_type) if runbook.id == "contain-credentials" else None
    return (
        f"notifies only: {of_credentials.notify_only_reason}"
        if of_credentials and of_credentials.notify_only_reason
        else ""
    )
