"""Of several versions of a finding in one event, the newest one is answered, in the order of the event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.envelope import NotForUs
from ringfence.events.fields import AHEAD
from ringfence.events.taken_in import Incoming, incoming, newest
from ringfence.local.findings import formatted
from ringfence.local.samples.security_hub import asff, control, imported, v2
from ringfence.model.errors import BadInput

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Kind = tuple[str, int, str]
"""The name of a finding, its minute, and what becomes of it."""
KINDS = st.tuples(
    st.sampled_from(["", "a", "b", "c"]),
    st.integers(-3, 90),
    st.sampled_from(["answered", "answered", "closed", "invalid", "undated"]),
)


def part(kind: Kind) -> Incoming:
    name, minute, becomes = kind
    at = (NOW + timedelta(minutes=minute)).isoformat()
    place = f"{kind}"
    if becomes == "invalid":
        return Incoming(place, None, BadInput(place, "is invalid"), {}, finding=name)
    if becomes == "closed":
        return Incoming(place, NotForUs("closed"), None, {}, finding=name)
    return Incoming(place, {"time": "" if becomes == "undated" else at}, None, {}, finding=name)


def counts(kind: Kind) -> bool:
    """Return whether a version can supersede others: it is named, answered and not too far ahead."""
    return bool(kind[0]) and kind[2] == "answered" and timedelta(minutes=kind[1]) <= AHEAD


@given(st.lists(KINDS, max_size=12))
def test_exactly_the_newest_answered_version_of_each_finding_is_left_and_everything_else_too(
    kinds: list[Kind],
) -> None:
    found = [part(one) for one in kinds]
    left = newest(found, NOW)
    numbers = [next(i for i, each in enumerate(found) if each is one) for one in left]
    assert numbers == sorted(numbers)
    assert {i for i, one in enumerate(kinds) if not counts(one)} <= set(numbers)
    versions = sorted((one[0], one[1], i) for i, one in enumerate(kinds) if counts(one))
    last = {name: max(each)[2] for name, each in groupby(versions, key=lambda one: one[0])}
    assert {i for i in numbers if counts(kinds[i])} == set(last.values())
    assert newest(left, NOW) == left


def test_without_a_time_of_now_nothing_is_too_far_ahead() -> None:
    old, ahead = part(("a", 0, "answered")), part(("a", 90, "answered"))
    assert newest((old, ahead), NOW) == (old, ahead)
    assert newest((old, ahead)) == (ahead,)


def minutes_ago(number: int) -> str:
    return formatted(NOW - timedelta(minutes=number))


def test_two_versions_in_one_event_of_security_hub_are_one_finding() -> None:
    first, second = (asff(UpdatedAt=minutes_ago(each)) for each in (9, 3))
    other = asff(Id="another", UpdatedAt=minutes_ago(9))
    parts = incoming(imported(first, other, second))
    assert newest(parts, NOW) == parts[1:]
    assert newest(parts[::-1], NOW) == parts[::-1][:2]


def test_findings_with_one_id_of_two_products_are_two() -> None:
    falcon = "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon"
    macie = "arn:aws:securityhub:eu-west-1::product/aws/macie"
    parts = incoming(imported(*(asff(Id="1", ProductArn=one) for one in (falcon, macie))))
    assert newest(parts, NOW) == parts


def test_a_closed_version_hides_no_open_one() -> None:
    parts = incoming(imported(control(), control(RecordState="ARCHIVED", UpdatedAt=minutes_ago(0))))
    assert newest(parts, NOW) == parts


def test_versions_of_the_new_security_hub_are_told_apart_as_well() -> None:
    def version(minute: int) -> dict[str, Any]:
        info = {**v2()["finding_info"], "modified_time_dt": minutes_ago(minute)}
        return v2(finding_info=info)

    parts = incoming(imported(version(2), version(8), kind="Findings Imported V2"))
    assert newest(parts, NOW) == parts[:1]
