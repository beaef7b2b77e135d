"""A place from which no heartbeat arrives is a problem, and so is one that cannot be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ringfence.events.heartbeat import Link
from ringfence.handlers.heartbeats import SILENT_AFTER
from ringfence.handlers.link_checks import judged
from ringfence.self_check.findings import Standing
from ringfence.self_check.places import Deployment

HOME, REGION = "111122223333", "eu-west-1"
DEPLOYMENT = Deployment(HOME, REGION, (HOME,))
HERE, THERE = Link(HOME, REGION), Link(HOME, "us-east-1")
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)


def test_links_with_fresh_heartbeats_are_no_problem() -> None:
    last = {HERE: NOW - SILENT_AFTER, THERE: NOW}
    assert not list(judged(DEPLOYMENT, last, NOW, SILENT_AFTER))


def test_a_silent_link_is_named_with_the_time_of_its_last_heartbeat() -> None:
    last = {HERE: NOW, THERE: NOW - SILENT_AFTER - timedelta(seconds=1)}
    (problem,) = judged(DEPLOYMENT, last, NOW, SILENT_AFTER)
    assert (problem.standing, problem.region, problem.stack) == (
        Standing.FAULT,
        "us-east-1",
        "Ringfence-Forward-us-east-1",
    )
    assert problem.words == "the last one arrived at 2026-11-30 03:24 UTC"
    assert problem.remedy.endswith("then: ringfence doctor --send")


def test_a_link_without_any_heartbeat_is_named_with_one_advice_to_send_one() -> None:
    found = {one.region: one for one in judged(DEPLOYMENT, {}, NOW, SILENT_AFTER)}
    assert found.keys() == {REGION, "us-east-1"}
    assert "none has arrived" in found[REGION].words
    assert "--send" not in found[REGION].words
    assert found[REGION].remedy == "correct the other problems first; then: ringfence doctor --send"
