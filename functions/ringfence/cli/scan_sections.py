"""Sections of the page of a scan that come from the policy and from the audit log."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.cli.pages import MOST_ROWS
from ringfence.model.frozen import frozen
from ringfence.posture.manual import SOON
from ringfence.record.brief import Brief
from ringfence.record.chain import ChainKey
from ringfence.record.changes import changes
from ringfence.record.integrity import verify
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.cli.settings import Home
    from ringfence.policy.policy import Policy
    from ringfence.policy.protection import Exempt
    from ringfence.record.chain import Entry
    from ringfence.record.changes import Change


@frozen
class Exempted:
    """An exemption of the policy, with the name of the colour of its state and its words."""

    exempt: Exempt
    state: str
    words: str


@frozen
class Fixed:
    """The changes of a response that were made, and what proves them.

    `verified`: when the resource was read last after that. `record`: what is wrong with the chain of entries.
    Empty if nothing is. `hash` is that of the newest entry of the response, which covers all before it.
    """

    changes: tuple[Change, ...]
    incident: str
    subject: str
    state: str
    verified: str
    record: str
    hash: str


@frozen
class Changed:
    """The responses with changes, the newest first, and how many more there are than are shown."""

    period: str
    shown: tuple[Fixed, ...]
    more: int


def exempted(policy: Policy | None, now: datetime) -> tuple[Exempted, ...]:
    """Return the exemptions of a policy: those that expired first, then those that expire first."""
    found = policy.exempt if policy else ()
    return tuple(
        _exempted(one, now) for one in sorted(found, key=lambda one: (one.expires or "~", one.subject))
    )


def _exempted(one: Exempt, now: datetime) -> Exempted:
    if not one.holds(now):
        return Exempted(one, "none", "expired")
    if one.expires and date.fromisoformat(one.expires) - now.date() <= SOON:
        return Exempted(one, "unread", "expires soon")
    return Exempted(one, "passed" if one.expires and one.owner else "unread", "holds")


def changed(
    home: Home, since: datetime, until: datetime | None, now: datetime, most: int | None = MOST_ROWS
) -> Changed:
    """Return what Ringfence changed in incidents of a period, up to a number. Raises BadInput, Retryable."""
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.cli.incident_reads import opened_in, read_each
    from ringfence.cli.log import reader_of

    reader, end = reader_of(home), until or now + timedelta(days=1)
    each = fixed(read_each(reader, opened_in(reader, since, end)))
    shown = tuple(islice(each, most))
    period = f"{since:%Y-%m-%d} to {until or now:%Y-%m-%d}"
    return Changed(period, shown, sum(1 for _ in each))


def fixed(responses: Iterable[Sequence[Entry]]) -> Iterator[Fixed]:
    """Yield each response with changes that were made, and that belong to no release."""
    for entries in responses:
        now = Summary.of(entries)
        made = tuple(one for one in changes(now) if one.applied and not one.undo)
        if not made:
            continue
        brief, last = Brief(now), now.lines[-1].entry
        seen = brief.last_verified
        verdict = verify(ChainKey(now.runbook, now.subject), now.incident, entries)
        fault = "" if verdict.sound else verdict.claim
        verified = f"{seen.at:%Y-%m-%d %H:%M}" if seen else ""
        yield Fixed(made, now.incident, now.subject, brief.status.words, verified, fault, last.hash)
