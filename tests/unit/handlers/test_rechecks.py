"""Open contained incidents: which calls concern them, what is read for others, and what the schedule does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.parts import AGAIN, APART, MOST, WATCH, Part, part_of
from ringfence.handlers.proof import NOTHING_TAKEN
from ringfence.handlers.rechecks import FRESH, KEPT, VISIBLE, KeptList, Rechecks, Verifier
from ringfence.local.samples.cloudtrail import by_role
from ringfence.model.codec import instant_text
from ringfence.model.errors import Retryable
from ringfence.model.resource_names import run_role
from ringfence.observations.ec2.network import Network
from ringfence.record.chain import ChainKey
from ringfence.record.facts import ContainmentBroken
from ringfence.record.tampering_facts import HistoryRejected
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_containments import MemoryContainments
from tests.support.fakes.seals import OTHER
from tests.support.worlds import REF
from tests.unit.engine.test_recheck import AUTO, KEY, Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.engine.intake import ExecutionContext

RUNBOOK = CONTAIN_INSTANCE.id


@dataclass
class Watch:
    """A site whose contained instance is watched."""

    site: Site = field(default_factory=Site)
    sent: list[str] = field(default_factory=list)
    looked: int = 0

    def __post_init__(self) -> None:
        self.list = MemoryContainments(self.site.log)
        verifier = Verifier(CONTAIN_INSTANCE, AUTO, self.site.ports, self.list, self.sent.append)
        self.rechecks = Rechecks(verifier, KeptList(self.list, self.site.clock))

    def scheduled(self, execution: ExecutionContext | None = None) -> list[tuple[str, int]]:
        """Begin the scheduled look. Return the messages with their delays."""
        later: list[tuple[str, int]] = []
        given = execution or self.site.execution()
        self.looked = self.rechecks.watch(given, in_turn, lambda text, seconds: later.append((text, seconds)))
        return later

    def worked(self, part: Part) -> list[tuple[str, int]]:
        """Work off a part of the scheduled look. Return the messages with their delays."""
        later: list[tuple[str, int]] = []
        given = self.site.execution()
        self.rechecks.work(part, given, in_turn, lambda text, seconds: later.append((text, seconds)))
        return later

    def hears(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        again = self.rechecks.heard(json.dumps(event), self.site.execution(), NOTHING_TAKEN)
        return tuple(one.reason for one in again)

    def call(self, name: str = "AttachNetworkInterface", service: str = "ec2", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a record
        """Return the event of a call. CloudTrail delivers it after some time."""
        detail = {
            "userIdentity": {
                "type": "IAMUser",
                "arn": f"arn:aws:iam::{REF.account}:user/mallory",
                "userName": "mallory",
            },
            "eventTime": instant_text(self.site.clock() - VISIBLE),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": REF.region,
            "sourceIPAddress": "203.0.113.9",
            "requestParameters": {"networkInterfaceId": "eni-new", "instanceId": REF.id, "deviceIndex": 2},
            "responseElements": {"attachmentId": "eni-attach-1"},
            "eventID": "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
            "readOnly": False,
            "recipientAccountId": REF.account,
            **more,
        }
        return {
            "source": f"aws.{service}",
            "detail-type": "AWS API Call via CloudTrail",
            "account": REF.account,
            "region": REF.region,
            "detail": detail,
        }

    @property
    def just_now(self) -> str:
        """The time of a call that was delivered at once."""
        return instant_text(self.site.clock() - timedelta(seconds=5))

    @property
    def looks(self) -> int:
        return len(self.site.cloud.looks)


def test_an_attached_interface_is_recorded_with_its_author_and_answered_by_the_second_queue() -> None:
    watch = Watch()
    watch.site.attach()
    assert watch.hears(watch.call()) == ()
    (fact,) = watch.site.history.of(ContainmentBroken)
    assert (fact.who, fact.address) == (f"arn:aws:iam::{REF.account}:user/mallory", "203.0.113.9")
    (message,) = watch.sent
    assert json.loads(message)["incident"] == watch.site.history.incident


def test_a_call_whose_record_lacks_its_parameters_is_recorded_with_its_author_too() -> None:
    watch = Watch()
    watch.site.attach()
    assert watch.hears(watch.call(requestParameters={"omitted": True}, responseElements=None)) == ()
    (fact,) = watch.site.history.of(ContainmentBroken)
    assert fact.who == f"arn:aws:iam::{REF.account}:user/mallory"
    assert len(watch.sent) == 1


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        (
            "ModifyNetworkInterfaceAttribute",
            {"networkInterfaceId": "eni-0", "groupSet": {"items": [{"groupId": "sg-web"}]}},
        ),
        ("ModifyInstanceAttribute", {"instanceId": REF.id, "groupSet": {"items": []}}),
        ("AssociateIamInstanceProfile", {"AssociateIamInstanceProfileRequest": {"InstanceId": REF.id}}),
        ("AuthorizeSecurityGroupIngress", {"groupId": "sg-vpc-1-ringfence-quarantine"}),
    ],
)
def test_calls_on_what_the_incident_changed_lead_to_a_verification(name: str, parameters: Any) -> None:  # noqa: ANN401 - as in a record
    watch = Watch()
    looks = watch.looks
    assert watch.hears(watch.call(name, requestParameters=parameters)) == ()
    assert watch.looks > looks
    assert watch.list.verifications
    assert not watch.sent


def test_ordinary_calls_read_the_list_once_a_minute_and_nothing_else() -> None:
    watch = Watch()
    looks, entries = watch.looks, watch.site.history.entries
    for number in range(50):
        watch.site.clock.tick(seconds=1)
        other = {"instanceId": f"i-{number:017x}", "networkInterfaceId": "eni-other"}
        event = watch.call(
            requestParameters=other, eventTime=instant_text(watch.site.clock() - timedelta(minutes=5))
        )
        assert watch.hears(event) == ()
    assert watch.list.reads == 1
    assert (watch.looks, watch.site.history.entries) == (looks, entries)


def test_a_call_after_the_list_was_read_waits_for_a_newer_list() -> None:
    """Its incident may have been contained in between."""
    watch = Watch()
    watch.rechecks.listed.items()
    watch.site.clock.tick(seconds=30)
    other = watch.call(requestParameters={"instanceId": "i-00000000000000000"}, eventTime=watch.just_now)
    assert watch.hears(other) == ("the list of open containments is older than the call",)
    watch.site.clock.tick(seconds=31)
    assert watch.hears(other) == ()
    assert watch.list.reads == 2


def test_a_call_that_waits_for_a_newer_list_does_not_wait_a_minute() -> None:
    watch = Watch()
    watch.rechecks.listed.items()
    other = watch.call(requestParameters={"instanceId": "i-00000000000000000"}, eventTime=watch.just_now)
    for _ in range(3):
        watch.site.clock.tick(seconds=8)
        assert watch.hears(other)
    assert watch.list.reads == 1, "the list could not be new enough yet"
    watch.site.clock.tick(seconds=8)
    assert watch.hears(other) == ()
    assert watch.list.reads == 2
    earlier = instant_text(watch.site.clock() - VISIBLE + timedelta(seconds=1))
    watch.site.clock.tick(seconds=FRESH.total_seconds() - 1)
    assert watch.hears(watch.call(eventTime=earlier)), "many calls do not lead to many reads"
    assert watch.list.reads == 2


def test_a_verification_that_did_not_see_everything_covers_no_other_call() -> None:
    watch = Watch()
    watch.site.attach()
    register = watch.call("RegisterTargets", "elasticloadbalancing")
    assert watch.hears(register) == ()
    assert not watch.list.verifications, "the incident was not verified as a whole"
    assert not watch.site.history.of(ContainmentBroken)
    watch.hears(watch.call())
    assert watch.site.history.of(ContainmentBroken)


def test_a_call_on_a_listed_incident_waits_for_a_newer_list_too() -> None:
    """It can also concern an incident that was contained after the list was read."""
    watch = Watch()
    watch.rechecks.listed.items()
    watch.site.clock.tick(seconds=30)
    watch.site.attach()
    call = watch.call(eventTime=watch.just_now)
    assert watch.hears(call) == ("the list of open containments is older than the call",)
    assert len(watch.site.history.of(ContainmentBroken)) == 1, "what is listed does not wait"
    watch.site.clock.tick(seconds=31)
    assert watch.hears(call) == ()


@pytest.mark.parametrize(
    "more",
    [
        {"errorCode": "Client.UnauthorizedOperation"},
        {"userIdentity": by_role(run_role("contain-instance"), REF.account)},
        {"eventName": "DescribeInstances"},
        {"recipientAccountId": "444455556666"},
    ],
)
def test_refused_calls_own_calls_reads_and_calls_in_other_accounts_are_ignored(more: Any) -> None:  # noqa: ANN401 - fields of a record
    watch = Watch()
    looks = watch.looks
    assert watch.hears(watch.call(**more)) == ()
    assert watch.looks == looks


def test_the_schedule_verifies_every_open_incident_of_its_runbook_and_adds_no_entry() -> None:
    watch = Watch()
    entries = watch.site.history.entries
    assert watch.scheduled() == []
    assert watch.looked == 1
    assert len(watch.list.verifications) == 1
    assert watch.site.history.entries == entries


def test_the_schedule_finds_what_no_event_reported() -> None:
    watch = Watch()
    watch.site.attach()
    watch.scheduled()
    (fact,) = watch.site.history.of(ContainmentBroken)
    assert (fact.who, fact.at) == ("", None)
    assert len(watch.sent) == 1


def test_an_incident_that_could_not_be_verified_is_verified_again_and_then_a_person_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = Watch()
    watch.site.cloud.unreadable = {Network: Retryable("throttled")}
    messages = watch.scheduled()
    for after in AGAIN:
        ((text, seconds),) = messages
        assert seconds == after
        part = part_of(text, RUNBOOK, watch.site.clock())
        assert part
        assert part.subjects == (REF.key,)
        messages = watch.worked(part)
    assert messages == []
    assert "ReviewFailed" in capsys.readouterr().out


def test_a_part_ends_with_its_time_and_what_is_left_is_no_failure() -> None:
    watch = Watch()
    late = replace(watch.site.execution(), until=watch.site.clock())
    ((text, seconds),) = watch.scheduled(late)
    part = part_of(text, RUNBOOK, watch.site.clock())
    assert part
    assert (part.tries, part.subjects, seconds) == (0, (REF.key,), 0)
    assert not watch.list.verifications


def test_a_look_that_is_due_is_given_up_so_that_two_do_not_pile_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = Watch()
    assert watch.worked(Part(WATCH, RUNBOOK, watch.site.clock(), subjects=(REF.key,))) == []
    assert not watch.list.verifications
    assert "ReviewFailed" in capsys.readouterr().out


def test_many_incidents_are_verified_in_bounded_parts() -> None:
    watch = Watch()
    (one,) = watch.list.open()
    watch.list.others = tuple(
        replace(one, key=ChainKey(RUNBOOK, replace(REF, id=f"i-{number:017x}").key))
        for number in range(2 * MOST)
    )
    messages = watch.scheduled()
    parts = [part for text, _ in messages if (part := part_of(text, RUNBOOK, watch.site.clock()))]
    assert [len(part.subjects) for part in parts if not part.tries] == [MOST, 1]
    assert [seconds for _, seconds in messages][:2] == [APART, 2 * APART]
    assert watch.looked == 2 * MOST + 1
    assert len({key for part in parts for key in part.subjects}) == MOST + 1


def test_a_forged_record_is_told_once_and_fails_no_scheduled_look() -> None:
    watch = Watch()
    first = watch.site.history.entries[0]
    forged = replace(first, mac=OTHER.keys[0].mac(KEY, first))
    watch.site.log._entries[KEY.text][first.incident, first.seq] = forged
    for _ in range(2):
        assert watch.scheduled() == []
    assert len(watch.site.history.of(HistoryRejected)) == 1


def test_the_list_is_kept_for_a_minute() -> None:
    watch = Watch()
    for _ in range(3):
        watch.rechecks.listed.items()
    assert watch.list.reads == 1
    watch.site.clock.tick(seconds=KEPT.total_seconds())
    watch.rechecks.listed.items()
    assert watch.list.reads == 2


def test_a_look_covers_no_call_whose_effect_a_finding_removed() -> None:
    watch = Watch()
    watch.site.attach()
    event = watch.call(eventTime=instant_text(watch.site.clock()))
    watch.site.clock.tick(seconds=5)
    watch.site.find()
    watch.site.clock.tick(minutes=1)
    watch.scheduled()
    assert not watch.site.history.of(ContainmentBroken)
    assert watch.hears(event) == ()
    (fact,) = watch.site.history.of(ContainmentBroken)
    assert fact.who == f"arn:aws:iam::{REF.account}:user/mallory"
    looks = watch.looks
    watch.scheduled()
    looked = watch.looks
    assert watch.hears({**event, "detail": {**event["detail"], "eventID": "another"}}) == ()
    assert watch.looks == looked > looks, "one report is enough, and the look covers it"


def test_a_burst_of_calls_leads_to_one_verification_after_the_last_of_them() -> None:
    watch = Watch()
    event = watch.call()
    watch.site.clock.tick(seconds=10)
    looks = []
    for _ in range(5):
        assert watch.hears(event) == ()
        looks.append(watch.looks)
    assert len(set(looks)) == 1
    watch.site.attach()
    assert watch.hears(event) == (), "the earlier call is covered"
    watch.site.clock.tick(seconds=25)
    assert watch.hears(watch.call()) == ()
    assert watch.site.history.of(ContainmentBroken), "a later call is not"
