"""A deployment that puts right what breaks compliance: what its policy says, and ways to wait for the end."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ringfence.local.deployment import AT_ONCE
from ringfence.model.resource_names import run_role
from ringfence.observations.ec2.management import NAME as PROFILE
from ringfence.runbooks.catalogue import CATALOGUE
from tests.e2e.approvals import ASK_TYPE
from tests.e2e.world import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.record.history import History
    from ringfence.record.integrity import ChainVerdict
    from tests.e2e.operators import Operator
    from tests.e2e.world import World

CONTAIN = "contain-"
RESTORES = "restore-delivery"
"""The runbook that enables rules of Ringfence again."""
HELD: frozenset[str] = frozenset()
"""Remediations that can break a workload and that the policy of these tests does not allow."""
ENABLED: Mapping[str, tuple[str, ...]] = MappingProxyType({})
"""Remediations that are off by default and on in these tests, by runbook."""
FLOW_LOGS = "flow-logs-of-everybody"
"""The bucket to which flow logs go."""
ACCESS_LOGS = "access-logs-of-everybody"
"""The bucket to which access to buckets is logged."""
BUCKET_KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
"""The key with which buckets encrypt."""
OPTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "harden-bucket": {"access-log-bucket": ACCESS_LOGS, "default-encryption": BUCKET_KEY},
        "harden-identity": {"grace-days": "0", "unused-days": "0"},
        "harden-instance": {"image-owners": "self"},
        "restore-logging": {"log-destinations": "logs"},
        "harden-network": {"flow-log-destination": f"arn:aws:s3:::{FLOW_LOGS}"},
    }
)
"""Options of these tests, by runbook."""
EXEMPT: Sequence[Mapping[str, object]] = (
    {"subject": "bucket/*/*/pictures-*", "reason": "our public pictures", "runbook": "harden-bucket"},
    {"subject": "iam-user/*/*/t[0-9]*", "reason": "operators of these tests", "runbook": "harden-identity"},
)
"""What is left as it is, and whom a review of every user leaves alone."""
FIRST_ROLE, SECOND_ROLE = "incident-responders", "service-owners"
"""The roles whose members may approve."""

CLOSED_TYPE, UNIT_TYPE = "Trojan:EC2/DGADomainRequest.B", "Backdoor:EC2/Spambot"
OTHER_UNIT_TYPE = "Trojan:EC2/DropPoint"
UNIT, OTHER_UNIT = "ou-ab12-production", "ou-ab12-tests"


def two_others(account: str) -> dict[str, object]:
    """Return the rules of approvals: two people approve, each in one of two roles, and no requester."""
    roles = [f"arn:aws:iam::{account}:role/{name}" for name in (FIRST_ROLE, SECOND_ROLE)]
    return {"approvers": {"count": 2, "roles": roles, "other-than-requester": True}}


def rules(now: datetime) -> tuple[Mapping[str, object], ...]:
    """Return rules about the hours around a time and about others, and about two organizational units."""

    def during(start: int, end: int) -> list[Mapping[str, object]]:
        hours = "-".join((now + timedelta(hours=one)).strftime("%H:%M") for one in (start, end))
        return [{"zone": "UTC", "hours": [hours]}]

    unit = {"name": "unit", "finding": UNIT_TYPE, "organizational-units": [UNIT], "mode": "dry-run"}
    return (
        {"name": "now", "finding": ASK_TYPE, "during": during(-2, 6), "mode": "approve"},
        {"name": "not now", "finding": CLOSED_TYPE, "during": during(7, 20), "mode": "dry-run"},
        unit,
        {
            "name": "other",
            "finding": OTHER_UNIT_TYPE,
            "organizational-units": [OTHER_UNIT],
            "mode": "dry-run",
        },
        AT_ONCE,
    )


def settings() -> dict[str, object]:
    """Return the policy's section `runbooks`: what can break a workload is allowed."""
    return {id_: _settings(one) for id_, one in CATALOGUE.items() if not id_.startswith(CONTAIN)}


def _settings(runbook: Runbook) -> dict[str, object]:
    breaking = [one.id for one in runbook.remediations if one.workload_risk and one.id not in HELD]
    enabled, options = ENABLED.get(runbook.id, ()), OPTIONS.get(runbook.id, {})
    return {"allow": breaking, "enable": list(enabled), "options": dict(options)}


@contextmanager
def management_profile(iam: Any) -> Iterator[None]:  # noqa: ANN401 - a client of boto3
    """Offer the profile for Session Manager, as the owner of an account does."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName=PROFILE, AssumeRolePolicyDocument=document)
    iam.create_instance_profile(InstanceProfileName=PROFILE)
    iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)
    yield
    iam.remove_role_from_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)
    iam.delete_instance_profile(InstanceProfileName=PROFILE)
    iam.delete_role(RoleName=PROFILE)


@dataclass(frozen=True)
class Compliance:
    """The deployment, with IAM enforced, and an operator of it."""

    world: World
    hand: Operator

    def put(self, *entries: Mapping[str, object]) -> None:
        """Put events on the bus, each as PutEvents takes it."""
        self.world.deployment.put(*entries)

    def history(self, runbook: str, ref: Ref) -> History:
        return self.world.deployment.history(ref, runbook)

    def over(self, runbook: str, ref: Ref, within: float = 120.0) -> History:
        """Wait until the response is complete."""
        return self.when(runbook, ref, lambda found: found.completed_at is not None, "complete", within)

    def when(
        self, runbook: str, ref: Ref, is_so: Callable[[History], bool], what: str, within: float = 120.0
    ) -> History:
        """Wait until something is true of the newest incident."""

        def look() -> History | None:
            found = self.history(runbook, ref)
            return found if found.entries and is_so(found) else None

        try:
            found = until(look, f"the response of {runbook} on {ref.id} is {what}", within)
        except AssertionError as error:
            told = "\n".join(entry.body[:400] for entry in self.history(runbook, ref).entries)
            none = (
                f"The audit log has no entry of {runbook} on {ref.key}. The log of its function may say why."
            )
            raise AssertionError(f"{error}\n{told or none}") from error
        assert found is not None
        return found

    def quiet(self, *runbooks: str) -> None:
        """Wait until these runbooks have nothing to do."""
        names = [f"{run_role(id_)}{which}" for id_ in runbooks for which in ("", "-continuation")]
        self.world.quiet(*names)

    @contextmanager
    def silent(self, runbook: str) -> Iterator[None]:
        """Deliver no events to a runbook. First of all to the one that would enable the rules again."""
        events = self.world.client("events")
        rules = list(dict.fromkeys((*self._rules(RESTORES), *self._rules(runbook))))
        for name in rules:
            events.disable_rule(Name=name)
        yield
        for name in reversed(rules):
            events.enable_rule(Name=name)

    def _rules(self, runbook: str) -> list[str]:
        """Return the rules that send to the queue of a runbook."""
        events = self.world.client("events")
        targets = {
            one["Name"]: events.list_targets_by_rule(Rule=one["Name"])["Targets"]
            for page in events.get_paginator("list_rules").paginate()
            for one in page["Rules"]
        }
        found = [
            name
            for name, each in targets.items()
            if any(one["Arn"].endswith(f":{run_role(runbook)}") for one in each)
        ]
        assert found, f"no rule sends to {runbook}"
        return found

    def review(self, runbook: str) -> None:
        """Have the function of the schedule begin a look now, and wait until its parts are worked off."""
        self.quiet(runbook)  # who acts on a subject is not disturbed: its look would fail, and come again
        name = f"{run_role(runbook)}-review"
        answer = self.world.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        assert payload["places"]
        self.quiet(runbook)

    def verdict(self, runbook: str, ref: Ref) -> ChainVerdict:
        """Verify the newest incident's chain once all of it is archived."""
        return self.world.deployment.archived(ref, runbook=runbook)
