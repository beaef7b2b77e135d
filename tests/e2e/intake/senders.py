"""Who may send findings to the deployment, and a system that does."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.session import Session

from ringfence.aws.signed_http import signed_http
from ringfence.events.sent.form import FINDING
from ringfence.insights.activity.detection import PRODUCT, TYPE
from ringfence.insights.activity.pack.access import BRUTE_FORCE
from ringfence.model.resource_names import ACTIVITY, SCANS, function_role
from tests.e2e.intake.scanned import SUBJECTS
from tests.e2e.operators import member

if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import CompletedProcess

    from tests.e2e.compliance import Compliance
    from tests.e2e.operators import Operator

SIGMA_RULE = Path(__file__).with_name("sigma_rule.yml")
"""The rule in Sigma's form that the deployment evaluates beside those of the pack."""
ROLE, SCANNER = "office-ids", "office-scanner"
TOLD = "Effects/Data Exposure"
"""The type of AWS Health's findings in Security Hub of which people are notified."""
TRUSTED = "acme/edr"
"""The product whose findings are contained if Security Hub holds them."""


def incoming(account: str) -> dict[str, object]:
    """Return the sections of the policy: what is told, who may send findings, and which runbook answers."""
    subjects = ["instance/*/*/*"]
    return {
        "sweep": {"suppressed": "tell", "guardduty-administrator": "home"},
        "senders": [
            {"role": _role(account, ROLE), "subjects": subjects, "mode": "dry-run"},
            {"account": "home", "subjects": subjects},
            {"role": _role(account, SCANNER), "subjects": ["*"], "mode": "dry-run"},
            {"role": _role(account, function_role(SCANS)), "subjects": SUBJECTS, "mode": "auto"},
            {
                "role": _role(account, function_role(ACTIVITY)),
                "subjects": ["iam-user/*"],
                "types": [f"{TYPE}*"],
                "mode": "dry-run",
            },
        ],
        "mappings": [
            {"product": PRODUCT, "finding": f"{TYPE}sigma-*", "runbook": "contain-credentials"},
            {"product": PRODUCT, "finding": f"{TYPE}{BRUTE_FORCE.id}", "runbook": "contain-credentials"},
            {"product": "health", "finding": TOLD, "runbook": "notify"},
            {"product": "office-ids", "finding": "C2/*", "runbook": "contain-instance"},
            {"product": f"arn:*:product/{TRUSTED}", "runbook": "contain-instance", "mode": "auto"},
        ],
    }


def _role(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def finding(subject: str, **changed: object) -> dict[str, object]:
    """Return a finding of now about a resource."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {**FINDING.example(whole=False), "updated_at": at, "subjects": [subject], **changed}


@dataclass(frozen=True)
class SendingSystem:
    """A system in a session of a role, at a terminal."""

    hand: Operator
    folder: Path

    def sends(self, *findings: object) -> CompletedProcess[str]:
        """Send findings with the command."""
        path = self.folder / "findings.json"
        path.write_text(json.dumps({"findings": list(findings)}), "utf-8")
        return self.hand.types("findings", "send", "--json", str(path))

    def posts(self, url: str, document: Mapping[str, object]) -> tuple[int, Any]:
        """Send a document to the API as it is. Return the status code and the answer."""
        given, session = self.hand.environment, Session()
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        session.set_credentials(*(given[name] for name in names))
        client = signed_http(url, given["AWS_ENDPOINT_URL"], given["AWS_REGION"])
        return replace(client, session=session).post("/findings", document)


def in_ocsf(arn: str) -> dict[str, object]:
    """Return a Detection Finding of OCSF of now about a resource."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return {
        "activity_id": 1,
        "category_uid": 2,
        "class_uid": 2004,
        "type_uid": 200401,
        "severity_id": 4,
        "time": int(datetime.now(UTC).timestamp() * 1000),
        "metadata": {"version": "1.5.0", "product": {"name": "Office IDS", "vendor_name": "Example"}},
        "finding_info": {"uid": "a-1", "title": "A beacon", "types": ["C2/Beacon"]},
        "cloud": {"provider": "AWS", "account": {"uid": account}, "region": region},
        "resources": [{"uid": arn, "type": "AWS::EC2::Instance"}],
    }


def sending_system(intake: Compliance, folder: Path, name: str = ROLE, *more: str) -> SendingSystem:
    """Create a role with the policy for senders, and with more policies, and begin a session of it."""
    account = intake.world.local.account
    arns = (f"arn:aws:iam::{account}:policy/ringfence-{one}" for one in ("finding-sender", *more))
    return SendingSystem(member(intake.world, name, *arns), folder)
