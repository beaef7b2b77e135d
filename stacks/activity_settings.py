"""The settings of the stack for activity: the rules, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.insights.activity.delivered import chosen
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import ACTIVITY, function_role, role_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ringfence.insights.activity.rule import Rule
    from ringfence.policy.senders import Sender

CHOICE, NUMBERS = "activity", "activity_numbers"
NAMES = (CHOICE, NUMBERS)
"""The context values."""


@dataclass(frozen=True)
class ActivitySettings:
    """What the stack for activity is made of.

    Parameters
    ----------
    rules
        The rules, with their numbers. Without rules, there is no such stack.
    choice, numbers
        The texts that chose them.

    """

    rules: tuple[Rule, ...] = ()
    choice: str = ""
    numbers: str = ""


def activity_settings(
    context: Callable[[str], object], home: str, senders: Iterable[Sender]
) -> ActivitySettings:
    """Read the context. Raises BadInput that names the context value."""
    choice, numbers = (str(context(name) or "") for name in NAMES)
    if numbers and not choice:
        raise BadInput(NUMBERS, f"needs {CHOICE}", numbers)
    if not choice:
        return ActivitySettings()
    check_sender(CHOICE, choice, ACTIVITY, home, senders)
    return ActivitySettings(chosen(choice, numbers), choice, numbers)


def check_sender(name: str, value: str, function: str, home: str, senders: Iterable[Sender]) -> None:
    """Raise BadInput unless the policy lets the role of a function send findings.

    Without an entry, each finding would be refused.
    """
    arn = role_arn(home, function_role(function))
    if not any(one.role == arn for one in senders):
        raise BadInput(name, f"needs an entry in `senders` of the policy with `role: {arn}`", value)
