"""The list of a role's revocations: one inline policy with those of many incidents.

Each incident writes its own policy first, because IAM has no conditional write: two executions that add
to one policy would lose an entry. A role has space for about 40 such policies. So older ones are moved to the
list, where a revocation takes about 30 bytes.

The list denies credentials that were issued before the newest of its times, which is what its policies did
together. Its second condition only keeps the entries: `aws:userid` of a role's session always contains a
colon, and no entry does, so this condition is always true.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.observations.iam.instance_denials import policy_of
from ringfence.observations.iam.revocations import Revocation, revocation, revocation_of, revocation_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Answer

LIST = "ringfence-revoke-before-list"
"""The name of the inline policy."""
MOST_LISTED = 100
"""The most entries of the list. A full one covers all earlier revocations, so it never needs more space."""


def newest(revocations: Iterable[Revocation]) -> frozenset[Revocation]:
    """Return the revocations with the latest times, as many as the list has space for."""
    return frozenset(in_order(revocations)[-MOST_LISTED:])


def in_order(revocations: Iterable[Revocation]) -> tuple[Revocation, ...]:
    """Return revocations by time."""
    return tuple(sorted(set(revocations), key=lambda one: (one.instant, one.holder)))


def revocation_list(entries: Iterable[Revocation]) -> dict[str, object]:
    """Return the policy for at least one revocation."""
    ordered = in_order(entries)
    document = revocation(ordered[-1].instant)
    (statement,) = Document.of(document).children("Statement")
    conditions = statement.child("Condition").value
    texts = {"StringNotEquals": {"aws:userid": [revocation_text(one) for one in ordered]}}
    return {**document, "Statement": [{**statement.value, "Condition": {**conditions, **texts}}]}


def listed_in(policy: Answer) -> frozenset[Revocation]:
    """Return the revocations in the list. None are in a policy that does not deny what its entries say."""
    found = policy_of(policy)
    if found is None:
        return frozenset()
    try:
        (statement,) = Document.of(found).children("Statement")
        texts = statement.child("Condition").child("StringNotEquals").texts("aws:userid")
    except (BadInput, ValueError):
        return frozenset()
    entries = frozenset(one for text in texts if (one := revocation_of(text)))
    return entries if entries and found == revocation_list(entries) else frozenset()
