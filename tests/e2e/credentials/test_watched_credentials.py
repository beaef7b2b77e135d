"""Somebody activates a contained key again, with IAM enforced and IAM's events in another region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.credential_findings import CredentialFinding
from ringfence.record.facts import ContainmentBroken
from tests.e2e.places import HOME_REGION
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.principals import KeyHolder
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e


def test_a_key_that_is_activated_again_is_deactivated_once_and_then_a_person_is_asked(
    place: Place, holder: KeyHolder
) -> None:
    key, listed = holder.leaked.key, place.principals.status

    def activate() -> None:
        place.iam.update_access_key(UserName=holder.name, AccessKeyId=key, Status="Active")

    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    place.over(holder.ref)
    assert listed(holder, holder.leaked) == "Inactive"
    # The calls that made the user are heard too. Their verification must not meet the activation.
    place.world.quiet("ringfence-contain-credentials-recheck")
    activate()
    until(lambda: place.history(holder.ref).of(ContainmentBroken), "the activated key is noticed")
    until(lambda: listed(holder, holder.leaked) == "Inactive", "the key is deactivated again")
    until(lambda: place.history(holder.ref).broken is None, "that is verified")
    # The message of the first call is still in the queue. It is not blamed for the second call.
    activate()
    until(lambda: len(place.history(holder.ref).of(ContainmentBroken)) > 1, "it is noticed again")
    first, second = place.history(holder.ref).of(ContainmentBroken)
    assert (first.call, first.answered, second.answered) == ("iam:UpdateAccessKey", True, False)
    assert first.event != second.event
    assert listed(holder, holder.leaked) == "Active"
    shown = place.hand.types("incidents", "recheck", place.history(holder.ref).incident)
    assert shown.returncode == 1, shown.stdout + shown.stderr
    assert key in shown.stdout
