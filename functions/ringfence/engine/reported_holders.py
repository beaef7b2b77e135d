"""What the policy says of the user or the role that a report names as the holder of a credential. Pure.

Only AWS says who holds a key or a session: anybody can write a name into a report. So this is a note about
what the read can change, and no decision.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.policy import Policy
    from ringfence.policy.protection import Exempt


def exempt_holders(policy: Policy, runbook: Runbook, refs: Iterable[Ref], now: datetime | None) -> str:
    """Return in words which exemptions hold if AWS confirms the reported holders. Empty if none does."""
    notes = (
        f"if AWS confirms that {ref.kind} {ref.id} belongs to {ref.holder} {ref.reported_holder}, "
        f"{_left(one, runbook)} is left ({one.subject}): {one.words}"
        for ref in refs
        if ref.holder and ref.reported_holder
        for one in policy.exemptions(runbook.id, ref, now)
        if _may_match(one, ref) and one.of(runbook.ids)
    )
    return "; ".join(dict.fromkeys(notes))


def _left(exempt: Exempt, runbook: Runbook) -> str:
    left = exempt.of(runbook.ids)
    return "everything" if left == tuple(runbook.ids) else ", ".join(left)


def _may_match(exempt: Exempt, ref: Ref) -> bool:
    """Return whether an exemption can mean the holder. A report names a role or a user without its path."""
    kind, account, region, name = (*exempt.subject.split("/", 3), "", "", "")[:4]
    holder = (ref.holder, ref.account, ref.region)
    if not all(map(fnmatchcase, holder, (kind, account, region))):
        return False
    return any(fnmatchcase(ref.reported_holder, glob) for glob in (name, name.rpartition("/")[2]))
