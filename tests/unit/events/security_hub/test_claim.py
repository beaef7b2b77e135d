"""Security Hub is asked for the finding of another product, and its answer is compared with the event."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.security_hub.claim import check, place
from ringfence.events.taken_in import incoming
from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE
from ringfence.local.samples.security_hub import AT, asff, imported, v2
from ringfence.model.call import Failed
from ringfence.model.claims import Checked, ImportedFinding, Verdict
from ringfence.model.document import Document
from ringfence.model.kinds.instance import InstanceRef
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.conversations import ways
from tests.support.laws.permissions import action
from tests.support.laws.permissions import check as possible

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.call import Answer, Call
    from ringfence.model.finding import Finding

Json = dict[str, Any]
REF = InstanceRef(ACCOUNT, "eu-west-1", INSTANCE)
FALCON = "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon"
BEACON = ["TTPs/Command and Control/Beacon"]
LATER, EARLIER = "2026-11-29T11:00:00.000Z", "2026-11-29T09:00:00.000Z"
OFF = Failed("InvalidAccessException", f"Account {ACCOUNT} is not subscribed to AWS Security Hub")
OFF_V2 = Failed("ResourceNotFoundException", "there is no hub")


def partner(**changed: object) -> Json:
    provided = {"Severity": {"Label": "HIGH"}, "Types": BEACON}
    return asff(**{"ProductArn": FALCON, "Types": BEACON, "FindingProviderFields": provided, **changed})


def partner_v2(at: str = AT, types: list[str] = BEACON, **changed: object) -> Json:
    product = {"name": "Falcon", "uid": FALCON.replace("::product/", "::productv2/")}
    info = {**v2()["finding_info"], "types": types, "created_time_dt": at, "modified_time_dt": at}
    return v2(**{"metadata": {"product": product}, "finding_info": info, **changed})


@dataclass
class Hub:
    """Answers the two operations, each held to botocore's model. `refuses`: instead of an answer."""

    held: list[Json] = field(default_factory=list)
    refuses: Failed | None = None
    calls: list[str] = field(default_factory=list)

    def __call__(self, call: Call) -> Answer:
        possible(call)
        assert call.single_attempt, "the transport must not wait between attempts"
        self.calls.append(call.operation)
        if self.refuses:
            found = call.failed(self.refuses.code, self.refuses.message)
            assert found, f"{self.refuses.code} is not handled"
            return found
        return Document({"Findings": self.held}, f"securityhub:{call.operation}")


def told(given: Json) -> Finding:
    kind = "Findings Imported V2" if "metadata" in given else "Security Hub Findings - Imported"
    (part,) = incoming(imported(given, kind=kind))
    found = findings(part.checked())
    assert not isinstance(found, NotForUs)
    return found[0]


def asked(hub: Hub, given: Json) -> Checked:
    talk = check(told(given), REF)
    calls = next(talk)
    assert len(calls) == 1, "one round trip, beside the first read"
    while True:
        try:
            calls = talk.send(tuple(map(hub, calls)))
        except StopIteration as ended:
            checked: Checked = ended.value
            return checked


def verdict(hub: Hub, given: Json) -> Verdict:
    return asked(hub, given).answer.verdict


EACH = pytest.mark.parametrize("made", [partner, partner_v2], ids=["CSPM", "V2"])


@EACH
def test_a_finding_that_security_hub_holds_is_confirmed_by_one_call(made: Callable[..., Json]) -> None:
    hub = Hub([made()])
    checked = asked(hub, made())
    assert checked.answer.verdict is Verdict.CONFIRMED
    assert hub.calls == ["GetFindings" if made is partner else "GetFindingsV2"]
    assert checked.finding == told(made())


@EACH
def test_the_place_to_ask_is_that_of_the_finding(made: Callable[..., Json]) -> None:
    where = place(told(made()), REF)
    assert (where.account, where.region) == (ACCOUNT, "eu-west-1")


@EACH
def test_what_security_hub_does_not_have_is_absent_and_may_come(made: Callable[..., Json]) -> None:
    assert verdict(Hub(), made()) is Verdict.ABSENT


@pytest.mark.parametrize(
    ("held", "given"),
    [
        (partner(Id="another"), partner()),
        (partner(ProductArn="arn:aws:securityhub:eu-west-1::product/aws/macie"), partner()),
        (partner_v2(metadata={"product": {"uid": FALCON.replace("falcon", "eagle")}}), partner_v2()),
        (partner_v2(finding_info={**partner_v2()["finding_info"], "uid": "another"}), partner_v2()),
        ({}, partner()),
        ({}, partner_v2()),
    ],
)
def test_another_finding_than_the_claimed_one_does_not_confirm_it(held: Json, given: Json) -> None:
    assert verdict(Hub([held]), given) is Verdict.ABSENT


@pytest.mark.parametrize(
    ("held", "given", "words"),
    [
        (partner(), partner(FindingProviderFields={"Types": ["TTPs/Worse"]}), "has type"),
        (partner(), partner(FindingProviderFields={"Severity": {"Label": "CRITICAL"}}), "has severity"),
        (partner(Resources=[]), partner(), f"is not about instance/{ACCOUNT}"),
        (partner(AwsAccountId="444455556666"), partner(), "is about account 444455556666"),
        (partner_v2(), partner_v2(types=["TTPs/Worse"]), "has type"),
        (partner_v2(severity_id=3), partner_v2(severity_id=5), "has severity"),
        (partner_v2(resources=[]), partner_v2(), f"is not about instance/{ACCOUNT}"),
    ],
)
def test_an_event_that_says_something_else_is_refuted(held: Json, given: Json, words: str) -> None:
    answer = asked(Hub([held]), given).answer
    assert answer.verdict is Verdict.REFUTED
    assert words in answer.reason


def test_who_may_update_findings_raises_no_severity_and_changes_no_type() -> None:
    updated = partner(Severity={"Label": "CRITICAL"}, Types=["TTPs/Worse"])
    assert (told(updated).severity, told(updated).type) == (7.0, BEACON[0])
    raised = partner_v2(severity_id=5, vendor_attributes={"severity_id": 4})
    assert told(raised).severity == 7.0
    assert verdict(Hub([raised]), partner_v2(severity_id=5)) is Verdict.REFUTED


@EACH
def test_the_newer_version_confirms_and_an_older_one_does_not_yet(made: Callable[..., Json]) -> None:
    def version(at: str) -> Json:
        return partner(UpdatedAt=at) if made is partner else partner_v2(at)

    newer = asked(Hub([version(LATER)]), version(AT))
    assert newer.answer.verdict is Verdict.CONFIRMED
    assert newer.finding is not None
    assert newer.finding.updated_at == told(version(AT)).updated_at
    assert verdict(Hub([version(EARLIER)]), version(AT)) is Verdict.ABSENT


@pytest.mark.parametrize(
    ("held", "given"),
    [
        (partner(RecordState="ARCHIVED"), partner()),
        (partner(Workflow={"Status": "SUPPRESSED"}), partner()),
        (partner_v2(status_id=3), partner_v2()),
        (partner_v2(status_id=4), partner_v2()),
    ],
)
def test_a_finding_that_somebody_closed_since_is_for_the_policy(held: Json, given: Json) -> None:
    answer = asked(Hub([held]), given).answer
    assert answer.verdict is Verdict.BLINDED
    assert answer.reason.startswith("since the event, the finding")


@pytest.mark.parametrize(("made", "refusal"), [(partner, OFF), (partner_v2, OFF_V2)], ids=["CSPM", "V2"])
def test_without_security_hub_nobody_can_be_asked(made: Callable[..., Json], refusal: Failed) -> None:
    answer = asked(Hub(refuses=refusal), made()).answer
    assert answer.verdict is Verdict.BLINDED
    assert "is not enabled any more, or never was" in answer.reason


@EACH
def test_the_claim_names_the_finding_as_its_product_does(made: Callable[..., Json]) -> None:
    claim = told(made()).claim
    assert isinstance(claim, ImportedFinding)
    product = FALCON if made is partner else FALCON.replace("::product/", "::productv2/")
    assert (claim.product, claim.v2, claim.is_own) == (product, made is partner_v2, False)


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default",
        f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:productv2/{ACCOUNT}/default",
        "crowdstrike",
        "",
    ],
)
def test_a_product_of_an_account_and_no_product_are_its_own(arn: str) -> None:
    assert ImportedFinding("1", arn).is_own


@EACH
def test_the_permissions_are_the_calls_whatever_is_answered(made: Callable[..., Json]) -> None:
    calls = {action(call) for each in ways(partial(check, told(made()), REF)) for call in each}
    assert calls == {one.action for one in ImportedFinding.permissions}


def test_the_runbooks_that_mappings_can_name_may_ask_and_no_others() -> None:
    asking = {id_ for id_, one in CATALOGUE.items() if one.asks_security_hub}
    assert asking == {"contain-instance", "contain-credentials", "harden-snapshot"}
    for id_, one in CATALOGUE.items():
        granted = {need.action for need in one.permissions()}
        assert ("securityhub:GetFindings" in granted) is (id_ in asking)
        assert "securityhub:GetFindings" not in {need.action for need in one.release_permissions()}
