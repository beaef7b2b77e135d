"""Every kind of notice says how urgent it is, what happened, where, and what to type next."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.main import main
from ringfence.model.errors import BadInput
from ringfence.policy.decision import Mode
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.chain import link
from ringfence.record.facts import FindingReceived
from ringfence.record.notices import NOTIFYING_FACTS, Notice, notice
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.rendering import LONGEST_SUBJECT
from ringfence.record.notices.schema import ATTRIBUTE, as_json, attributes, json_schema
from tests.support.fakes.chains import INCIDENT, KEY, REF, finding, stamp
from tests.support.notice_kinds import (
    ACTED,
    ACTOR,
    ASKED,
    CAUSES,
    CONTAINED,
    OF_INCIDENTS,
    OF_RINGFENCE,
    decided,
    told,
)

MOST_BYTES = 262_144
"""What SNS takes for a message with its attributes."""
EVERY = {**OF_INCIDENTS, **OF_RINGFENCE}
EACH = pytest.mark.parametrize("name", EVERY)
EACH_OF_AN_INCIDENT = pytest.mark.parametrize("name", OF_INCIDENTS)


def of(name: str) -> Notice:
    found = EVERY[name]
    assert found, "it causes a notice"
    return found


def size(one: Notice) -> int:
    named = sum(
        len(name) + len(kind) + len(value.encode()) for name, (kind, value) in attributes(one).items()
    )
    return len(one.text.encode()) + named


def test_each_kind_is_in_the_table() -> None:
    assert {of(name).kind for name in EVERY} == set(NoticeKind)
    assert len({one.code for one in NoticeKind}) == len(NoticeKind)


def test_each_fact_that_causes_a_notice_is_in_the_table() -> None:
    assert NOTIFYING_FACTS <= CAUSES


@EACH
def test_the_urgency_comes_first_and_a_command_last(name: str) -> None:
    one = of(name)
    first, *_, last = one.text.splitlines()
    severity = ", high" if one.findings else ""
    assert one.subject.startswith(f"[{one.urgency.tag}{severity}] ")
    assert first.startswith(
        f"urgency {one.urgency.tag}{', severity high (8)' if one.findings else ''}: {one.what}"
    )
    assert last == f"- To {one.commands[-1].purpose}: {one.commands[-1].line}"
    assert one.what


@EACH_OF_AN_INCIDENT
def test_a_notice_of_an_incident_says_where_and_its_id(name: str) -> None:
    one = of(name)
    assert one.incident == INCIDENT
    assert f"Incident {INCIDENT}" in one.text
    for part in (one.about.id, one.about.account, one.about.region):
        assert part in one.text
        assert part in one.subject
    assert "Remote address: 198.51.100.7" in one.text
    assert one.commands[-1].line == f"ringfence incidents show {INCIDENT}"


@EACH
def test_each_command_is_one_that_exists(name: str) -> None:
    for command in of(name).commands:
        words = command.line.split()
        group = main
        assert words.pop(0) == "ringfence"
        while words and hasattr(group, "get_command"):
            found = group.get_command(None, words.pop(0))  # type: ignore[arg-type]  # unused
            assert found, command.line
            group = found  # type: ignore[assignment]  # a command ends the loop
        known = {option for one in group.params for option in one.opts}
        given = {word for word in words if word.startswith("--")}
        assert given <= known, command.line


@EACH
def test_the_machine_readable_form_matches_its_schema_and_sns_takes_it(name: str) -> None:
    one = of(name)
    jsonschema.validate(as_json(one), json_schema())
    found = attributes(one)
    assert json.loads(found[ATTRIBUTE][1]) == as_json(one)
    assert (found["kind"], found["urgency"]) == (("String", one.kind.code), ("String", one.urgency.value))
    assert len(found) <= 10, "SQS takes no more with raw delivery"
    assert all(value for _, value in found.values())
    assert size(one) <= MOST_BYTES


URGENT = {name for name in EVERY if of(name).urgency is Urgency.URGENT}
QUIET = {name for name in EVERY if of(name).urgency is Urgency.INFORMATION}


def test_what_must_not_wait_is_urgent_and_what_is_done_is_not() -> None:
    assert {"not contained", "containment undone", "left unfinished", "gone before", "root"} <= URGENT
    assert {"lease", "entry", "control table", "log", "forged", "no heartbeat", "escalated"} <= URGENT
    assert {"contained", "remediated", "complete", "approved", "released", "resumed"} == QUIET


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("contained", f"ringfence release {INCIDENT} --reason"),
        ("complete", f"ringfence release {INCIDENT} --reason"),
        ("not contained", f"ringfence run contain-instance {REF.id} --account"),
        ("not remediated", "ringfence run harden-bucket reports --account"),
        ("dry run", f"ringfence run contain-instance {REF.id} --account"),
        ("held by a pause", "ringfence pauses"),
        ("refused by drift", f"ringfence run contain-instance {REF.id}"),
        ("exempt", "--despite-exempt"),
        ("containment undone", f"ringfence run contain-instance {REF.id}"),
        ("left unfinished", f"ringfence release {INCIDENT}"),
        ("released", f"ringfence run contain-instance {REF.id}"),
        ("release stopped", f"ringfence release {INCIDENT}"),
        ("refuted after changes", f"ringfence release {INCIDENT}"),
        ("approval needed", f"ringfence approve {INCIDENT} --approval approval-1 --plan"),
        ("entry", f"ringfence audit verify {INCIDENT}"),
        ("no heartbeat", "ringfence doctor"),
        ("the pause ends soon", "ringfence pause --account 111122223333 --for 2h"),
    ],
)
def test_the_next_command_is_the_one_for_this_kind(name: str, command: str) -> None:
    assert any(command in one.line for one in of(name).commands)


def test_a_protected_resource_is_not_offered_a_run() -> None:
    assert [one.line for one in of("protected").commands] == [f"ringfence incidents show {INCIDENT}"]
    assert "remove it from `protected`" in of("protected").text


def test_what_was_done_and_what_a_release_undid_is_said() -> None:
    assert "Done:\n- turn the key of front" in of("contained").text
    assert "Undone:\n- turn the key of front" in of("released").text
    assert "Done:" not in of("dry run").text


def test_who_requested_a_release_and_why_is_said() -> None:
    assert f"Who and why: {ACTOR}, reason: a drill" in of("released").text
    assert "Who and why" not in of("contained").text
    assert f"Who and why: {ACTOR}, reason: a migration" in of("paused").text


def test_who_approved_what_was_done_and_why_is_said() -> None:
    answer = ApprovalAnswered("approval-1", Answer.APPROVE, "the owner agrees")
    one = told(decided(Mode.APPROVE), ASKED, answer, *ACTED, CONTAINED)
    assert one
    assert f"Who and why: {ACTOR} approved, reason: the owner agrees" in one.text
    assert as_json(one)["who_and_why"] == [f"{ACTOR} approved, reason: the owner agrees"]


def named(name: str, **more: str) -> Notice:
    details = {"instanceId": REF.id, "tags": [{"key": "Name", "value": name}], **more}
    event = json.dumps({"detail": {"resource": {"instanceDetails": details}}})
    found = notice(link(stamp(), None, (FindingReceived(finding(), event), *ACTED, CONTAINED)))
    assert found
    return found


def test_the_name_tag_of_an_instance_is_shown() -> None:
    one = named("web-1")
    assert one.subject == f'[info, high] contained: {REF.id} "web-1" (111122223333 eu-west-1)'
    assert f'Where: instance {REF.id} "web-1", account' in one.text
    assert as_json(one)["resource"] == {"kind": "instance", "id": REF.id, "name": "web-1"}


def test_the_name_of_another_instance_and_a_long_one_are_not_in_the_subject() -> None:
    assert named("web-1", instanceId="i-0fffffffffffffff0").about.name == ""
    long = named("x" * 200)
    assert "x" not in long.subject
    assert "eu-west-1)" in long.subject
    assert f'"{"x" * 40}…"' in long.text


@given(st.text(max_size=700), st.text(max_size=700))
def test_hostile_text_is_escaped_and_bounded_in_both_forms(name: str, reason: str) -> None:
    one = replace(named(name), who=(reason,), what=reason, parts=(("Why", (reason,) * 50),) * 9)
    assert one.subject.isascii()
    assert one.subject.isprintable()
    assert len(one.subject) <= LONGEST_SUBJECT
    assert all(line.isprintable() for line in one.text.splitlines())
    jsonschema.validate(as_json(one), json_schema())
    assert size(one) <= MOST_BYTES


def test_the_largest_notice_can_be_sent() -> None:
    text = "\U0001f600" * 5000
    many = tuple(replace(found, title=text, type=text, id=text) for found in of("contained").findings) * 40
    one = replace(of("contained"), findings=many, who=(text,) * 40, parts=((text, (text,) * 40),) * 12)
    assert size(one) <= MOST_BYTES


@pytest.mark.parametrize("id_", ["$(id)", "a b", "x;y", "`id`", "'", "\x1b[2J", "i-1\n"])
def test_an_id_that_no_resource_can_have_is_in_no_command(id_: str) -> None:
    key = replace(KEY, subject=f"instance/111122223333/eu-west-1/{id_}")
    one = told(*ACTED, replace(CONTAINED, contained=False), key=key)
    assert one
    assert [command.purpose for command in one.commands] == ["see the full record"]


def test_a_finding_with_a_wrong_field_is_bad_input() -> None:
    (entry,) = link(stamp(), None, (FindingReceived(finding(remote_addresses=("198.51.100.7",))),))
    broken = replace(entry, body=entry.body.replace('["198.51.100.7"]', "7"))
    made = link(stamp(), None, (*ACTED, CONTAINED))
    with pytest.raises(BadInput, match="remote_addresses"):
        notice((broken, *made))
