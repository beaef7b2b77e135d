"""Sample events of what comes in another way than from the service that found it.

Security Hub relays findings of other services, IAM Access Analyzer reports access, and a customer's own
system sends findings in Ringfence's form.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.security_hub.actions import ACTIONS
from ringfence.events.security_hub.trigger import CUSTOM_ACTION, IMPORTED_V2
from ringfence.events.sent.form import FINDING
from ringfence.events.sent.ocsf import CLASS
from ringfence.events.sent.offered import offered
from ringfence.events.taken_in import contains_findings, incoming
from ringfence.local.samples.access_analyzer import analyzer_event
from ringfence.local.samples.catalogue import Sample
from ringfence.local.samples.fresh import about
from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE
from ringfence.local.samples.security_hub import AT, REGION, asff, control, control_v2, imported, share, v2
from ringfence.model.kinds.instance import InstanceRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ringfence.model.finding import Finding

    Json = dict[str, Any]

SECURITY_HUB, ACCESS_ANALYZER, OWN_SYSTEM = "security-hub", "access-analyzer", "own-system"
OLD = "2026-03-01T12:00:00.000Z"
"""The time of the samples, before they become new ones."""
_SHORT_ID, _ID = "46ba0ac2845071e2", "46ba0ac2845071e246ba0ac2845071e2"
_ACTION = f"arn:aws:securityhub:{REGION}:{ACCOUNT}:action/custom"


def _chosen(name: str) -> Json:
    """Return the event of a custom action of Ringfence, with a finding that a person chose."""
    detail = {"actionName": name, "actionDescription": name, "findings": [asff()]}
    return imported(kind=CUSTOM_ACTION, resources=[f"{_ACTION}/{name}"], detail=detail)


def _failed_v2() -> Json:
    group = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0123456789abcdef0"
    return control_v2("EC2.13", {"Type": "AwsEc2SecurityGroup", "Id": group})


EVENTS: Mapping[str, Mapping[str, Callable[[], Json]]] = MappingProxyType(
    {
        SECURITY_HUB: MappingProxyType(
            {
                "guardduty-finding": lambda: imported(asff()),
                "failed-control": lambda: imported(control()),
                "guardduty-finding-v2": lambda: imported(v2(), kind=IMPORTED_V2),
                "failed-control-v2": lambda: imported(_failed_v2(), kind=IMPORTED_V2),
                **{f"custom-action-{name}": partial(_chosen, name) for name in ACTIONS},
            }
        ),
        ACCESS_ANALYZER: MappingProxyType(
            {
                "external-access": analyzer_event,
                "public-bucket-by-security-hub": lambda: imported(share("arn:aws:s3:::sample-bucket")),
            }
        ),
    }
)
"""The events of each source that need nothing in the policy, by the names of their files."""


def relayed(source: str, now: datetime) -> Iterator[Sample]:
    """Yield the samples of a source. `now`: the time of findings whose form has no time in words."""
    if source == OWN_SYSTEM:
        yield from _sent(now)
        return
    for name, made in EVENTS[source].items():
        event = about(about(made(), AT, OLD), _SHORT_ID, _ID)
        found = _first(event)
        yield Sample("", found.type, found.subjects[0], event, f"{source}/{name}.json")


def _first(event: Json) -> Finding:
    inner = incoming(event)[0].checked() if contains_findings(event) else event
    if isinstance(inner, NotForUs):
        raise TypeError(inner.reason)
    found = findings(inner)
    if isinstance(found, NotForUs):
        raise TypeError(found.reason)
    return found[0]


def _sent(now: datetime) -> Iterator[Sample]:
    for name, finding in (("finding", _own()), ("ocsf", _ocsf(now))):
        read = offered(finding)
        yield Sample("", read.finding.text("type"), read.subject, finding, f"{OWN_SYSTEM}/{name}.json")


def _own() -> Json:
    subject = InstanceRef(ACCOUNT, REGION, INSTANCE).key
    return {**FINDING.example(whole=False), "id": f"ids-{_ID}", "updated_at": OLD, "subjects": [subject]}


def _ocsf(now: datetime) -> Json:
    return {
        "class_uid": CLASS,
        "activity_id": 1,
        "severity_id": 4,
        "time": int(now.timestamp() * 1000),
        "metadata": {"product": {"name": "Office IDS"}, "version": "1.6.0"},
        "finding_info": {
            "uid": "5c2a6a2e-0b1d-4c3e-8f70-91a2b3c4d5e6",
            "title": "The server sends a beacon to a known command-and-control address",
            "types": ["C2/Beacon"],
        },
        "cloud": {"account": {"uid": ACCOUNT}, "provider": "AWS", "region": REGION},
        "resources": [{"uid": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{INSTANCE}"}],
    }
