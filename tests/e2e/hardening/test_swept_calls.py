"""A recorded call whose event was lost is answered by the deployed sweep of CloudTrail, with IAM enforced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from ringfence.engine.sweeping import Answering
from ringfence.events.cloudtrail.sweep import ROOT_USER, watched
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.place import Place
from ringfence.model.subject import GLOBAL
from ringfence.policy.sweeps import CLOUDTRAIL
from ringfence.record.facts import FindingReceived
from ringfence.record.sweeps import Progress
from ringfence.runbooks.catalogue import CATALOGUE
from tests.e2e.sweeps import remember, sweep
from tests.e2e.world import until

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK, SERVICE = "harden-bucket", "s3.amazonaws.com"


def looks_from(compliance: Compliance, begun: datetime) -> None:
    """Let the next look read the calls of S3 from a moment on.

    Other tests made other calls before. And all tests act as the root user, so that the sweep would hand on
    each of their calls, as what the root user did.
    """
    local = compliance.world.local
    patterns = (
        one for each in Answering(tuple(CATALOGUE.values()), {}).patterns(local.account) for one in each
    )
    now = datetime.now(UTC)
    strands = dict.fromkeys((*watched(patterns), ROOT_USER), Progress(now, now, now))
    for region in (local.region, GLOBAL):
        remember(
            compliance,
            CLOUDTRAIL,
            Place(local.account, region),
            {**strands, SERVICE: Progress(begun, begun, now + timedelta(seconds=1))},
        )


def blocks(compliance: Compliance, ref: BucketRef) -> bool:
    """Return whether a bucket blocks public access."""
    try:
        found = compliance.world.client("s3").get_public_access_block(Bucket=ref.id)
    except ClientError:
        return False
    return all(found["PublicAccessBlockConfiguration"].values())


def test_a_call_whose_event_was_lost_is_answered_once_and_rests_after_a_release(
    compliance: Compliance,
) -> None:
    local, s3, name = compliance.world.local, compliance.world.client("s3"), compliance.world.builder().name
    ref = BucketRef(local.account, local.region, f"swept-{name.lower()}")
    s3.create_bucket(Bucket=ref.id, CreateBucketConfiguration={"LocationConstraint": local.region})
    begun = datetime.now(UTC)
    with compliance.silent(RUNBOOK):
        s3.delete_public_access_block(Bucket=ref.id)
        compliance.quiet(RUNBOOK)
    assert not compliance.history(RUNBOOK, ref).entries, "the event is lost"
    assert not blocks(compliance, ref)
    looks_from(compliance, begun)
    sweep(compliance, CLOUDTRAIL, RUNBOOK, places=2)
    answered = compliance.over(RUNBOOK, ref)
    assert blocks(compliance, ref)
    (call,) = compliance.world.calls("DeleteBucketPublicAccessBlock", ref.id)
    (received,) = answered.of(FindingReceived)
    assert (received.finding.source, received.finding.id) == ("aws.s3", call["eventID"])
    done = compliance.hand.types("release", answered.incident, "--yes", "--reason", "it was a drill")
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: compliance.history(RUNBOOK, ref).released_at, "the release is recorded")
    looks_from(compliance, begun)
    sweep(compliance, CLOUDTRAIL, RUNBOOK, places=2)
    assert not blocks(compliance, ref)
    assert compliance.history(RUNBOOK, ref).incident == answered.incident
