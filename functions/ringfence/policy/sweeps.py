"""What is read again at the sources of findings, and how often: the policy's `sweep`. Pure."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.policy.approvals import DURATION, seconds
from ringfence.policy.lookup import get, items_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.policy.yaml_source import Path

SEVERE, OTHERS, CONFIG, CLOUDTRAIL = "guardduty-severe", "guardduty", "config", "cloudtrail"
DEFAULTS: Mapping[str, str] = MappingProxyType({SEVERE: "15m", OTHERS: "1h", CONFIG: "1h", CLOUDTRAIL: "1h"})
"""The sweeps, each with how often it runs."""
OFF = "off"
SHORTEST, LONGEST = 15 * 60, 24 * 3600
"""The seconds between two sweeps of the same name. A shorter time would not let the last one end."""
SUPPRESSED, IGNORE, TELL = "suppressed", "ignore", "tell"
ADMINISTRATOR = "guardduty-administrator"
_MINUTE = 60


@frozen
class SweepSettings:
    """The compiled settings.

    Attributes
    ----------
    every : tuple of (str, int)
        The sweeps that run, each with the seconds between two of them.
    suppressed : bool
        Whether people are notified of findings that a filter of GuardDuty archived.
    administrator : str
        The account that has GuardDuty's findings of the others. Empty: each account is read by itself.
    """

    every: tuple[tuple[str, int], ...]
    suppressed: bool = False
    administrator: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sweeps that run."""
        return tuple(name for name, _ in self.every)

    def rates(self) -> Mapping[str, str]:
        """Return how often each sweep runs, as expressions of EventBridge Scheduler."""
        return {name: f"rate({given // _MINUTE} minutes)" for name, given in self.every}


def compiled_sweeps(given: Mapping[str, object], home: str, home_name: str) -> dict[str, object]:
    """Return the compiled form of the policy's `sweep`, with all defaults.

    Parameters
    ----------
    given
        The section.
    home
        The home account.
    home_name
        Its name in the policy file.
    """
    administrator = str(given.get(ADMINISTRATOR, ""))
    return {
        **{name: _seconds(str(given.get(name, usual))) for name, usual in DEFAULTS.items()},
        SUPPRESSED: given.get(SUPPRESSED, IGNORE),
        ADMINISTRATOR: home if administrator == home_name else administrator,
    }


def _seconds(text: str) -> int:
    return 0 if text == OFF else seconds(text)


def sweeps_from_json(policy: object) -> SweepSettings:
    """Read the settings from a compiled policy. One that was compiled before there were sweeps has defaults.

    Raises BadInput that names the field.
    """
    given = Document.of(policy).optional_child("sweep")
    if not given.value:
        given = Document(compiled_sweeps({}, "", ""), "sweep")
    every = tuple((name, given.integer(name)) for name in DEFAULTS)
    for name, number in every:
        if number and not SHORTEST <= number <= LONGEST:
            raise BadInput(given.at(name), f"must be from {SHORTEST} to {LONGEST}, or 0", number)
    return SweepSettings(
        tuple((name, number) for name, number in every if number),
        given.text(SUPPRESSED) == TELL,
        given.optional_text(ADMINISTRATOR) or "",
    )


def sweep_flaws(data: object) -> Iterator[tuple[Path, str]]:
    """Find intervals that are too short or too long, and an administrator's account outside of the scope."""
    given = mapping_of(get(data, "sweep"))
    for name in DEFAULTS:
        text = str(given.get(name, OFF))
        if re.fullmatch(DURATION, text) and not SHORTEST <= seconds(text) <= LONGEST:
            yield ("sweep", name), "must be from 15m to 1d, or off"
    administrator, accounts = given.get(ADMINISTRATOR), items_of(get(get(data, "scope"), "accounts"))
    if isinstance(administrator, str) and administrator not in map(str, accounts):
        yield (
            ("sweep", ADMINISTRATOR),
            "must be an account of the scope, because only these have the role that sweeps use",
        )
