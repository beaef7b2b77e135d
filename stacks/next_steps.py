"""What to do after a deployment: the CDK shows the outputs at its end, and warnings at the synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, CfnOutput

from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk import Stack

    from stacks.settings import Settings

NOBODY = (
    "nobody is notified of what a person must decide: set --context notices_email=ADDRESS, or subscribe to "
    "the topic (output NoticesTopic of Ringfence-Audit)"
)


def next_steps(stack: Stack, settings: Settings) -> None:
    """Add an output for each step, numbered, and a warning if nobody would be notified."""
    if not settings.notices_email:
        Annotations.of(stack).add_warning_v2("ringfence:notices_email", NOBODY)
    for number, (name, words) in enumerate(_steps(settings), 1):
        CfnOutput(stack, f"Next{number}{name}", value=words)


def _steps(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the name and the words of each step."""
    confirm = "confirm the subscription: follow the link in the email that Amazon SNS sent"
    yield "Notices", confirm if settings.notices_email else NOBODY
    doctor = typed(
        "ringfence", "doctor", *(("--policy", settings.policy_file) if settings.policy_file else ())
    )
    yield (
        "Check",
        (
            f"{doctor}: compares this deployment with what is declared, and says in which accounts "
            "and regions GuardDuty, a CloudTrail trail or AWS Config is missing. Ringfence needs their events"
        ),
    )
    yield (
        "Try",
        (
            "ringfence samples events && ringfence explain events: what this policy would do about each kind "
            "of event. Then read docs/operate.md"
        ),
    )
