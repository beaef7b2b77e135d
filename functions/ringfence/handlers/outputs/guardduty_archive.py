"""Archive the findings of an incident in GuardDuty once everything is done and verified.

In an organization, only the administrator account of GuardDuty can archive findings. So the calls are made in
the home account, which must be the administrator account.

A later event about the same version of an archived finding is no news, for example after a write to Security
Hub. GuardDuty does not confirm a new version of it: the policy's `findings.unconfirmable` decides about that.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ArchiveFindings.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.output import Errand, Output
from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission
from ringfence.model.errors import Retryable
from ringfence.record.dispositions import DISPOSITIONS, Disposition
from ringfence.record.received import received
from ringfence.record.summary import Summary
from ringfence.runbooks.catalogue.shared import answered_by_several

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.handlers.output import Site, Told
    from ringfence.model.call import SansIO

SOURCE = "aws.guardduty"
MOST = 50
"""The findings that one request takes."""
_NO_DETECTOR = ("BadRequestException",)


def resolved(told: Told) -> dict[str, tuple[str, ...]]:
    """Return the ids of the findings to archive, by region. Empty unless everything is done.

    A finding that several runbooks answer is never archived: the responses of the others are in other chains.
    """
    now = Summary.of(told.entries)
    if DISPOSITIONS[now.status] is not Disposition.RESOLVED:
        return {}
    shared = {one.id for one in now.findings if one.type in answered_by_several()}
    found: dict[str, tuple[str, ...]] = {}
    for one in received(now):
        if one.source == SOURCE and one.id not in shared:
            found[one.region] = (*found.get(one.region, ()), one.id)
    return found


def _errands(told: Told, site: Site) -> Iterator[Errand]:
    for region, ids in resolved(told).items():
        yield Errand(site.home, region, lambda ids=ids: _archive(ids))  # type: ignore[misc]  # bound now


def _archive(ids: tuple[str, ...]) -> SansIO[None]:
    (listed,) = yield (Call("guardduty", "ListDetectors"),)
    detector = next(iter(document(listed).texts("DetectorIds")), "")
    if not detector:
        raise Retryable("the home account has no GuardDuty detector in this region")
    for start in range(0, len(ids), MOST):
        given = {"DetectorId": detector, "FindingIds": list(ids[start : start + MOST])}
        (answer,) = yield (Call("guardduty", "ArchiveFindings", given, expected=_NO_DETECTOR),)
        if isinstance(answer, Failed):
            raise Retryable(f"guardduty:ArchiveFindings: {answer.code}: {answer.message}")


OUTPUT = Output(
    id="guardduty-archive",
    title="The findings of GuardDuty are archived when everything is done and verified",
    facts=frozenset(("Verified", "Closed")),
    permissions=(
        Permission("guardduty:ListDetectors", ("*",), reason="the action has no resource types"),
        Permission("guardduty:ArchiveFindings", ("*",), reason="the action has no resource types"),
    ),
    errands=_errands,
    standing=True,
    elsewhere=True,
    at_home=True,
    cost="two calls of GuardDuty, which are free",
)
