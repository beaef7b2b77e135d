"""Recognize the calls of a deployment by fields that a caller cannot choose.

AWS sets `invokedBy` and the address for calls of its services, and the ARN of the session's role. The user
agent is free text, and so is the name of a session.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.parser import records
from ringfence.model.subject import REGION

if TYPE_CHECKING:
    from ringfence.model.document import Document

CLOUDFORMATION = "cloudformation.amazonaws.com"


def is_deployment(detail: Document, account: str) -> bool:
    """Return whether CloudFormation made a call with the role of `cdk bootstrap` for it."""
    by = detail.optional_child("userIdentity").value.get("invokedBy")
    made = (by, detail.value.get("sourceIPAddress")) == (CLOUDFORMATION, CLOUDFORMATION)
    return made and is_role(records.issuer(detail), "cfn-exec", account)


def starts_deployment(detail: Document, account: str) -> bool:
    """Return whether the role of `cdk bootstrap` that starts deployments made a call itself."""
    by_service = "invokedBy" in detail.optional_child("userIdentity").value
    return not by_service and is_role(records.issuer(detail), "deploy", account)


def is_role(arn: str, what: str, account: str) -> bool:
    """Return whether an ARN is that of a role of `cdk bootstrap` in an account.

    https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
    """
    role = rf"arn:aws:iam::{account}:role/cdk-[a-z0-9]{{1,10}}-{what}-role-{account}-{REGION.pattern}"
    return bool(re.fullmatch(role, arn))
