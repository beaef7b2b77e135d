"""Recognize the calls of a deployment by fields that a caller cannot choose.

AWS sets `invokedBy` and the address for calls of its services, and the ARN of the session's role. The user
agent is free text, and so is the name of a session.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.parser import records
from ringfence.model.subject import GLOBAL, REGION

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope

CLOUDFORMATION = "cloudformation.amazonaws.com"


def is_deployment(envelope: Envelope, account: str) -> bool:
    """Return whether CloudFormation made a call with the role of `cdk bootstrap` for it."""
    detail = envelope.document.child("detail")
    by = detail.optional_child("userIdentity").value.get("invokedBy")
    made = (by, detail.value.get("sourceIPAddress")) == (CLOUDFORMATION, CLOUDFORMATION)
    return made and _is_role("cfn-exec", envelope, account)


def starts_deployment(envelope: Envelope, account: str) -> bool:
    """Return whether the role of `cdk bootstrap` that starts deployments made a call itself."""
    detail = envelope.document.child("detail")
    by_service = "invokedBy" in detail.optional_child("userIdentity").value
    return not by_service and _is_role("deploy", envelope, account)


def _is_role(what: str, envelope: Envelope, account: str) -> bool:
    """Return whether a role of the `cdk bootstrap` that deploys Ringfence made a call.

    Anybody who may create roles can give one such a name with another qualifier, or with the name of a region
    without a bootstrap. So the qualifier is the deployment's, and the region is the call's. Records of global
    services are in us-east-1, so their region is any one with a stack of Ringfence.

    https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
    """
    detail, home = envelope.document.child("detail"), envelope.home
    called = str(detail.value.get("awsRegion"))
    regions = map(re.escape, home.regions if called == GLOBAL else (called,))
    region = f"(?:{'|'.join(regions) or REGION.pattern})"
    name = rf"cdk-{re.escape(home.qualifier)}-{what}-role-{account}-{region}"
    return bool(re.fullmatch(rf"arn:aws:iam::{account}:role/{name}", records.issuer(detail)))
