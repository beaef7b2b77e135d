"""A deployment of Ringfence on a local AWS: its parts, and their contents."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from ringfence.aws.archive import S3Archive
from ringfence.aws.dynamo import DynamoAuditLog
from ringfence.aws.record_keys import KmsSealKeys
from ringfence.handlers.threads import Threads
from ringfence.local.deploy import deploy
from ringfence.local.sending import put_entries, put_findings
from ringfence.policy import limits as scopes
from ringfence.policy.decision import Mode
from ringfence.record.chain import ChainKey
from ringfence.record.integrity import ChainVerdict, verify
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ringfence.local.credential_findings import CredentialFinding
    from ringfence.local.findings import InstanceFinding
    from ringfence.local.process import LocalAws
    from ringfence.model.subject import Ref
    from ringfence.record.history import History

RUNBOOK = CONTAIN_INSTANCE.id
AUDIT_STACK, RESPONSE_STACK = "Ringfence-Audit", "Ringfence-Response"
NOTICES_STACK, INTAKE_STACK = "Ringfence-Notices", "Ringfence-Intake"
_DEFAULT: Mapping[str, Mapping[str, int]] = MappingProxyType({})
HIGH_LIMITS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        name: {"hour": scopes.MOST, "day": scopes.MOST}
        for name in (
            scopes.OVERALL,
            scopes.ACCOUNT,
            scopes.RUNBOOK,
            scopes.VPC,
            scopes.ROLE,
            scopes.CLUSTER,
            scopes.TARGET_GROUP,
        )
    }
)
"""The highest limits, for a deployment that many responses share. Auto Scaling groups and subjects keep the
defaults, and no policy switches the shares off.
"""
AT_ONCE = {"name": "contain at once", "mode": Mode.AUTO.value}
LOOK_EVERY, SELDOM = 0.05, 0.3
"""The fewest and the most seconds between two reads of the log."""


@dataclass(frozen=True)
class Deployment:
    """A deployment, as its owner sees it."""

    local: LocalAws
    audit_table: str
    control_table: str
    archive: str
    notices: str
    api: str
    chat: str = ""
    findings: str = ""

    @classmethod
    def make(
        cls,
        local: LocalAws,
        folder: Path,
        rule: Mapping[str, str] = AT_ONCE,
        limits: Mapping[str, Mapping[str, int]] = _DEFAULT,
    ) -> Self:
        """Deploy every stack, with a policy of one rule. Default: all is done at once.

        `limits` are those of the policy. `folder` takes the policy, the synthesized stacks and their
        outputs. Raises DeployError.
        """
        policy = folder / "policy.yaml"
        scope = {"accounts": ["home"]}
        data = {
            "version": 1,
            "scope": scope,
            "rules": [dict(rule)],
            **({"limits": dict(limits)} if limits else {}),
        }
        text = json.dumps(data, indent=2)  # JSON is YAML
        policy.write_text(text, encoding="utf-8")
        return cls.of(local, deploy(local, context={"policy": str(policy)}, outputs=folder / "outputs.json"))

    @classmethod
    def of(cls, local: LocalAws, outputs: dict[str, dict[str, str]]) -> Self:
        """Create it from the outputs of the stacks."""
        audit, response = outputs[AUDIT_STACK], outputs[RESPONSE_STACK]
        return cls(
            local,
            audit["AuditTable"],
            audit["ControlTable"],
            audit["ArchiveBucket"],
            audit["NoticesTopic"],
            local.http_api(_api_of(response["OperateUrl"])),
            outputs.get(NOTICES_STACK, {}).get("ChatTopic", ""),
            local.http_api(_api_of(outputs[INTAKE_STACK]["FindingsUrl"])),
        )

    def send(self, *findings: InstanceFinding | CredentialFinding, account: str = "") -> None:
        """Put findings into GuardDuty, which sends their events to the event bus of `account`.

        Default: the home account, which then administers the account of each finding.
        """
        details, account = [one.detail() for one in findings], account or self.local.account
        put_findings(self.local.endpoint, details, account, self.local.region)

    def put(self, *entries: Mapping[str, object], account: str = "", region: str = "") -> None:
        """Put events on an event bus, in the form of PutEvents. Those of GuardDuty go through GuardDuty."""
        account, region = account or self.local.account, region or self.local.region
        events = self.local.client("events", account, region)
        put_entries(self.local.endpoint, events, entries, account, region)

    def history(self, ref: Ref, runbook: str = "") -> History:
        """Read the newest incident of a subject, from the first matching runbook unless one is named."""
        dynamodb = self.local.client("dynamodb")
        log = DynamoAuditLog(dynamodb, self.audit_table, self.control_table, _one_by_one, KmsSealKeys())
        return log.read(ChainKey(runbook or runbook_of(ref), ref.key))

    def look(self, *refs: Ref, within: float = 60.0) -> bool:
        """Have the hourly look read the target groups of instances now. Return whether it did in time.

        Until then, they are of an unknown group of their VPC, of which one is contained at a time.
        """
        self.local.client("lambda").invoke(FunctionName=f"ringfence-{RUNBOOK}-recheck", Payload=b"{}")
        begun = time.monotonic()
        while not all(self.history(one).members.read_at for one in refs):
            if time.monotonic() - begun > within:
                return False
            time.sleep(pause(time.monotonic() - begun))
        return True

    def histories(self, ref: Ref, within: float) -> Iterator[History]:
        """Read the newest incident of a subject repeatedly for some seconds."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            yield self.history(ref)
            time.sleep(LOOK_EVERY)

    def verdict(self, ref: Ref, runbook: str = "") -> ChainVerdict:
        """Verify the chain of a subject's newest incident against the archive."""
        incident, key = self.history(ref, runbook).incident, ChainKey(runbook or runbook_of(ref), ref.key)
        archive = S3Archive(self.local.client("s3"), self.archive)
        first = archive.first_versions(key, incident, Threads())
        # Read after the archive: new entries are then pending. Otherwise they would seem to be removed.
        entries = self.history(ref, runbook).entries
        return verify(key, incident, entries, first)

    def archived(self, ref: Ref, within: float = 30.0, runbook: str = "") -> ChainVerdict:
        """Verify when every entry is archived, or with pending entries after the timeout in seconds."""
        begun = time.monotonic()
        while (verdict := self.verdict(ref, runbook)).pending and time.monotonic() - begun < within:
            time.sleep(pause(time.monotonic() - begun))
        return verdict


def pause(waited: float) -> float:
    """Return the seconds until the next look: a tenth of the wait so far, because each look takes CPU time.

    What is waited for runs on the same machine.
    """
    return min(max(waited / 10, LOOK_EVERY), SELDOM)


def runbook_of(ref: Ref) -> str:
    """Return the id of the runbook for such a subject."""
    return next(one.id for one in CATALOGUE.values() if isinstance(ref, one.subject))


def _one_by_one(functions: Sequence[Callable[[], object]]) -> list[object]:
    return [function() for function in functions]


def _api_of(url: str) -> str:
    """Return the id of an API, from its address."""
    return url.rsplit("//", maxsplit=1)[-1].split(".", maxsplit=1)[0]
