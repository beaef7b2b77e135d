"""A template may let other accounts put events on a bus."""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "444455556666"


def template(*accounts: str) -> str:
    resources = {
        f"From{account}": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": "default",
                "StatementId": f"from-{account}",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "events:PutEvents",
                    "Resource": "*",
                },
            },
        }
        for account in accounts
    }
    return json.dumps({"Resources": resources})


def allowed(aws: Any) -> list[str]:
    policy = aws.client("events").describe_event_bus().get("Policy")
    statements = json.loads(policy)["Statement"] if policy else []
    return sorted(one["Principal"]["AWS"].split(":")[4] for one in statements)


def test_each_statement_of_a_template_is_in_the_buss_policy_until_the_stack_is_deleted(
    aws: Any, unique: str
) -> None:
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName=unique, TemplateBody=template(ACCOUNT, "777788889999"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    assert allowed(aws) == [ACCOUNT, "777788889999"]
    cloudformation.update_stack(StackName=unique, TemplateBody=template(ACCOUNT))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    assert allowed(aws) == [ACCOUNT]
    cloudformation.delete_stack(StackName=unique)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    assert allowed(aws) == []
