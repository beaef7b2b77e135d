"""`ringfence audit verify --all` asks about the seals of each incident, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.audit_seals import AT_ONCE, SealWalk
from ringfence.cli.seals import IncidentSeals, Seals
from ringfence.record.chain import ChainKey
from ringfence.record.integrity import Wrong, verify
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.chains import INCIDENT, KEY, contained
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.record.integrity import ChainVerdict

OTHER = ChainKey("another", "instance/1")
DOWN = IncidentSeals({}, "Connection refused")


def verdict(incident: str = INCIDENT, key: ChainKey = KEY) -> ChainVerdict:
    """The result for a response without faults. Its entries do not matter here."""
    found = verify(KEY, INCIDENT, contained(), None, NOON)
    return type(found)(**{**vars(found), "incident": incident, "chain": key.text})


def walk(ask: Callable[[str], IncidentSeals], *verdicts: ChainVerdict) -> tuple[SealWalk, list[ChainVerdict]]:
    made = SealWalk(ask, in_turn)
    return made, list(made.checked(verdicts))


def test_an_entry_that_is_not_authentic_is_a_fault_of_its_response_alone() -> None:
    seals = {KEY.text: Seals(sealed=5, forged=(2,)), OTHER.text: Seals(sealed=3, unsealed=(0,))}
    made, (first, second) = walk(lambda _: IncidentSeals(seals, ""), verdict(), verdict(key=OTHER))
    assert [(one.seq, one.wrong) for one in first.faults] == [(2, Wrong.FORGED)]
    assert not first.sound
    assert second.sound
    assert made.counts == {"sealed": 8, "unsealed": 1, "forged": 1, "unchecked": 0, "responses": 0}
    assert list(made.lines()) == [
        "the function checked seals: 8 entries are sealed, 1 is not sealed, 1 is not authentic"
    ]


def test_each_incident_is_asked_about_once() -> None:
    asked: list[str] = []

    def ask(incident: str) -> IncidentSeals:
        asked.append(incident)
        return IncidentSeals({KEY.text: Seals(sealed=1), OTHER.text: Seals(sealed=1)}, "")

    incidents = [f"inc-{number:02}" for number in range(AT_ONCE + 3)]
    each = [verdict(one, key) for one in incidents for key in (KEY, OTHER)]
    made, found = walk(ask, *each)
    assert asked == incidents
    assert [(one.incident, one.chain) for one in found] == [(one.incident, one.chain) for one in each]
    assert made.counts["sealed"] == len(each)


def test_an_api_that_does_not_answer_is_not_asked_for_ever_and_nothing_is_claimed() -> None:
    asked: list[str] = []

    def ask(incident: str) -> IncidentSeals:
        asked.append(incident)
        return DOWN

    made, found = walk(ask, *(verdict(f"inc-{number:03}") for number in range(AT_ONCE * 5)))
    assert len(asked) == AT_ONCE
    assert all(one.sound for one in found)
    assert list(made.lines()) == [
        f"seals not checked: {AT_ONCE * 5} responses and 0 other entries: Connection refused"
    ]
    assert made.as_json()["reason"] == "Connection refused"


def test_an_incident_that_the_table_lacks_does_not_keep_others_from_being_checked() -> None:
    def ask(incident: str) -> IncidentSeals:
        return DOWN if incident == "inc-a" else IncidentSeals({KEY.text: Seals(forged=(1,))}, "")

    made, found = walk(ask, verdict("inc-a"), verdict("inc-b"))
    assert [one.sound for one in found] == [True, False]
    assert made.counts["responses"] == 1


def test_entries_whose_key_is_missing_are_counted_with_the_reason() -> None:
    seals = {KEY.text: Seals(sealed=4, unchecked=(0, 1), missing="kms:GenerateMac: DisabledException")}
    made, _ = walk(lambda _: IncidentSeals(seals, ""), verdict())
    assert "0 responses and 2 other entries: kms:GenerateMac: DisabledException" in list(made.lines())[1]
