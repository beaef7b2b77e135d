"""Synthesize the app, and look into its templates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_cdk import App
from aws_cdk import aws_lambda as lambda_

from stacks.application import build
from stacks.bundle import Bundle
from stacks.settings import ROOT, Settings, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Permission
    from stacks.scan_settings import ScanSettings

HOME, MEMBER = "111122223333", "444455556666"
ROUTED = {
    "notices_routes": '[{"name": "pager", "urgency": ["urgent"], "severity": 7}]',
    "chat_slack": "T012ABCD/C0456EFGH",
    "chat_teams": (
        "0a1b2c3d-0000-1111-2222-333344445555/5a1b2c3d-0000-1111-2222-333344445555/19%3aab%40thread.tacv2"
    ),
    "chat_role": "ops/approvers",
    "chat_buttons": "approve, reject, hold",
}
"""The context of a deployment that sends notices on, to a topic and to two chat channels with buttons."""
WATCHED = {
    "detection_log_group": "/trails/everything",
    "detection_thresholds": "unauthorized-calls=20, failed-sign-ins=3",
    "dashboard": "true",
}
"""The context of a deployment with a dashboard, and with alarms on the records of a trail."""
COUNTED = {
    "policy": str(Path(__file__).parent / "samples/watching.yaml"),
    "activity": "all",
    "activity_numbers": "denied-burst.count=30",
}
"""The context of a deployment that evaluates the rules for activity."""
SEARCHED = {"policy": COUNTED["policy"], "flow_logs": "s3://flow-logs-bucket/vpc/"}
"""The context of a deployment that searches flow logs each day."""
OPTIONAL = {
    **ROUTED,
    **WATCHED,
    **COUNTED,
    **SEARCHED,
    "security_hub_actions": "true",
    "scheduled_scans": "rate(1 day)",
}
"""The context of a deployment with every optional function."""
Resource = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A synthesized template."""

    path: Path
    body: dict[str, Any]

    def all(self, kind: str) -> dict[str, Resource]:
        """Return every resource of a type by its logical id."""
        return {id_: one for id_, one in self.body["Resources"].items() if one["Type"] == kind}

    def only(self, kind: str, like: str = "") -> tuple[str, Resource]:
        """Return the one resource of a type whose logical id begins so."""
        found = [(id_, one) for id_, one in self.all(kind).items() if id_.startswith(like)]
        assert len(found) == 1, f"{kind} {like}: {[id_ for id_, _ in found]}"
        return found[0]

    def properties(self, kind: str, like: str = "") -> dict[str, Any]:
        """Return the properties of the one resource of a type whose logical id begins so."""
        properties: dict[str, Any] = self.only(kind, like)[1]["Properties"]
        return properties


def synthesize(
    out: Path, given: Settings, bundle: Bundle | None = None, *, validated: bool = False
) -> dict[str, Template]:
    """Synthesize the app with the flags of cdk.json.

    `validated` also has the CDK validate the templates. This takes six seconds in a process.
    """
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=flags, outdir=str(out), builtin_cloud_formation_validation=validated)
    build(app, given, bundle)
    app.synth()
    return templates_in(out)


def templates_in(out: Path) -> dict[str, Template]:
    """Read every template of a cloud assembly."""
    paths = out.glob("*.template.json")
    return {path.name.split(".")[0]: Template(path, json.loads(path.read_text())) for path in paths}


class NoCode(Bundle):
    """Stands for the bundle where a test looks at something else."""

    def code(self) -> lambda_.Code:
        return lambda_.Code.from_inline("nothing")

    def of_scans(self, scans: ScanSettings) -> Bundle:
        del scans
        return self


_synthesized: dict[str, Path] = {}
"""Settings → the folder of their assembly. A synthesis takes two seconds of CPU time."""


def synthesize_without_code(out: Path, given: Settings) -> dict[str, Template]:
    """Synthesize the app where only its templates are looked at, once for the same settings.

    The assembly is in a new folder below `out`. Each caller gets templates of its own.
    """
    settings_of = repr(given)
    if settings_of not in _synthesized:
        folder = out / f"assembly-{len(_synthesized)}"
        synthesize(folder, given, NoCode({}, given.policy))
        _synthesized[settings_of] = folder
    return templates_in(_synthesized[settings_of])


def told(**context: str) -> Settings:
    """Return the settings of a deployment in the home account, as its context says."""
    return settings(context.get, {"CDK_DEFAULT_ACCOUNT": HOME, "CDK_DEFAULT_REGION": "eu-west-1"})


Allowed = frozenset[tuple[str, str, frozenset[tuple[str, str, tuple[str, ...]]]]]
"""Action, resource (as JSON where it is a reference), conditions."""


def allowed(role: dict[str, Any]) -> Allowed:
    """Take the statements of what is declared for a role apart; every one of them must allow."""
    declared = [policy for policy in role.get("Policies", []) if policy["PolicyName"] == "declared"]
    statements = [one for policy in declared for one in policy["PolicyDocument"]["Statement"]]
    assert {one["Effect"] for one in statements} == ({"Allow"} if declared else set())
    return frozenset(
        (action, shown(resource), conditions_of(one))
        for one in statements
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
    )


def expected(permissions: Iterable[Permission], **places: str) -> Allowed:
    """Fill in declared permissions, independently of how the stacks do it."""

    def filled(text: str) -> str:
        for name, value in places.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    return frozenset(
        (
            one.action,
            filled(resource),
            frozenset(
                (_like(op) if "{region}" in "".join(values) else op, key, tuple(map(filled, values)))
                for op, key, values in one.conditions
            ),
        )
        for one in permissions
        for resource in one.resources
    )


def _like(operator: str) -> str:
    """A region that may be any is a pattern."""
    return operator.replace("StringEquals", "StringLike")


def conditions_of(statement: dict[str, Any]) -> frozenset[tuple[str, str, tuple[str, ...]]]:
    """Return a statement's conditions, one by one."""
    return frozenset(
        (operator, key, tuple(map(shown, listed(values))))
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    )


def listed(one: object) -> list[Any]:
    """Return a list, also of what a template shortens to its only item."""
    return one if isinstance(one, list) else [one]


def shown(value: object) -> str:
    """Write a value of a template, references included."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
