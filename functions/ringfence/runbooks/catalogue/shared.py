"""The types of findings that several runbooks answer, each with a response that changes something."""

from __future__ import annotations

from collections import Counter
from functools import cache

from ringfence.runbooks.catalogue import CATALOGUE


@cache
def answered_by_several() -> frozenset[str]:
    """Return the types of findings to which there can be a response of more than one runbook.

    One response that is complete does not mean that everything about such a finding is done.

    Examples
    --------
    >>> "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS" in answered_by_several()
    True
    """
    changing = (one for one in CATALOGUE.values() if any(each.steps for each in one.remediations))
    found = (frozenset(type_ for trigger in one.triggers for type_ in trigger.types) for one in changing)
    counted = Counter(type_ for types in found for type_ in types)
    return frozenset(type_ for type_, count in counted.items() if count > 1)
