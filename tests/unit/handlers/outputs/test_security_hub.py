"""The write-back to Security Hub: which finding, in which account, and never twice the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.output import Site, Told
from ringfence.handlers.outputs.security_hub import LINK, OUTPUT
from ringfence.model.claims import ORIGIN
from ringfence.model.errors import Retryable
from ringfence.record.chain import link
from ringfence.record.facts import FindingReceived
from tests.support.conversing import Conversing
from tests.support.fakes.chains import INCIDENT, KEY, REF, finding, stamp
from tests.support.fakes.security_hub import FakeSecurityHub
from tests.support.notice_kinds import ACTED, BROKEN, COMPLETE, CONTAINED

if TYPE_CHECKING:
    from ringfence.record.facts import Fact

HOME = "999999999999"
ARN = f"arn:aws:guardduty:{REF.region}:{REF.account}:detector/d-1/finding/f-1"
PRODUCT = f"arn:aws:securityhub:{REF.region}::product/aws/guardduty"
CONTROL = f"arn:aws:securityhub:{REF.region}:{REF.account}:security-control/EC2.8/finding/1"
OF_HUB = f"arn:aws:securityhub:{REF.region}::product/aws/securityhub"


def site(**options: str) -> Site:
    return Site(HOME, "eu-west-1", frozenset((REF.account,)), OUTPUT.choose(options), {})


def received(event: object = None, **changes: object) -> FindingReceived:
    found = finding(**{"source": "aws.guardduty", **changes})
    return FindingReceived(found, json.dumps(event or {"detail": {"arn": ARN}}))


def told(*facts: Fact, cause: FindingReceived | None = None) -> Told:
    entries = link(stamp(), None, (cause or received(), *facts))
    return Told(KEY, entries, range(len(entries)))


def hub(id_: str = ARN, product: str = PRODUCT, **more: Any) -> FakeSecurityHub:  # noqa: ANN401 - ASFF
    about = [{"Id": f"arn:aws:ec2:{REF.region}:{REF.account}:instance/{REF.id}"}]
    return FakeSecurityHub([{"Id": id_, "ProductArn": product, "Resources": about, **more}])


def run(at: FakeSecurityHub, about: Told, **options: str) -> Conversing:
    made = Conversing(at)
    made.run(OUTPUT.errands(about, site(**options)))
    return made


def status(at: FakeSecurityHub) -> str:
    return str(at.findings[0].get("Workflow", {}).get("Status", "NEW"))


def test_a_finding_of_guardduty_is_found_by_its_arn_and_says_what_was_done() -> None:
    at = hub()
    made = run(at, told(*ACTED, CONTAINED))
    assert status(at) == "NOTIFIED"
    assert at.findings[0]["Note"]["UpdatedBy"] == "Ringfence"
    assert made.places == [(REF.account, REF.region)]
    run(at, told(*ACTED, COMPLETE))
    assert status(at) == "RESOLVED"
    run(at, told(*ACTED, COMPLETE, BROKEN))
    assert status(at) == "NOTIFIED"


def test_the_same_news_again_writes_nothing_so_a_write_back_starts_nothing() -> None:
    at = hub()
    for _ in range(3):
        run(at, told(*ACTED, COMPLETE))
    assert at.sent == 1


def test_the_arn_is_made_of_the_claim_if_the_event_does_not_have_it() -> None:
    from ringfence.model.claims import HeldFinding

    at = hub()
    run(at, told(*ACTED, COMPLETE, cause=received({"detail": {}}, claim=HeldFinding("d-1"))))
    assert status(at) == "RESOLVED"


def test_the_administrator_can_write_instead() -> None:
    assert run(hub(), told(*ACTED, COMPLETE), account="home").places == [(HOME, REF.region)]


def test_the_note_leads_to_the_portal_of_the_owner() -> None:
    at = hub()
    run(at, told(*ACTED, COMPLETE), link="https://portal.example.com/incidents/{incident}")
    assert f"https://portal.example.com/incidents/{INCIDENT} " in at.findings[0]["Note"]["Text"]


@pytest.mark.parametrize("bad", ["http://portal", "https://", "javascript:x", "https://a b", "https://a\n"])
def test_what_is_no_address_is_not_accepted(bad: str) -> None:
    assert not LINK.allows(bad)


def test_nothing_is_called_in_an_account_outside_of_the_scope() -> None:
    elsewhere = received(account="444455556666")
    assert run(hub(), told(*ACTED, COMPLETE, cause=elsewhere)).calls == []


def test_an_event_cannot_point_to_the_finding_of_somebody_else() -> None:
    """The id of GuardDuty's finding was confirmed by GuardDuty. The ARN in the event was not."""
    other = ARN.replace("f-1", "f-2")
    at = hub(other)
    run(at, told(*ACTED, COMPLETE, cause=received({"detail": {"arn": other}})))
    assert at.sent == 0


def test_a_finding_of_a_control_is_found_by_its_origin_if_it_is_about_the_resource() -> None:
    cause = received({ORIGIN: {"Id": CONTROL, "ProductArn": OF_HUB}}, source="aws.config", id="c-1")
    at = hub(CONTROL, OF_HUB)
    run(at, told(*ACTED, COMPLETE, cause=cause))
    assert status(at) == "RESOLVED"
    other = hub(CONTROL, OF_HUB)
    other.findings[0]["Resources"] = [{"Id": "arn:aws:ec2:eu-west-1:111122223333:instance/i-other"}]
    run(other, told(*ACTED, COMPLETE, cause=cause))
    assert other.sent == 0


def test_a_suppressed_finding_is_read_and_left_alone() -> None:
    at = hub(Workflow={"Status": "SUPPRESSED"})
    made = run(at, told(*ACTED, COMPLETE, BROKEN))
    assert [one.operation for one in made.calls] == ["GetFindings"]


def test_what_security_hub_does_not_process_is_retried() -> None:
    at = hub()
    at.refuses = "ConcurrentUpdateError"
    with pytest.raises(Retryable, match="ConcurrentUpdateError"):
        run(at, told(*ACTED, COMPLETE))


def v2(**more: Any) -> FakeSecurityHub:  # noqa: ANN401 - OCSF
    product = {"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/guardduty"}
    found = {"metadata": {"uid": "v2-1", "product": product}, "finding_info": {"uid": ARN}, "status_id": 1}
    return FakeSecurityHub(v2=[{**found, **more}], cspm=False)


def test_without_cspm_the_newer_security_hub_is_written() -> None:
    at = v2()
    for _ in range(2):
        run(at, told(*ACTED, COMPLETE))
    assert (at.v2[0]["status_id"], at.sent) == (4, 1)
    assert at.v2[0]["comment"].startswith("Ringfence inc-")
    run(at, told(*ACTED, COMPLETE, BROKEN))
    assert at.v2[0]["status_id"] == 2


@pytest.mark.parametrize(
    ("more", "facts", "expected"),
    [
        ({"status_id": 3}, (*ACTED, COMPLETE, BROKEN), {"status_id": 3}),
        ({"comment": "mine"}, (*ACTED, COMPLETE), {"status_id": 4, "comment": "mine"}),
        ({"status_id": 4}, (*ACTED, CONTAINED), {"status_id": 4}),
        ({"status_id": 4}, (*ACTED, COMPLETE, BROKEN), {"status_id": 2}),
    ],
    ids=["suppressed", "commented", "resolved by a person", "undone"],
)
def test_there_too_what_a_person_chose_stays(
    more: dict[str, Any], facts: tuple[Fact, ...], expected: dict[str, Any]
) -> None:
    at = v2(**more)
    run(at, told(*facts))
    assert at.v2[0].items() >= expected.items()


def test_a_hostile_event_is_no_error() -> None:
    hostile = replace(received(), event='{"detail": {"arn": ["x"]}, "ringfence:securityHub": {"Id": 7}}')
    assert run(hub(), told(*ACTED, COMPLETE, cause=hostile)).calls


STRANGER = {"uid": f"arn:aws:securityhub:{REF.region}:{REF.account}:productv2/{REF.account}/default"}


def test_a_finding_of_another_product_with_the_same_id_is_left_alone() -> None:
    """Everybody who may import findings chooses their ids."""
    at = v2()
    theirs = {**at.v2[0], "metadata": {"uid": "theirs", "product": STRANGER}}
    at.v2.insert(0, theirs)
    before = dict(theirs)
    run(at, told(*ACTED, COMPLETE))
    assert at.v2[0] == before
    assert at.v2[1]["status_id"] == 4


def test_one_of_several_runbooks_does_not_resolve_a_finding() -> None:
    shared = received(type="UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS")
    at = hub()
    run(at, told(*ACTED, COMPLETE, cause=shared))
    assert status(at) == "NOTIFIED"
