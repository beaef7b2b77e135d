"""The other outputs: events on the bus, files in the bucket, findings in GuardDuty's archive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.output import Site, Told
from ringfence.handlers.outputs import output
from ringfence.handlers.outputs.ocsf_events import MOST_BYTES, batches
from ringfence.model.call import Call, Failed
from ringfence.model.errors import BadInput, InternalError, Retryable
from ringfence.record.chain import ChainKey, link
from ringfence.record.facts import FindingReceived
from tests.support.conversing import Conversing
from tests.support.fakes.chains import INCIDENT, KEY, REF, finding, stamp
from tests.support.notice_kinds import ACTED, BROKEN, COMPLETE, CONTAINED
from tests.support.ocsf import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.record.facts import Fact

NAMES = {"events_bus": "ringfence-events", "events_bucket": "bucket-1"}
FACTS = (FindingReceived(finding(source="aws.guardduty")), *ACTED, CONTAINED)


def told(*facts: Fact, key: ChainKey = KEY, first: int = 0) -> Told:
    entries = link(stamp(), None, facts)
    return Told(key, entries, range(first, len(entries)))


def run(id_: str, about: Told, answer: Mapping[str, object] | Failed) -> Conversing:
    found = output(id_)
    site = Site("999999999999", "eu-west-1", frozenset((REF.account,)), found.choose({}), NAMES)
    made = Conversing(lambda *_: answer)
    made.run(found.errands(about, site))
    return made


def test_an_event_on_the_bus_is_an_event_of_ocsf_for_each_new_entry() -> None:
    made = run("ocsf-events", told(*FACTS), {"Entries": []})
    (asked,) = made.named("PutEvents")
    entries: Any = asked["Entries"]
    assert [one["DetailType"] for one in entries] == [
        *("OCSF Detection Finding", "OCSF Detection Finding"),
        *("OCSF Remediation Activity", "OCSF Detection Finding"),
    ]
    for one in entries:
        check(json.loads(one["Detail"]))
    assert {(one["Source"], one["EventBusName"]) for one in entries} == {
        ("ringfence.outputs", NAMES["events_bus"])
    }
    assert made.places == [("999999999999", "eu-west-1")]


def test_only_new_entries_are_sent() -> None:
    (asked,) = run("ocsf-events", told(*FACTS, first=4), {"Entries": []}).named("PutEvents")
    assert len(asked["Entries"]) == 1  # type: ignore[arg-type]  # a list


def test_requests_have_ten_entries_and_a_size_at_most() -> None:
    small = [{"Detail": "x"} for _ in range(23)]
    assert [len(one) for one in batches(small)] == [10, 10, 3]
    large = [{"Detail": "x" * (MOST_BYTES // 2)} for _ in range(3)]
    assert [len(one) for one in batches(large)] == [1, 1, 1]


def test_an_entry_that_the_bus_refuses_is_retried() -> None:
    refused = {"Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}]}
    with pytest.raises(Retryable, match="ThrottlingException"):
        run("ocsf-events", told(*FACTS), refused)


def test_files_are_valid_and_lie_in_the_partitions_of_security_lake() -> None:
    made = run("ocsf-files", told(*FACTS), {})
    puts = {str(one["Key"]): one["Body"] for one in made.named("PutObject")}
    day = f"region={REF.region}/accountId={REF.account}/eventDay=20251122"
    assert {key.rpartition("/")[0] for key in puts} == {
        f"ext/ringfence-detection-finding/1.0/{day}",
        f"ext/ringfence-remediation-activity/1.0/{day}",
    }
    for key, body in puts.items():
        assert isinstance(body, bytes)
        for line in body.decode().splitlines():
            check(json.loads(line))
        assert INCIDENT in key


def test_a_repeated_message_writes_the_same_bytes_to_the_same_objects() -> None:
    def puts(first: int) -> dict[str, object]:
        made = run("ocsf-files", told(*FACTS, first=first), {})
        return {str(one["Key"]): one["Body"] for one in made.named("PutObject")}

    assert puts(0) == puts(0)
    assert puts(4).items() < puts(0).items()


def test_two_resources_of_an_incident_have_their_own_objects() -> None:
    other = ChainKey(KEY.runbook, KEY.subject.replace("i-0", "i-1"))
    keys = [
        {str(one["Key"]) for one in run("ocsf-files", told(*FACTS, key=key), {}).named("PutObject")}
        for key in (KEY, other)
    ]
    assert not keys[0] & keys[1]


def test_no_name_leads_out_of_a_partition() -> None:
    hostile = ChainKey("contain-instance", "instance/../../a b/x")
    made = run("ocsf-files", told(*FACTS, key=hostile), {})
    assert all("accountId=--/" in str(one["Key"]) for one in made.named("PutObject"))


DETECTOR = {"DetectorIds": ["d-1"]}


def test_findings_of_guardduty_are_archived_when_everything_is_done() -> None:
    made = run("guardduty-archive", told(*FACTS, COMPLETE), DETECTOR)
    assert made.named("ArchiveFindings") == [{"DetectorId": "d-1", "FindingIds": ["f-1"]}]
    assert made.places == [("999999999999", REF.region)]


@pytest.mark.parametrize("facts", [FACTS, (*FACTS, COMPLETE, BROKEN)], ids=["not yet", "undone"])
def test_otherwise_nothing_is_archived(facts: tuple[Fact, ...]) -> None:
    assert run("guardduty-archive", told(*facts), DETECTOR).calls == []


def test_a_finding_that_another_runbook_answers_too_is_not_archived() -> None:
    """GuardDuty confirms no archived finding, and the other response may still need that."""
    type_ = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
    shared = FindingReceived(finding(source="aws.guardduty", type=type_))
    assert run("guardduty-archive", told(shared, *FACTS[1:], COMPLETE), DETECTOR).calls == []


def test_findings_of_other_services_are_not_archived() -> None:
    facts = (FindingReceived(finding(source="aws.config")), *ACTED, COMPLETE)
    assert run("guardduty-archive", told(*facts), DETECTOR).calls == []


def test_a_member_that_may_not_archive_says_so() -> None:
    def answer(_account: str, _region: str, call: Call) -> Mapping[str, object] | Failed:
        return (
            DETECTOR if call.operation == "ListDetectors" else Failed("BadRequestException", "not the admin")
        )

    found = output("guardduty-archive")
    site = Site("999999999999", "eu-west-1", frozenset((REF.account,)), {}, {})
    with pytest.raises(Retryable, match="not the admin"):
        Conversing(answer).run(found.errands(told(*FACTS, COMPLETE), site))


def test_without_a_detector_it_fails_so_that_somebody_notices() -> None:
    with pytest.raises(Retryable, match="no GuardDuty detector"):
        run("guardduty-archive", told(*FACTS, COMPLETE), {"DetectorIds": []})


def test_an_option_that_does_not_exist_or_a_value_that_is_not_allowed_is_named() -> None:
    with pytest.raises(BadInput, match=r"outputs\.ocsf-files\.hours: must be one of days"):
        output("ocsf-files").choose({"hours": "1"})
    with pytest.raises(BadInput, match=r"outputs\.ocsf-files\.days: must be 365"):
        output("ocsf-files").choose({"days": "a year"})


def test_an_unknown_output_is_a_bug() -> None:
    with pytest.raises(InternalError, match="does not declare fax"):
        output("fax")
