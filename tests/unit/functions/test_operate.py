"""The Lambda behind the HTTP API, served real API Gateway events (payload format 2.0)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.errors import InternalError, Retryable
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.record.facts import DecisionMade, RunRequested, Verified
from tests.support.fakes.gateway import IAM, event, serve
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.site import KIM, OTHER, RUNBOOK, Site
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

Json = dict[str, Any]
SUBJECT = {"account": REF.account, "region": REF.region, "id": REF.id}
WHO = {"runbook": RUNBOOK.id, "subject": SUBJECT}
RUN = {**WHO, "reason": "it beacons", "dry_run": False}


class Throttled(MemoryCloud):
    """A cloud that has no time."""

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        raise Retryable(
            f"ec2:DescribeNetworkInterfaces: RequestLimitExceeded: {ref.id} {observations} {past}"
        )


def post(site: Site, path: str, body: object, authorizer: Json | None = None) -> tuple[int, Json]:
    """Serve a request of Kim's, or of nobody's."""
    answer = serve(site, event(path, body, {"iam": IAM} if authorizer is None else authorizer))
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_run_contains_and_leaves_the_rest_to_the_second_queue(site: Site) -> None:
    code, answer = post(site, "/runs", RUN)
    assert (code, answer["status"], answer["goes_on"], answer["whole"]) == (200, "contained", True, True)
    assert answer["verified"]["contained"]
    assert answer["verified"]["exposure"]
    assert [runbook for runbook, _ in site.sent] == [RUNBOOK.id]
    site.go_on()
    _, status = post(site, "/status", WHO)
    assert (status["state"], status["acting"]) == ("complete", False)


def test_the_callers_verified_arn_is_who_acts_in_the_log(site: Site) -> None:
    post(site, "/runs", RUN)
    assert {entry.actor for entry in site.history.entries} == {KIM}
    assert len({entry.attempt for entry in site.history.entries}) == 1
    assert site.history.of(RunRequested) == (RunRequested("run", "it beacons", verified=True),)
    assert [made.decision.reason for made in site.history.of(DecisionMade)] == [f"requested by {KIM}"]


def test_a_run_acts_through_the_runbooks_role(site: Site) -> None:
    post(site, "/runs", RUN)
    assert set(site.roles) - {""} == {"ringfence-contain-instance"}


def test_a_dry_run_answers_with_the_plan_and_changes_nothing(site: Site) -> None:
    code, answer = post(site, "/runs", {**RUN, "dry_run": True})
    assert (code, answer["status"]) == (200, "dry-run")
    assert not site.cloud.calls
    assert not site.sent
    assert [plan["stage"] for plan in answer["plans"]] == ["isolate", "keep"]
    first = answer["plans"][0]
    assert first["title"] == "Isolate the instance from the network"
    assert first["exposure"]
    moves = [step for step in first["steps"] if step["kind"] == "SetSecurityGroups"]
    assert [(step["before"], step["after"]) for step in moves] == [
        ("sg-0, sg-web", "the quarantine group of vpc-1"),
        ("sg-1, sg-web", "the quarantine group of vpc-1"),
    ]


def test_a_run_after_a_dry_run_belongs_to_its_incident(site: Site) -> None:
    _, planned = post(site, "/runs", {**RUN, "dry_run": True})
    _, done = post(site, "/runs", RUN)
    assert done["incident"] == planned["incident"]


@pytest.mark.parametrize(
    "authorizer",
    [{}, {"iam": None}, {"iam": {**IAM, "userArn": None}}, {"jwt": {"claims": {}, "scopes": []}}],
)
@pytest.mark.parametrize("path", ["/runs", "/releases", "/status"])
def test_for_a_caller_without_a_name_nothing_is_done(site: Site, path: str, authorizer: Json) -> None:
    code, answer = post(site, path, RUN, authorizer)
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert not site.history.entries
    assert not site.cloud.looks


def test_without_any_authorizer_nothing_is_done(site: Site) -> None:
    assert serve(site, event("/runs", RUN, None))["statusCode"] == 403
    assert not site.history.entries


def test_a_subject_outside_the_scope_is_forbidden() -> None:
    site = Site(Policy(("999999999999",)))
    code, answer = post(site, "/runs", RUN)
    assert (code, answer["error"]["kind"]) == (403, "forbidden")
    assert "is not in the policy's scope" in answer["error"]["message"]
    assert not site.cloud.looks


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**RUN, "reason": ""}, "reason"),
        ({**RUN, "subject": {**SUBJECT, "id": "i-wrong"}}, "instance"),
        ("{", "(document)"),
        ("[]", "(document)"),
        ("", "(document)"),
        ("[" * 100_000, "(document)"),
    ],
)
def test_bad_input_is_answered_with_the_field(site: Site, body: object, field: str) -> None:
    code, answer = post(site, "/runs", body)
    assert (code, answer["error"]["kind"], answer["error"]["field"]) == (400, "bad-input", field)
    assert not site.cloud.looks


def test_a_body_may_come_in_base64_and_must_be_text(site: Site) -> None:
    asked = event("/runs", base64.b64encode(json.dumps(RUN).encode()).decode(), {"iam": IAM})
    assert serve(site, {**asked, "isBase64Encoded": True})["statusCode"] == 200
    asked["body"] = base64.b64encode(b"\xff\xfe").decode()
    assert serve(site, {**asked, "isBase64Encoded": True})["statusCode"] == 400


def test_an_instance_that_is_not_there_is_not_found_and_opens_no_incident(site: Site) -> None:
    site.cloud.world = None
    code, answer = post(site, "/runs", RUN)
    assert (code, answer["error"]["kind"]) == (404, "gone")
    assert not site.history.entries


def test_what_can_be_asked_again_says_when(site: Site) -> None:
    site.cloud = Throttled(site.cloud.world, site.clock)
    answer = serve(site, event("/runs", RUN, {"iam": IAM}))
    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "5"
    assert json.loads(answer["body"])["error"]["kind"] == "retry"


def test_what_is_not_contained_yet_goes_on_by_itself(site: Site) -> None:
    def fail(_: object) -> None:
        raise Retryable("not now")

    site.cloud.refuse = fail
    code, answer = post(site, "/runs", RUN)
    assert (code, answer["status"]) == (200, "open")
    assert answer["again"]
    site.cloud.refuse = lambda _: None
    site.go_on()
    assert post(site, "/status", WHO)[1]["state"] == "complete"


def test_a_bug_fails_the_function(site: Site) -> None:
    def break_down(_: object) -> None:
        raise InternalError("two and two are five")

    site.cloud.refuse = break_down
    with pytest.raises(InternalError):
        post(site, "/runs", RUN)


def test_a_route_that_is_not_there_is_not_found(site: Site) -> None:
    assert post(site, "/wishes", RUN)[0] == 404
    assert not site.cloud.looks


def test_a_release_by_the_incident_alone_gives_back_what_was(site: Site) -> None:
    before = site.groups()
    incident = site.contain()
    code, answer = post(site, "/releases", {"incident": incident, "reason": "false alarm", "dry_run": False})
    assert (code, [one["status"] for one in answer["releases"]]) == (200, ["released"])
    assert site.groups() == before
    assert site.roles[-1] == "ringfence-release-contain-instance"
    assert site.history.entries[-1].actor == KIM
    assert post(site, "/status", WHO)[1]["state"] == "released"


def test_a_release_tried_out_says_what_it_would_do(site: Site) -> None:
    incident = site.contain()
    calls = len(site.cloud.calls)
    _, answer = post(site, "/releases", {"incident": incident, "reason": "false alarm", "dry_run": True})
    (plan,) = answer["releases"][0]["plans"]
    assert {step["after"] for step in plan["steps"]} == {"sg-0, sg-web", "sg-1, sg-web"}
    assert any("other incidents may use it" in words for words in plan["exposure"])
    assert len(site.cloud.calls) == calls


def test_a_release_is_refused_with_the_difference_where_the_world_has_moved_on(site: Site) -> None:
    incident = site.contain()
    site.move("sg-other")
    body = {"incident": incident, "reason": "false alarm", "dry_run": False}
    code, answer = post(site, "/releases", body)
    assert (code, answer["error"]["kind"]) == (409, "refused")
    assert "Ringfence set the quarantine group of vpc-1, found sg-other" in answer["error"]["message"]
    assert post(site, "/releases", {**body, "skip_drifted": True})[0] == 200
    assert site.groups()[0] == {"sg-other"}


def test_an_incident_that_nobody_knows_is_bad_input(site: Site) -> None:
    body = {"incident": "inc-20260301T120000.000000-0123456789", "reason": "false alarm", "dry_run": False}
    code, answer = post(site, "/releases", body)
    assert (code, answer["error"]["field"]) == (400, "incident")


def test_what_was_released_is_refused(site: Site) -> None:
    body = {"incident": site.contain(), "reason": "false alarm", "dry_run": False}
    post(site, "/releases", body)
    assert post(site, "/releases", body)[0] == 409


def test_a_release_outside_the_scope_is_forbidden(site: Site) -> None:
    incident = site.contain()
    site.desk = replace(site.desk, policy=Policy(("999999999999",)))
    body = {"incident": incident, "reason": "false alarm", "dry_run": False}
    assert post(site, "/releases", body)[0] == 403


def test_every_response_to_an_incident_is_released(site: Site) -> None:
    """Both responses share one world here: the second finds nothing left to restore."""
    incident = site.contain(REF, OTHER)
    body = {"incident": incident, "reason": "false alarm", "dry_run": False}
    code, answer = post(site, "/releases", body)
    assert (code, [one["status"] for one in answer["releases"]]) == (200, ["released", "released"])
    assert [one["subject"]["id"] for one in answer["releases"]] == [REF.id, OTHER.id]
    assert post(site, "/releases", body)[0] == 409


def test_one_response_that_is_refused_does_not_keep_the_other_from_being_released(site: Site) -> None:
    incident = site.contain(REF, OTHER)
    site.move("sg-other")
    code, answer = post(site, "/releases", {"incident": incident, "reason": "false alarm", "dry_run": False})
    assert (code, [one["status"] for one in answer["releases"]]) == (409, ["refused", "released"])


def test_one_of_several_responses_can_be_named(site: Site) -> None:
    incident = site.contain(REF, OTHER)
    body = {**WHO, "incident": incident, "reason": "false alarm", "dry_run": False}
    _, answer = post(site, "/releases", body)
    assert [one["subject"]["id"] for one in answer["releases"]] == [REF.id]
    _, rest = post(site, "/releases", {"incident": incident, "reason": "false alarm", "dry_run": False})
    assert [one["status"] for one in rest["releases"]] == ["ended", "released"]


def test_of_what_is_not_recorded_the_status_is_none(site: Site) -> None:
    code, answer = post(site, "/status", WHO)
    assert (code, answer["state"], answer["incident"], answer["entries"]) == (200, "none", "", 0)


def test_the_status_says_in_words_what_was_done_since(site: Site) -> None:
    post(site, "/runs", RUN)
    _, answer = post(site, "/status", WHO)
    words = [line["words"] for line in answer["lines"]]
    assert "applied: move eni-0 to the quarantine group of vpc-1" in words
    assert words[-1] == "verified: contained"
    assert answer["entries"] == len(site.history.entries)
    assert post(site, "/status", {**WHO, "after": answer["entries"]})[1]["lines"] == []


def test_asking_for_the_status_records_and_changes_nothing(site: Site) -> None:
    post(site, "/runs", RUN)
    entries, calls = site.history.entries, len(site.cloud.calls)
    post(site, "/status", WHO)
    assert site.history.entries == entries
    assert len(site.cloud.calls) == calls


def test_a_hand_overrides_a_policy_that_only_tries_out(site: Site) -> None:
    assert site.desk.policy.default is Mode.DRY_RUN
    post(site, "/runs", RUN)
    verified = site.history.last(Verified)
    assert verified
    assert verified.contained
