"""Transcripts of the commands that need no deployment, and of views about one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.cli.doctor_view import shown as problems_shown
from ringfence.cli.uninstall_view import shown as removal_shown
from ringfence.events.sent.form import FINDING
from ringfence.handlers.removal_plans import RemovalPlan
from ringfence.record.chain import ChainKey
from ringfence.record.containments import Containment
from ringfence.self_check.findings import Problem, Report, Standing
from ringfence.self_check.places import Deployment, Stack
from ringfence.self_check.removal import Kept, Removal
from tests.support.transcripts.printing import drawn, typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.transcripts.printing import View

ROOT = Path(__file__).resolve().parents[3]
EVENT = ROOT / "docs" / "examples" / "guardduty-c2.json"
POLICY = """\
version: 1
scope: {accounts: [home]}
extends: balanced
exempt:
  - {subject: "instance/*/*/i-0fedcba9876543210", reason: a legacy system, owner: web}
rules:
  - {name: contain at once, finding: "Backdoor:EC2/C&C*", severity: {from: high}, mode: auto}
  - {name: careful, finding: "CryptoCurrency:*", mode: approve}
"""
OLD = POLICY.replace("mode: auto", "mode: dry-run")
BROKEN = POLICY.replace("mode: approve", "mode: aprove").replace("from: high", "from: hihg")
WRONG_FINDING = {
    **{"titel" if name == "title" else name: value for name, value in FINDING.example(whole=False).items()},
    "severity": "hgih",
    "subjects": ["instnace/111122223333/eu-west-1/i-0123456789abcdef0"],
}
FILES: dict[str, Path | str] = {
    "policy.yaml": POLICY,
    "old.yaml": OLD,
    "broken.yaml": BROKEN,
    "event.json": EVENT,
    "wrong.json": json.dumps([FINDING.example(), WRONG_FINDING]),
    "findings.json": json.dumps({"findings": [FINDING.example(), FINDING.example(whole=False)]}),
}
RULES = """\
compliance_rules:
  - name: s3-bucket-keeps-versions
    title: S3 buckets keep versions
    resource_types: [AWS::S3::Bucket]
    required_properties:
      AWS::S3::Bucket: {VersioningConfiguration: {Status: Enabled}}
    severity: high
    examples:
      - passes: {supplementaryConfiguration: {BucketVersioningConfiguration: {status: Enabled}}}
      - fails: {supplementaryConfiguration: {}}
"""
FLOWS = """\
srcaddr dstaddr dstport packets bytes start end action
10.0.0.7 203.0.113.9 443 9 2000000000 1800000000 1800000005 ACCEPT
10.0.0.8 203.0.113.9 443 9 5000 1800000000 1800000005 ACCEPT
"""
WRONG = RULES.replace("severity: high", "severity: hgih")
HOME, REGION, OTHER = "111122223333", "eu-west-1", "444455556666"
AUDIT, RESPONSE = (Stack(HOME, REGION, f"Ringfence-{name}") for name in ("Audit", "Response"))
DEPLOYMENT = Deployment(HOME, REGION, (HOME, OTHER))


def command(*words: str) -> View:
    """Return the transcript of a command in a folder with policies and an event."""
    return typed(*words, files=FILES)


def items() -> str:
    """Return a snapshot of AWS Config with two buckets."""
    enabled = {"BucketVersioningConfiguration": {"status": "Enabled"}}
    place = {"accountId": HOME, "awsRegion": REGION, "resourceType": "AWS::S3::Bucket"}
    kept: dict[str, dict[str, object]] = {"shop-backups": dict(enabled), "shop-pictures": {}}
    made = [
        {**place, "resourceId": id_, "configuration": {"name": id_}, "supplementaryConfiguration": one}
        for id_, one in kept.items()
    ]
    return json.dumps({"configurationItems": made})


def judged(*words: str) -> View:
    """Return the transcript of a command about rules as code."""
    return typed(*words, files={"rules.yaml": RULES, "wrong.yaml": WRONG, "items.json": items()})


def records() -> str:
    """Return records of CloudTrail: a call on a table, a call that names no resource, and a denied one."""
    by = {"userIdentity": {"arn": f"arn:aws:iam::{HOME}:role/web"}, "recipientAccountId": HOME}
    calls: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("dynamodb", "PutItem", {"requestParameters": {"tableName": "orders"}}),
        ("ec2", "DescribeInstances", {}),
        ("s3", "GetObject", {"errorCode": "AccessDenied"}),
    )
    made = [
        {"eventSource": f"{service}.amazonaws.com", "eventName": name, "awsRegion": REGION, **by, **more}
        for service, name, more in calls
    ]
    return json.dumps({"Records": made})


def many() -> str:
    """Return more events than are shown one by one."""
    event = json.loads(EVENT.read_text("utf-8"))
    types = ("Backdoor:EC2/C&CActivity.B", "CryptoCurrency:EC2/BitcoinTool.B", "Recon:EC2/Portscan")
    made = [{**event, "id": f"e-{n}", "detail": {**event["detail"], "type": types[n % 3]}} for n in range(8)]
    return "\n".join(map(json.dumps, (*made, {"detail-type": "GuardDuty Finding"})))


def problem(resource: str, aspect: str, words: str, remedy: str, **more: object) -> Problem:
    """Return a problem of the response stack."""
    given: dict[str, object] = {"account": HOME, "region": REGION, "standing": Standing.FAULT, **more}
    given |= {"stack": RESPONSE.name, "resource": resource, "aspect": aspect, "words": words}
    return Problem(**given, remedy=remedy)  # type: ignore[arg-type]  # as given


def checked() -> Iterator[str]:
    """Yield the lines of a self-check that found problems."""
    rule, disabled = "rule Ringfence-Response-ContainInstanceRule1E7213C4B-76873B76E7AEA", "declared ENABLED"
    enable = f"aws events enable-rule --name {rule[5:]} --region {REGION}"
    found = (
        problem(rule, "state", f"is DISABLED, {disabled}", enable),
        problem(
            "role ringfence-doctor",
            "trust",
            "cannot be read, because the call was denied: the role of this account does not trust yours",
            "npx cdk deploy Ringfence-Member",
            account=OTHER,
            standing=Standing.UNKNOWN,
        ),
    )
    yield from problems_shown(Report((("stack", 4), ("policy", 1), ("key alias", 2)), found), DEPLOYMENT)


def removal() -> Iterator[str]:
    """Yield the lines of a removal while something is contained."""
    contained = Containment(
        ChainKey("contain-instance", f"instance/{HOME}/{REGION}/i-0a1b2c3d4e5f60718"),
        "inc-20261129T224326.104000-566ff4fa62",
        open=True,
        verified_at=datetime(2026, 11, 30, tzinfo=UTC),
    )
    delete = f"aws cloudformation delete-stack --stack-name {RESPONSE.name} --region {REGION}"
    kept = Kept(
        AUDIT,
        "bucket",
        "ringfence-audit-archive-111122223333",
        "Object Lock keeps its objects until their retention ends, at the latest on 2027-11-29",
        ("aws s3api delete-bucket --bucket ringfence-audit-archive-111122223333",),
    )
    yield from removal_shown(
        RemovalPlan(
            True, (contained,), (Removal(RESPONSE, orphaned=False, commands=(delete,)),), (kept,), ()
        ),
        DEPLOYMENT,
    )


def suspicious() -> str:
    """Return a log file of CloudTrail in which rules find something."""
    from ringfence.insights.activity.pack import defenses, identity

    stories = (identity.MFA_REMOVED.hits[0], defenses.DEFENSES_OFF.hits[0])
    return json.dumps({"Records": [record for story in stories for record in story]})


SAMPLES = ("samples", "events", "--runbook", "contain-instance")
VIEWS: Mapping[str, View] = {
    "explain": command("explain", "event.json"),
    "findings-check-wrong": command("findings", "send", "--check", "wrong.json"),
    "findings-check": command("findings", "send", "--check", "findings.json"),
    "explain-many": typed("explain", "many.jsonl", files={**FILES, "many.jsonl": many()}),
    "policy-check": command("policy", "check", "broken.yaml"),
    "policy-show": command("policy", "show", "event.json"),
    "policy-show-resource": command("policy", "show", "instance/111122223333/eu-west-1/i-0fedcba9876543210"),
    "policy-diff": command("policy", "diff", "old.yaml", "policy.yaml", "--events", "event.json"),
    "samples": command(*SAMPLES),
    "replay": typed("replay", "many.jsonl", "--against", "old.yaml", files={**FILES, "many.jsonl": many()}),
    "controls": command("controls"),
    "controls-framework": command("controls", "cis"),
    "insights-activity": typed("insights", "activity", "trail.json", files={"trail.json": suspicious()}),
    "insights-network": typed(
        *("insights", "network", "flow.log", "--contained", "10.0.0.7=2027-01-01T12:00Z"),
        files={"flow.log": FLOWS},
    ),
    "iam-generate": typed(
        *("iam", "generate", "--from-cloudtrail", "trail.json", "--principal", "web"),
        files={"trail.json": records()},
    ),
    "scan": judged("scan", "items.json", "--rules", "rules.yaml"),
    "report": judged("report", "items.json", "--rules", "rules.yaml", "--out", "report.html"),
    "rules-list": judged("rules", "list", "rules.yaml"),
    "rules-check": judged("rules", "check", "wrong.yaml"),
    "rules-test": judged("rules", "test", "rules.yaml"),
    "doctor": drawn(checked, "doctor"),
    "uninstall-plan": drawn(removal, "uninstall-plan"),
}
"""The views, by the names of their files."""
