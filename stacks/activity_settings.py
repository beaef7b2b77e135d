"""The settings of the stack for activity: the rules, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.insights.activity.delivered import chosen
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import ACTIVITY, function_role, role_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ringfence.insights.activity.rule import Rule
    from ringfence.insights.imported import Imported
    from ringfence.policy.senders import Sender

CHOICE, NUMBERS, SIGMA = "activity", "activity_numbers", "activity_sigma"
NAMES = (CHOICE, NUMBERS, SIGMA)
"""The context values."""


@dataclass(frozen=True)
class ActivitySettings:
    """What the stack for activity is made of.

    Parameters
    ----------
    rules
        The rules, with their numbers. Without rules, there is no such stack.
    choice, numbers
        The texts that chose those of the pack.
    imported
        The rules among them that were imported from Sigma.

    """

    rules: tuple[Rule, ...] = ()
    choice: str = ""
    numbers: str = ""
    imported: tuple[Imported, ...] = ()


def activity_settings(
    context: Callable[[str], object], home: str, senders: Iterable[Sender], root: Path
) -> ActivitySettings:
    """Read the context. Raises BadInput that names the context value.

    The paths of Sigma rules are relative to `root`.
    """
    choice, numbers, sigma = (str(context(name) or "") for name in NAMES)
    for name, given in ((NUMBERS, numbers), (SIGMA, sigma)):
        if given and not choice:
            raise BadInput(name, f"needs {CHOICE}", given)
    if not choice:
        return ActivitySettings()
    check_sender(CHOICE, choice, ACTIVITY, home, senders)
    imported = tuple(_imported(sigma, root))
    rules = (*chosen(choice, numbers), *(one.rule for one in imported))
    return ActivitySettings(rules, choice, numbers, imported)


def _imported(given: str, root: Path) -> Iterator[Imported]:
    """Import each rule. Raises BadInput for one that cannot be deployed: a review expects all of them."""
    if not given:
        return
    try:
        from ringfence.insights.sigma import files_in, imported
    except ImportError:
        raise BadInput(SIGMA, "needs pySigma: pip install 'ringfence[sigma]'", given) from None
    known: set[str] = set()
    for file in (one for path in given.replace(",", " ").split() for one in files_in(root / path)):
        for one in imported(_text(file), str(file)):
            if isinstance(one, BadInput):
                raise BadInput(SIGMA, str(one))
            if why := one.not_deployable or ("another rule has the same id" if one.id in known else ""):
                raise BadInput(SIGMA, f"cannot be deployed, in {file}: {why}", one.id)
            known.add(one.id)
            yield one
    if not known:
        raise BadInput(SIGMA, "must be files or folders with Sigma rules", given)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(SIGMA, "must be files or folders with Sigma rules", str(file)) from None


def check_sender(name: str, value: str, function: str, home: str, senders: Iterable[Sender]) -> None:
    """Raise BadInput unless the policy lets the role of a function send findings.

    Without an entry, each finding would be refused.
    """
    arn = role_arn(home, function_role(function))
    if not any(one.role == arn for one in senders):
        raise BadInput(name, f"needs an entry in `senders` of the policy with `role: {arn}`", value)
