"""A public bucket or snapshot in Security Hub joins the incident of Access Analyzer's own event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.routing import answering
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.samples.access_analyzer import public_event
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.local.samples.security_hub import imported, share, share_v2
from ringfence.model.errors import BadInput
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
BUCKET = "arn:aws:s3:::reports-of-a-team"
SNAPSHOT = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:snapshot/snap-0a1b2c3d4e5f60718"


EACH = pytest.mark.parametrize("made", [share, share_v2], ids=["CSPM", "V2"])


def event_of(finding: Json) -> Json:
    kind = "Findings Imported V2" if "metadata" in finding else "Security Hub Findings - Imported"
    (part,) = incoming(imported(finding, kind=kind))
    found = part.checked()
    assert not isinstance(found, NotForUs), found
    return dict(found)


@pytest.mark.parametrize(
    ("arn", "runbook"), [(BUCKET, "harden-bucket"), (SNAPSHOT, "harden-snapshot")], ids=["bucket", "snapshot"]
)
@EACH
def test_a_public_resource_leads_to_its_runbook(arn: str, runbook: str, made: Callable[..., Json]) -> None:
    assert answering(event_of(made(arn)), CATALOGUE, {}) == (runbook,)


@EACH
def test_the_finding_is_that_of_access_analyzers_own_event(made: Callable[..., Json]) -> None:
    (found,) = findings(event_of(made(BUCKET)))  # type: ignore[misc]  # no reason
    (direct,) = findings(public_event("AWS::S3::Bucket", BUCKET))  # type: ignore[misc]  # no reason
    for name in ("source", "id", "type", "severity", "account", "region", "subjects", "at_most"):
        assert getattr(found, name) == getattr(direct, name), name


@pytest.mark.parametrize("said", ["the principal", "the title", "the description"])
def test_each_of_three_fields_says_that_everybody_has_access(said: str) -> None:
    words = "AWS::S3::Bucket/arn:aws:s3:::x/ allows public access"
    private: Json = {"Title": "x", "Description": "x"}
    named = {
        "the principal": share(BUCKET, **private),
        "the title": share(BUCKET, "444455556666", **{**private, "Title": words}),
        "the description": share(BUCKET, "444455556666", **{**private, "Description": words}),
    }
    assert answering(event_of(named[said]), CATALOGUE, {}) == ("harden-bucket",)


@pytest.mark.parametrize("said", ["the title", "the description", "the data", "other data"])
def test_the_new_security_hub_says_it_in_its_own_fields(said: str) -> None:
    words, info = "x allows public access", {**share_v2(BUCKET)["finding_info"], "title": "x", "desc": "x"}
    resource = share_v2(BUCKET)["resources"][0]
    everybody = {"External Principal": "*"}
    named: dict[str, Json] = {
        "the title": {"finding_info": {**info, "title": words}},
        "the description": {"finding_info": {**info, "desc": words}},
        "the data": {"finding_info": info, "resources": [{**resource, "data": everybody}]},
        "other data": {"finding_info": info, "resources": [{**resource, "data": {"Other": everybody}}]},
    }
    assert answering(event_of(share_v2(BUCKET, **named[said])), CATALOGUE, {}) == ("harden-bucket",)
    assert answering(event_of(share_v2(BUCKET, finding_info=info)), CATALOGUE, {}) == ("report-findings",)


@pytest.mark.parametrize(
    "finding",
    [
        share_v2(BUCKET, "444455556666"),
        share_v2(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"),
        share_v2(BUCKET, resources=[]),
        share(BUCKET, "444455556666"),
        share(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"),
        share("arn:aws:ec2:eu-west-1:444455556666:snapshot/snap-0a1b2c3d4e5f60718"),
    ],
    ids=["V2: another account", "V2: a key", "V2: none", "another account has access", "a key", "elsewhere"],
)
def test_any_other_share_is_told(finding: Json) -> None:
    event = event_of(finding)
    assert event["source"] == "aws.securityhub"
    assert answering(event, CATALOGUE, {}) == ("report-findings",)


def test_a_finding_that_another_product_imported_is_none_of_access_analyzers() -> None:
    product = f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default"
    assert event_of(share(BUCKET, ProductArn=product))["source"] == "aws.securityhub"


def test_a_finding_without_a_link_has_an_id_nevertheless() -> None:
    (found,) = findings(event_of(share(BUCKET, SourceUrl="https://example.com/\x1b[2J")))  # type: ignore[misc]
    assert len(found.id) == 32
    assert found.id.isalnum()


def test_a_wrong_account_names_the_value() -> None:
    (part,) = incoming(imported(share(BUCKET, AwsAccountId="1")))
    with pytest.raises(BadInput, match=r"AwsAccountId"):
        part.checked()
