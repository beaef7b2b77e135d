"""Deploy what the test process synthesizes: one CDK and one bundle serve every deployment of a worker.

`Assembly` makes the calls of the CDK's command line. `ringfence demo` deploys as an owner does, with that
command line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ringfence.events.cloudtrail.trigger.root import ROOT
from ringfence.events.patterns import rule_state
from ringfence.local.deployment import AT_ONCE, HIGH_LIMITS, RESPONSE_STACK, Deployment
from stacks.settings import settings
from tests.support.assemblies import Assembly
from tests.support.synthesis import synthesize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ringfence.local import LocalAws
    from tests.support.bundles import Store
    from tests.support.synthesis import Template

DISABLED = "DISABLED"
CHAT_ROLE = "chat-approvers"
CHAT = {"chat_slack": "T012ABCD/C0456EFGH", "chat_role": CHAT_ROLE}
"""The context of a deployment with a chat channel, and the role that answers with its buttons."""


@dataclass(frozen=True)
class Deployer:
    """Deploys to local AWSs with files of its own.

    Parameters
    ----------
    folder
        Takes the policies, the cloud assemblies and their outputs.
    bundles
        Where bundles are.

    """

    folder: Path
    bundles: Store

    def home(
        self,
        local: LocalAws,
        *rules: Mapping[str, object],
        accounts: Sequence[str] = (),
        runbooks: Mapping[str, object] | None = None,
        exempt: Sequence[Mapping[str, object]] = (),
        approvals: Mapping[str, object] | None = None,
        outputs: Mapping[str, object] | None = None,
        limits: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
        incoming: Mapping[str, object] = MappingProxyType({}),
        context: Mapping[str, str] = MappingProxyType({}),
    ) -> Deployment:
        """Deploy every stack, with a policy of these rules; without any, all is done at once.

        With CloudTrail, the templates declare that the rules for uses of the root user are off: see
        `watch_root`.

        `accounts` are protected beside the local AWS's own. `runbooks`, `exempt`, `approvals` and
        `outputs` are the policy's sections of these names. `limits` are lower than `HIGH_LIMITS`. `incoming`
        are the sections about findings of others, and `context` are further settings.
        """
        scope = {"accounts": ["home", *accounts]}
        policy: dict[str, object] = {"version": 1, "scope": scope, "rules": list(rules or (AT_ONCE,))}
        sections = {
            "runbooks": dict(runbooks or {}),
            "exempt": list(exempt),
            "approvals": approvals,
            "outputs": outputs,
        }
        policy |= {**incoming, **{name: section for name, section in sections.items() if section}}
        policy["limits"] = {**HIGH_LIMITS, **limits}
        self.policy(local).write_text(json.dumps(policy, indent=2), encoding="utf-8")  # JSON is YAML
        return Deployment.of(local, self._deploy(local, local.account, context))

    def protect(self, local: LocalAws, account: str) -> None:
        """Deploy the roles to another account, with the policy of the home account."""
        self._deploy(local, account)

    def _deploy(
        self, local: LocalAws, account: str, more: Mapping[str, str] = MappingProxyType({})
    ) -> dict[str, dict[str, str]]:
        context = {"policy": str(self.policy(local)), "home_account": local.account, **more}
        here = {"CDK_DEFAULT_ACCOUNT": account, "CDK_DEFAULT_REGION": local.region}
        given, name = settings(context.get, here), f"{local.port}-{account}"
        assembly = self.folder / f"{name}.out"
        templates = synthesize(assembly, given, self.bundles.bundle(given.policy))
        if local.cloudtrail and RESPONSE_STACK in templates:
            _ignore_root(templates[RESPONSE_STACK])
        return Assembly(local, assembly, account).deploy()

    def policy(self, local: LocalAws) -> Path:
        """Return the policy file of the deployment to a local AWS."""
        return self.folder / f"{local.port}.yaml"


def watch_root(local: LocalAws, *, on: bool) -> None:
    """Turn the rules for uses of the root user on or off.

    Tests act as the root user, so a function would have to handle each call that changes something.
    """
    events = local.client("events")
    pages = events.get_paginator("list_rules").paginate()
    for rule in (one for page in pages for one in page["Rules"]):
        pattern = json.loads(rule.get("EventPattern", "{}"))
        if _is_for_root(pattern):
            state = rule_state(pattern) if on else DISABLED
            events.put_rule(Name=rule["Name"], EventPattern=rule["EventPattern"], State=state)


def _ignore_root(template: Template) -> None:
    found = [one["Properties"] for one in template.all("AWS::Events::Rule").values()]
    for_root = [one for one in found if _is_for_root(one["EventPattern"])]
    assert for_root
    for one in for_root:
        one["State"] = DISABLED
    template.path.write_text(json.dumps(template.body), encoding="utf-8")


def _is_for_root(pattern: Mapping[str, Any]) -> bool:
    return bool(pattern.get("detail", {}).get("userIdentity", {}).get("type") == [ROOT])
