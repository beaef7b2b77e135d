"""What the function for findings reads, and how often what is answered comes back by a message of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.results import RECHECK_AFTER
from ringfence.engine.verify import WAIT_FOR_OTHERS
from ringfence.handlers import findings, wiring
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.of_trigger import own_call
from ringfence.policy.policy import Policy
from ringfence.policy.protection import OwnRoles
from tests.support.worlds import NOON

if TYPE_CHECKING:
    import pytest

    from ringfence.model.finding import Finding

CFN = "cloudformation.amazonaws.com"
EXECUTION = ExecutionContext("a-1", "ringfence-report-findings", NOON)

LOOP = 16
"""Invocations in one chain of messages, after which Lambda takes them for a loop and stops the function.

"Use Lambda recursive loop detection": https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""


def test_looks_that_wait_for_others_end_before_lambda_takes_them_for_a_loop() -> None:
    """Before them come the look at containment and the one at everything; after them, the last."""
    assert WAIT_FOR_OTHERS / RECHECK_AFTER + 3 < LOOP


def test_a_deployment_is_recognized_by_the_qualifier_of_the_deployed_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another bootstrap's role has a name that anybody who may create roles can give to one."""
    read: list[Finding] = []
    policy = Policy(("111122223333",), own=OwnRoles("111122223333", qualifier="mine"))
    monkeypatch.setattr(wiring, "policy", lambda: policy)

    def answer(finding: Finding, *_: object) -> tuple[object, ...]:
        read.append(finding)
        return ()

    monkeypatch.setattr(findings, "answer", answer)
    for qualifier in ("mine", "hnb659fds"):
        role = f"cdk-{qualifier}-cfn-exec-role-111122223333-eu-west-1"
        identity = {**by_role(role, session="AWSCloudFormation"), "invokedBy": CFN}
        event = own_call("lambda", "UpdateFunctionCode", identity=identity)
        event["detail"]["sourceIPAddress"] = CFN
        findings.contain(json.dumps(event), EXECUTION, lambda: None)  # type: ignore[arg-type]  # not asked
    assert [one.urgent for one in read] == [False, True]
