"""The filters of `ringfence incidents list` and `watch`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_address, ip_network
from textwrap import fill
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from ringfence.cli.completion import runbooks, states
from ringfence.model.arn import Arn, read_arn
from ringfence.model.discovery import ids_in
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import closest, similar, unknown
from ringfence.record.brief import SEVERITIES
from ringfence.record.status import IncidentStatus
from ringfence.record.status_meanings import MEANINGS, of_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ipaddress import IPv4Address, IPv6Address

    from ringfence.record.brief import Brief

P = ParamSpec("P")
_STATES = tuple(dict.fromkeys(one.words for one in MEANINGS if one is not IncidentStatus.JOINED))
_WIDTH, _INDENT = 78, 21


def _explained(words: str, meaning: str) -> str:
    return fill(
        f"{words:{_INDENT}}{meaning}", _WIDTH - 2, initial_indent="  ", subsequent_indent=" " * (_INDENT + 2)
    )


_IN_LISTS = {
    one: of for one, of in MEANINGS.items() if one not in (IncidentStatus.NONE, IncidentStatus.JOINED)
}


def _meanings(state: str) -> str:
    """Return what a state means. Two statuses can have the same words."""
    return "; or ".join(of.words for one, of in _IN_LISTS.items() if one.words == state)


STATES_HELP = "\n".join(
    (
        "\b",
        "States:",
        *(_explained(one, _meanings(one)) for one in dict.fromkeys(one.words for one in _IN_LISTS)),
    )
)
"""The help about states. Click does not wrap what follows a backspace character."""


NONE = "No incidents in this period."


@dataclass(frozen=True)
class Filters:
    """Which responses are listed. Empty fields allow all.

    Attributes
    ----------
    open : bool
        Only those in which a person or Ringfence still has something to do.
    states : frozenset of IncidentStatus
        Only those in one of these states.
    severity : float or None
        Only those whose worst finding is at least as severe.
    account, region, runbook : str
        Only those of this account, region or runbook.
    subject : str
        Only those of this resource: its id, ARN, key or Name tag.
    remote_address : str
        Only those with a finding that names this address or an address of this network.
    """

    open: bool = False
    states: frozenset[IncidentStatus] = frozenset()
    severity: float | None = None
    account: str = ""
    region: str = ""
    subject: str = ""
    runbook: str = ""
    remote_address: str = ""

    def may_match(self, runbook: str, subject: str) -> bool:
        """Return whether a response can match, given only what the index says of it."""
        _, account, region, *_ = (*subject.split("/", 3), "", "")
        wanted = ((self.runbook, runbook), (self.account, account), (self.region, region))
        return all(not want or want == is_ for want, is_ in wanted)

    def matches(self, one: Brief) -> bool:
        """Return whether a response matches."""
        return (
            (not self.open or one.open)
            and (not self.states or one.status in self.states)
            and (self.severity is None or (one.severity or 0.0) >= self.severity)
            and (not self.subject or self.subject in names_of(one))
            and (not self.remote_address or _talked_to(one, self.remote_address))
        )

    @property
    def none_found(self) -> str:
        """What is said if nothing was found."""
        if self == Filters():
            return NONE
        meant = (
            f" To look for an address: --remote-address {self.subject}" if is_address(self.subject) else ""
        )
        return f"No incident of this period matches.{meant}"

    @property
    def need_entries(self) -> bool:
        """Whether a match depends on more than the index says."""
        told = self.open or self.states or self.subject or self.remote_address
        return bool(told) or self.severity is not None


def is_address(text: str) -> bool:
    """Return whether a text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def names_of(one: Brief) -> frozenset[str]:
    """Return the names by which a person can mean the subject of a response."""
    _, _, _, id_ = one.place
    return frozenset(filter(None, (id_, one.shown_id, one.now.subject, one.name)))


def _talked_to(one: Brief, wanted: str) -> bool:
    """Return whether a finding names an address of this network. What is no address matches nothing."""
    network = ip_network(wanted)
    return any(address in network for address in _addresses(one))


def _addresses(one: Brief) -> Iterator[IPv4Address | IPv6Address]:
    for text in one.remote_addresses:
        with suppress(ValueError):
            yield ip_address(text)


def filter_options(command: Callable[Concatenate[Filters, P], None]) -> Callable[P, None]:
    """Add the filters to a command, and pass them as its first argument."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        given = {name: kwargs.pop(name) for name in _OPTIONS}
        command(_filters(given), *args, **kwargs)

    for option in reversed(_OPTIONS.values()):
        wrapped = option(wrapped)
    return wrapped


def _filters(given: dict[str, object]) -> Filters:
    states = given["states"]
    subject = str(given["subject"] or "")
    arn = _arn(subject) if subject.startswith("arn:") else Arn("", "", subject)
    return Filters(
        open=bool(given["open_only"]),
        states=frozenset(_state(str(one)) for one in (states if isinstance(states, tuple) else ())),
        severity=_severity(str(given["severity"])) if given["severity"] else None,
        account=str(given["account"] or arn.account),
        region=str(given["region"] or arn.region),
        subject=arn.id,
        runbook=_runbook(str(given["runbook"] or "")),
        remote_address=_network(str(given["remote_address"] or "")),
    )


def _runbook(text: str) -> str:
    known = ids_in("ringfence.runbooks")
    if text and text not in known:
        raise unknown("--runbook", text, known)
    return text


def _network(text: str) -> str:
    """Return an address or a network in its usual form. Raises BadInput."""
    try:
        return str(ip_network(text, strict=False)) if text else ""
    except ValueError as error:
        problem = "must be an IP address, or a network such as 198.51.100.0/24"
        raise BadInput("--remote-address", problem, text) from error


def _state(text: str) -> IncidentStatus:
    found = of_words(text)
    if found is None and closest(text, ("open",)):
        problem = f"must be one of {', '.join(_STATES)}"
        raise BadInput(
            "--state", problem, text, "Did you mean --open? It shows every state in which work is left"
        )
    if found is None:
        raise unknown("--state", text, _STATES)
    return found


def _severity(text: str) -> float:
    words = dict(SEVERITIES)
    if text.lower() in words:
        return words[text.lower()]
    try:
        return float(text)
    except ValueError as error:
        problem = f"must be a number, or one of {', '.join(words)}"
        raise BadInput("--severity", problem, text, similar(text.lower(), words)) from error


def _arn(text: str) -> Arn:
    """Return the parts of an ARN. Raises BadInput for one that no kind of resource has."""
    from ringfence.model.kinds import every_kind

    found = (read_arn(kind, text) for kind in every_kind().values())
    read = next(filter(None, found), None)
    if read is None:
        raise BadInput("--subject", "must be an id, a Name tag, or the ARN of a kind in docs/kinds.md", text)
    return read


_OPTIONS = {
    "open_only": click.option(
        "--open",
        "open_only",
        is_flag=True,
        help="Only responses in which a person or Ringfence still has something to do.",
    ),
    "states": click.option(
        "--state",
        "states",
        multiple=True,
        shell_complete=states,
        help="Only this state, for example not-contained. The states are listed below. Can be repeated.",
    ),
    "severity": click.option(
        "--severity", help="Only at least this severity: critical, high, medium, low or a number."
    ),
    "account": click.option("--account", help="Only resources of this account."),
    "region": click.option("--region", help="Only resources of this region."),
    "subject": click.option("--subject", help="Only this resource: its id, ARN or Name tag."),
    "remote_address": click.option(
        "--remote-address",
        metavar="ADDRESS",
        help="Only with a finding that names this remote address, or one of this network: 198.51.100.0/24.",
    ),
    "runbook": click.option("--runbook", help="Only this runbook.", shell_complete=runbooks),
}
