"""What a sweep reads at GuardDuty, and the events that it makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.guardduty.sweep import FINDINGS, MEMBERS, SUPPRESSED, sweep
from ringfence.model.place import Place
from ringfence.model.sweep import Page, Window
from ringfence.policy.sweeps import OTHERS, SEVERE
from tests.support.fakes.sources import DETECTOR, Sources, finding
from tests.support.talks import refusal, talk

if TYPE_CHECKING:
    from ringfence.model.sweep import Event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place("111122223333", "eu-west-1")
HOUR = Window(NOW - timedelta(hours=1), NOW)


def minutes(number: float) -> datetime:
    """Return a time so many minutes before noon."""
    return NOW - timedelta(minutes=number)


def pages(sources: Sources, name: str = SEVERE, strand: str = FINDINGS, window: Window = HOUR) -> list[Page]:
    """Read every page."""
    found: list[Page] = []
    token = ""
    while not found or token:
        page = sources.asked(*_where(), sweep(name, strand).page(PLACE, strand, window, token))
        found.append(page)
        token = page.token
    return found


def _where() -> tuple[str, str]:
    return PLACE.account, PLACE.region


def ids(found: list[Page]) -> list[str]:
    """Return the ids of the findings of the events."""
    return [str(_detail(event)["id"]) for page in found for event in page.events]


def _detail(event: Event) -> Any:  # noqa: ANN401 - JSON
    return event["detail"]


def test_the_event_is_that_of_the_account_of_the_finding_and_reads_as_such() -> None:
    sources = Sources()
    sources.findings[_where()] = [finding("f1", minutes(5), AccountId="444455556666")]
    ((event,),) = [page.events for page in pages(sources)]
    assert (event["source"], event["detail-type"]) == ("aws.guardduty", "GuardDuty Finding")
    assert (event["account"], event["region"]) == ("444455556666", "eu-west-1")
    told = findings(dict(event))
    assert isinstance(told, tuple)
    assert [(one.id, one.account, one.severity) for one in told] == [("f1", "444455556666", 8.0)]


@pytest.mark.parametrize(("name", "expected"), [(SEVERE, ["high", "top"]), (OTHERS, ["low", "medium"])])
def test_severe_findings_and_others_are_read_apart_and_none_twice(name: str, expected: list[str]) -> None:
    sources = Sources()
    severities = {"low": 2.0, "medium": 6.9, "high": 7.0, "top": 9.5}
    sources.findings[_where()] = [finding(id_, minutes(5), one) for id_, one in severities.items()]
    assert sorted(ids(pages(sources, name))) == sorted(expected)


def test_what_was_updated_before_the_window_is_not_read() -> None:
    sources = Sources()
    sources.findings[_where()] = [finding("old", minutes(61)), finding("new", minutes(60))]
    assert ids(pages(sources)) == ["new"]


def test_what_a_filter_archived_is_told_apart_and_leads_to_no_event() -> None:
    sources = Sources()
    sources.findings[_where()] = [finding("f1", minutes(5), archived=True), finding("f2", minutes(4))]
    assert ids(pages(sources)) == ["f2"]
    (page,) = pages(sources, strand=SUPPRESSED)
    assert (page.events, page.suppressed) == ((), (("f1", "Backdoor:EC2/C&CActivity.B"),))


def test_every_finding_is_read_though_another_one_is_updated_meanwhile() -> None:
    sources = Sources(page=2)
    held = sources.findings[_where()] = [finding(f"f{number}", minutes(50 - number)) for number in range(7)]
    found: list[Page] = []
    token = ""
    while not found or token:
        page = sources.asked(*_where(), sweep(SEVERE, FINDINGS).page(PLACE, FINDINGS, HOUR, token))
        found.append(page)
        token = page.token
        if len(found) == 1:
            held[0] = finding("f0", minutes(1))
    assert set(ids(found)) == {f"f{number}" for number in range(7)}


def test_findings_of_one_moment_are_read_to_their_end() -> None:
    sources = Sources(page=2)
    sources.findings[_where()] = [finding(f"f{number}", minutes(9)) for number in range(7)]
    assert set(ids(pages(sources))) == {f"f{number}" for number in range(7)}


def test_a_page_says_until_when_everything_was_read() -> None:
    sources = Sources(page=2)
    sources.findings[_where()] = [finding(f"f{number}", minutes(50 - number)) for number in range(4)]
    assert next(page.upto for page in pages(sources)) == minutes(49)


def test_an_account_without_a_detector_has_nothing_to_read() -> None:
    sources = Sources(off={_where()})
    assert pages(sources) == [Page()]
    assert sources.calls.total() == 1


def test_a_region_that_is_not_enabled_has_nothing_to_read() -> None:
    _, page = talk(sweep(SEVERE, FINDINGS).page(PLACE, FINDINGS, HOUR, ""), (refusal("OptInRequired"),))
    assert page == Page()


def test_the_administrator_names_the_accounts_whose_findings_it_has() -> None:
    sources = Sources()
    sources.members[_where()] = ["444455556666", "777788889999"]
    (page,) = pages(sources, strand=MEMBERS)
    assert page.administered == ("444455556666", "777788889999")


def test_the_detector_is_looked_up_once_for_all_pages() -> None:
    sources = Sources(page=2)
    sources.findings[_where()] = [finding(f"f{number}", minutes(50 - number)) for number in range(8)]
    pages(sources)
    assert sources.calls[(*_where(), "ListDetectors")] == 1
    assert DETECTOR
