"""Words that were replaced by those of the field stay gone: modules, classes, functions and attributes."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ROOT / "functions", ROOT

OLD = """
    ringfence.aws.cloud.AwsCloud.named
    ringfence.aws.cloud.Talk
    ringfence.cli.by_hand
    ringfence.cli.client_factory.direct_door
    ringfence.cli.client_factory.http_door
    ringfence.cli.client_factory.open_door
    ringfence.cli.door
    ringfence.cli.operator_client.DirectDoor
    ringfence.cli.operator_client.Door
    ringfence.cli.operator_client.HttpDoor
    ringfence.cli.operator_command.Environment.door
    ringfence.cli.operator_command.Outside
    ringfence.cli.operator_command.Wish
    ringfence.cli.operator_command.by_hand
    ringfence.cli.operator_command.outside
    ringfence.cli.plan_view.stand
    ringfence.cli.waiting.Patience
    ringfence.cli.waiting.Watch
    ringfence.cli.way
    ringfence.engine.verify.PATIENCE
    ringfence.engine.run.Response
    ringfence.record.integrity.Verdict
    ringfence.engine.canonical_subject.by_name
    ringfence.engine.execution.Session
    ringfence.engine.apply._Job.session
    ringfence.engine.incident_start.IncidentStart.stale
    ringfence.engine.incident_start.Opening
    ringfence.engine.incident_start.careful
    ringfence.engine.incident_end.is_stale
    ringfence.engine.incident_start.opening
    ringfence.engine.intake.Execution
    ringfence.engine.intake.Unanswered
    ringfence.engine.intake.standby
    ringfence.engine.plan_binding.begun
    ringfence.engine.ports.Cloud.named
    ringfence.engine.release.ReleaseOrder
    ringfence.engine.requests.Order
    ringfence.engine.requests.Report
    ringfence.engine.requests.ResponseRequest.behind
    ringfence.engine.requests.Status
    ringfence.events.envelope.About.advice
    ringfence.events.envelope.About.advices
    ringfence.events.fields.shown
    ringfence.events.guardduty.trigger.credential_types.CredentialType.advice
    ringfence.events.guardduty.trigger.instances.advice
    ringfence.handlers.notify.Telling
    ringfence.handlers.operator_api.Desk
    ringfence.handlers.operator_requests.ask_of
    ringfence.handlers.operator_requests.question_of
    ringfence.handlers.operator_requests.release_order
    ringfence.handlers.operator_requests.undoing_of
    ringfence.handlers.operator_types.Ask
    ringfence.handlers.operator_types.Question
    ringfence.handlers.operator_types.RunRequest.order
    ringfence.handlers.operator_types.Undoing
    ringfence.local.findings.shown
    ringfence.model.errors.Bug
    ringfence.model.errors.Denied
    ringfence.model.errors.Gone
    ringfence.model.errors.Unanswered
    ringfence.model.finding.Finding.advice_on
    ringfence.model.incident.Incident.told
    ringfence.model.log_only_step.Note
    ringfence.model.note
    ringfence.model.observation.Facet
    ringfence.model.observation.Looking
    ringfence.model.observation.Observation.look
    ringfence.model.observation.Observed
    ringfence.model.observation.ResourceState.facets
    ringfence.model.observation.ResourceState.seen
    ringfence.model.plan.fold
    ringfence.model.plan.waves
    ringfence.model.principals.Principal.advice
    ringfence.model.remediation.Caution
    ringfence.model.remediation.Choice
    ringfence.model.remediation.Exposure
    ringfence.model.remediation.Remediation.breaks
    ringfence.model.remediation.Remediation.caution
    ringfence.model.remediation.Remediation.cautions
    ringfence.model.remediation.Remediation.choices
    ringfence.model.remediation.Remediation.exposed
    ringfence.model.remediation.Remediation.exposure
    ringfence.model.remediation.Remediation.facets
    ringfence.model.remediation.Remediation.review
    ringfence.model.remediation.Remediation.reviews
    ringfence.model.remediation.Remediation.waiting
    ringfence.model.remediation.Remediation.waits
    ringfence.model.reviews.Listing
    ringfence.model.root_advice.advice
    ringfence.model.rule_confirmation.Confirming
    ringfence.model.runbook.Naming
    ringfence.model.runbook.Runbook.choices
    ringfence.model.runbook.Runbook.containment
    ringfence.model.runbook.Runbook.contains
    ringfence.model.runbook.Runbook.ends
    ringfence.model.runbook.Runbook.facets
    ringfence.model.runbook.Runbook.naming
    ringfence.model.runbook.Stage.cautions
    ringfence.model.runbook.Stage.exposed
    ringfence.model.runbook.Stage.facets
    ringfence.model.runbook.Stage.reviews
    ringfence.model.runbook.Stage.waiting
    ringfence.model.step.Changing
    ringfence.model.step.Step.change
    ringfence.model.step.Step.concerns
    ringfence.model.step.Step.cost
    ringfence.model.step.Step.facet
    ringfence.model.step.Step.follows
    ringfence.model.step.Step.found
    ringfence.model.step.Step.outlives
    ringfence.model.step.Step.settles
    ringfence.model.step.Step.then
    ringfence.model.step.Step.words
    ringfence.observations.ec2.flow_logs.Asking
    ringfence.observations.iam.principals.Found
    ringfence.observations.iam.used_roles.Talking
    ringfence.observations.logging.selectors.shown
    ringfence.policy.policy.RunbookSettings.held
    ringfence.policy.selection.Share
    ringfence.policy.selection.shares
    ringfence.record.history.History.put_right
    ringfence.record.notices.TELLING
    ringfence.record.summary.Summary.exposure
    ringfence.record.summary.Summary.looks
    ringfence.record.summary.Summary.parts
    ringfence.record.summary.rests
    ringfence.record.timeline.Row.told
    ringfence.record.timeline.Told
    ringfence.record.wording.contains
    ringfence.steps.iam.unused_keys._AmongUserKeys.facet
    ringfence.steps.iam.unused_keys._AmongUserKeys.found
    stacks.door
    stacks.operator_api.Door
"""
"""Names as they are written in full; an attribute stands behind the class that has it under another name."""


@cache
def source(module: str) -> Path | None:
    """Return the file of a module; None where there is no such module."""
    path = Path(*module.split("."))
    files = (root / file for root in PLACES for file in (path.with_suffix(".py"), path / "__init__.py"))
    return next((file for file in files if file.is_file()), None)


def declared(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return what a body declares, by its name, with what is declared within it."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = node.body
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = []
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({one.id: [] for one in targets if isinstance(one, ast.Name)})
        elif isinstance(node, ast.If):
            found.update(declared(node.body))
    return found


def split(name: str) -> tuple[Path | None, list[str]]:
    """Return the file of the longest module that a name begins with, and the words that follow it."""
    words = name.split(".")
    for end in range(len(words), 0, -1):
        file = source(".".join(words[:end]))
        if file:
            return file, words[end:]
    return None, words


def exists(name: str) -> bool:
    """Say whether a module of this name exists, or a declaration in one."""
    file, words = split(name)
    if file is None:
        return False
    found = declared(ast.parse(file.read_text("utf-8")).body)
    for number, word in enumerate(words, 1):
        if word not in found:
            return False
        found = declared(found[word]) if number < len(words) else found
    return True


@pytest.mark.parametrize("old", OLD.split())
def test_an_old_name_is_gone(old: str) -> None:
    assert not exists(old)


@pytest.mark.parametrize("old", OLD.split())
def test_what_had_the_old_name_is_looked_for_where_it_would_be(old: str) -> None:
    """A list of names in modules or classes that do not exist would never find anything."""
    owner = old.rpartition(".")[0]
    assert owner == "stacks" or exists(owner), f"{owner} moved: let the list follow it"


@pytest.mark.parametrize(
    "name",
    [
        "ringfence.model.step",
        "ringfence.model.step.Step",
        "ringfence.model.step.Step.describe",
        "ringfence.model.step.Step.observation",
        "ringfence.model.plan.net_changes",
        "ringfence.model.call.SansIO",
        "ringfence.model.remediation.Option",
        "ringfence.model.remediation.ResidualRisk",
    ],
)
def test_a_name_of_any_kind_would_be_found(name: str) -> None:
    assert exists(name)
