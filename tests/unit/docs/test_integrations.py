"""The example stacks take the events of the bus, and no text in an event becomes a part of a request."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.validate import ParamValidator
from cfnlint.api import lint  # type: ignore[import-untyped]  # it has no types
from cfnlint.decode import decode_str  # type: ignore[import-untyped]  # likewise
from ministack.services.eventbridge import _event_pattern_error, _EventView, _matches_pattern_view

from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.facts import Closed, Fact, Verified
from ringfence.record.ocsf import events
from tests.support.fakes.conversations import model
from tests.support.worlds import NOON, finding

FOLDER = Path(__file__).parents[3] / "docs" / "examples"
EXAMPLES = ("pagerduty", "servicenow", "jira")
TICKETS = "security-hub-tickets"
EACH = pytest.mark.parametrize("name", EXAMPLES)
INCIDENT = "inc-20260301T120000.000000-8ea7008b83"
HOSTILE = '", "event_action": "resolve", "x": "<incident> \\ </b>'
KEYS = {"pagerduty": "dedup_key", "servicenow": "u_incident", "jira": "alias"}


def text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


def resources(name: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a template, with the long forms of functions."""
    template, errors = decode_str(text(name))
    assert not errors
    found: dict[str, dict[str, Any]] = json.loads(json.dumps(template))["Resources"]
    return found


def rule(name: str, which: str) -> dict[str, Any]:
    found: dict[str, Any] = resources(name)[which]["Properties"]
    return found


def event(*facts: Fact, title: str = HOSTILE, severity: float = 8) -> dict[str, Any]:
    """Return what the bus carries after the last of these facts."""
    received = finding()
    received = replace(received, finding=replace(received.finding, title=title, severity=severity))
    key = ChainKey("contain-instance", received.finding.subjects[0].key)
    entries = link(Stamp(key, INCIDENT, "ringfence", "attempt-1", NOON), None, (received, *facts))
    (found, *_) = events(entries, lambda *_: ())
    return {
        "version": "0",
        "id": "1",
        "source": "ringfence.outputs",
        "detail-type": f"OCSF {found['class_name']}",
        "account": "111122223333",
        "region": "eu-west-1",
        "time": "2026-03-01T12:00:00Z",
        "resources": [],
        "detail": dict(found),
    }


OPENED = event()
CONTAINED = event(Verified(contained=True, complete=False))
ENDED = event(Verified(contained=True, complete=True), Closed("it is over"))


def taken(pattern: dict[str, Any], given: dict[str, Any]) -> bool:
    assert not _event_pattern_error(json.dumps(pattern))
    envelope = {key: value for key, value in given.items() if key != "detail"}
    return bool(_matches_pattern_view(json.dumps(pattern), _EventView(envelope, json.dumps(given["detail"]))))


def sent(properties: dict[str, Any], given: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the request body: a variable is a JSON value, or its text inside quotation marks.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    (target,) = properties["Targets"]
    transformer = target["InputTransformer"]
    values = {name: at(path, given) for name, path in transformer["InputPathsMap"].items()}

    def filled(match: re.Match[str]) -> str:
        if match[1] is not None:
            inner = re.sub(r"<(\w+)>", lambda one: str(values[one[1]]), match[1])
            assert re.fullmatch(r"[\w .,:-]*", inner), f"{inner} can end the quotation"
            return f'"{inner}"'
        return json.dumps(values[match[2]])

    return json.loads(re.sub(r'"([^"]*)"|<(\w+)>', filled, transformer["InputTemplate"]))


def at(path: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    found: Any = given
    for part in path.removeprefix("$.").split("."):
        found = found[part]
    return found


@pytest.mark.parametrize("name", [*EXAMPLES, TICKETS])
def test_cfn_lint_finds_nothing(name: str) -> None:
    found = lint(text(name), regions=["us-east-1", "eu-west-1"])
    assert not [f"{one.rule.id} {one.path}: {one.message}" for one in found]


@EACH
def test_an_open_incident_opens_and_updates_and_a_closed_one_closes(name: str) -> None:
    for given, opens, closes in (
        (OPENED, True, False),
        (CONTAINED, True, False),
        (ENDED, False, True),
        (event(severity=5), False, False),
    ):
        assert taken(rule(name, "Open")["EventPattern"], given) is opens
        assert taken(rule(name, "Close")["EventPattern"], given) is closes
    other = {**OPENED, "detail-type": "OCSF Remediation Activity"}
    assert not taken(rule(name, "Open")["EventPattern"], other)


@EACH
def test_each_request_has_the_incident_as_its_key(name: str) -> None:
    for given in (OPENED, CONTAINED):
        assert sent(rule(name, "Open"), given)[KEYS[name]] == INCIDENT
    closing = rule(name, "Close")
    if name == "jira":
        (target,) = closing["Targets"]
        (path,) = target["HttpParameters"]["PathParameterValues"]
        assert at(path, ENDED) == INCIDENT
        assert target["HttpParameters"]["QueryStringParameters"] == {"identifierType": "alias"}
    else:
        assert sent(closing, ENDED)[KEYS[name]] == INCIDENT


@EACH
def test_a_hostile_title_stays_a_text(name: str) -> None:
    body = sent(rule(name, "Open"), OPENED)
    assert HOSTILE in json.dumps(body, ensure_ascii=False).encode().decode("unicode_escape")
    if name == "pagerduty":
        assert body["event_action"] == "trigger"
        assert len(body["payload"]["summary"]) <= 1024
    assert sent(rule(name, "Close"), ENDED).keys() <= {"event_action", "dedup_key", "source", "note", *body}


@EACH
def test_secrets_are_only_referred_to(name: str) -> None:
    found = resources(name)["Connection"]["Properties"]["AuthParameters"]
    secrets = [
        value
        for one in (
            found,
            *found.values(),
            *found.get("InvocationHttpParameters", {}).get("BodyParameters", ()),
        )
        for key, value in one.items()
        if key in {"ApiKeyValue", "Username", "Password", "Value"}
    ]
    assert secrets
    for one in secrets:
        assert re.fullmatch(
            r"(GenieKey )?{{resolve:secretsmanager:\$\{Secret}:SecretString:\w+}}", one["Fn::Sub"]
        )


@EACH
def test_what_is_not_delivered_is_kept(name: str) -> None:
    for which in ("Open", "Close"):
        (target,) = rule(name, which)["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86_400


def test_the_rule_for_tickets_is_one_that_security_hub_takes() -> None:
    given = rule(TICKETS, "Rule")
    given["Actions"][0]["ExternalIntegrationConfiguration"]["ConnectorArn"] = "the ARN of a connector"
    shape = model("securityhub").operation_model("CreateAutomationRuleV2").input_shape
    assert shape
    report = ParamValidator().validate(given, shape)
    assert not report.has_errors(), report.generate_report()
    severities, activity = given["Criteria"]["OcsfFindingCriteria"]["CompositeFilters"]
    assert [one["Filter"]["Value"] for one in activity["StringFilters"]] == ["Create"]
    named = {one["Filter"]["Value"] for one in severities["StringFilters"]}
    for severity, has_ticket in ((8, True), (9, True), (5, False)):
        assert (event(severity=severity)["detail"]["severity"] in named) is has_ticket
