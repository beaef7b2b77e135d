"""Calls that impair an account's defenses, the trigger for them, and its patterns.

Each call makes a service see less or say less (ATT&CK T1562, Impair Defenses). Administrators also make such
calls. So Ringfence changes nothing and sends an urgent notification. Calls on trails, recorders, detectors
and keys are not in the table: `restore-logging` undoes them. Calls on Ringfence's own resources are in
`own_resources`.

Names and parameters are CloudTrail's. A call is one declaration in the table.

https://attack.mitre.org/techniques/T1562/
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.reported_calls import ReportedCalls
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, object]

PREFIX = "ImpairDefenses:"
"""The prefix of the finding types. The service and the event name follow."""
SEVERITY = 9.0
"""CloudTrail sets no severity. Critical: what happens next may be seen by nobody. A minimum severity in a
policy must not suppress this notification.
"""


@frozen
class Condition:
    """What a parameter must be: one of some texts, a text with a prefix, or absent."""

    parameter: str
    texts: tuple[str, ...] = ()
    prefix: str = ""
    absent: bool = False

    def matches(self, parameters: Mapping[str, object]) -> bool:
        """Return whether the parameters of a call fulfill it. Agrees with the pattern."""
        if self.parameter not in parameters:
            return self.absent
        given = parameters[self.parameter]
        return any(self._fits(one) for one in (given if isinstance(given, list) else [given]))

    def _fits(self, given: object) -> bool:
        fits = isinstance(given, str) and bool(self.prefix) and given.startswith(self.prefix)
        return fits or given in self.texts

    def pattern(self) -> dict[str, object]:
        """Return the part of an EventBridge pattern for it."""
        prefixes = [{"prefix": self.prefix}] if self.prefix else []
        missing = [{"exists": False}] if self.absent else []
        return {self.parameter: [*self.texts, *prefixes, *missing]}


@frozen
class ImpairingCall:
    """One call. `effect` says what it does to the defenses. `names` are parameters that name the resource."""

    service: str
    name: str
    effect: str
    names: tuple[str, ...] = ()
    condition: Condition | None = None

    @property
    def type(self) -> str:
        """The finding type."""
        return f"{PREFIX}{self.service}:{self.name}"

    @property
    def event_name(self) -> object:
        """How the name of the call looks in an EventBridge pattern."""
        return self.name

    def detail(self) -> Json:
        """Return the condition on the parameters."""
        return {"requestParameters": self.condition.pattern()} if self.condition else {}


def _calls(service: str, effect: str, *names: str, of: str = "") -> Iterator[ImpairingCall]:
    return (ImpairingCall(service, name, effect, (of,) if of else ()) for name in names)


_LEFT = "accounts are no longer monitored by their administrator's account"
_TRUSTED = "activity from the entries of a trusted list causes no findings"
_THREATS = (
    "activity with the entries of a threat list may cause no findings, or harmless activity causes some"
)
_MADE = "harmless activity may cause findings, to which Ringfence responds as its policy says"
_ARCHIVED = "new findings that match a filter are archived, and GuardDuty sends them to nobody"
_EXPORT = "GuardDuty's findings are no longer exported to the same place"
_STANDARDS = "Security Hub checks less"
_RULES = "AWS Config no longer evaluates some rules"
_DELIVERY = "AWS Config delivers no configuration history and no snapshots"
_LAKE = "an event data store of CloudTrail Lake no longer records or keeps events"
_QUERIES = "DNS queries of VPCs are no longer logged"
_MASKED = "events in many log groups are masked or changed, so alarms on them may no longer ring"
_CALLS = (
    ImpairingCall("guardduty", "CreateFilter", _ARCHIVED, ("name",), Condition("action", ("ARCHIVE",))),
    ImpairingCall(
        "guardduty",
        "UpdateFilter",
        _ARCHIVED,
        ("filterName",),
        Condition("action", ("ARCHIVE",), absent=True),
    ),
    *_calls("guardduty", _TRUSTED, "CreateIPSet", "UpdateIPSet", of="name"),
    *_calls("guardduty", _TRUSTED, "CreateTrustedEntitySet", "UpdateTrustedEntitySet", of="name"),
    *_calls("guardduty", _MADE, "CreateThreatIntelSet", "CreateThreatEntitySet", of="name"),
    *_calls("guardduty", _THREATS, "DeleteThreatIntelSet", "UpdateThreatIntelSet", of="threatIntelSetId"),
    *_calls("guardduty", _THREATS, "DeleteThreatEntitySet", "UpdateThreatEntitySet", of="threatEntitySetId"),
    *_calls("guardduty", _LEFT, "StopMonitoringMembers", "DisassociateMembers", "DeleteMembers"),
    *_calls("guardduty", _LEFT, "DisassociateFromAdministratorAccount", "DisassociateFromMasterAccount"),
    *_calls("guardduty", _LEFT, "DisableOrganizationAdminAccount", of="adminAccountId"),
    *_calls("guardduty", "the protection plans of member accounts were changed", "UpdateMemberDetectors"),
    *_calls(
        "guardduty", _EXPORT, "DeletePublishingDestination", "UpdatePublishingDestination", of="destinationId"
    ),
    *_calls("guardduty", "new objects are no longer scanned for malware", "DeleteMalwareProtectionPlan"),
    *_calls("securityhub", "Security Hub is off", "DisableSecurityHub", "DisableSecurityHubV2"),
    *_calls("securityhub", _STANDARDS, "BatchDisableStandards", "BatchUpdateStandardsControlAssociations"),
    ImpairingCall(
        "securityhub",
        "UpdateStandardsControl",
        _STANDARDS,
        ("standardsControlArn", "StandardsControlArn"),
        Condition("controlStatus", ("DISABLED",)),
    ),
    *_calls("securityhub", _LEFT, "DisassociateFromAdministratorAccount", "DisassociateFromMasterAccount"),
    *_calls("securityhub", _LEFT, "DisassociateMembers", "DeleteMembers", "DisableOrganizationAdminAccount"),
    *_calls("securityhub", "findings of a product are no longer received", "DisableImportFindingsForProduct"),
    *_calls(
        "securityhub",
        "findings of other regions are no longer collected",
        "DeleteFindingAggregator",
        "DeleteAggregatorV2",
    ),
    *_calls(
        "securityhub",
        "a rule changes or suppresses new findings",
        *(f"{verb}AutomationRule{version}" for verb in ("Create", "Update") for version in ("", "V2")),
        "BatchUpdateAutomationRules",
    ),
    *_calls("config", _RULES, "DeleteConfigRule", of="configRuleName"),
    *_calls("config", _RULES, "DeleteOrganizationConfigRule", of="organizationConfigRuleName"),
    *_calls("config", _RULES, "DeleteConformancePack", of="conformancePackName"),
    *_calls("config", _RULES, "DeleteOrganizationConformancePack", of="organizationConformancePackName"),
    *_calls("config", _DELIVERY, "DeleteDeliveryChannel", of="deliveryChannelName"),
    *_calls("config", "AWS Config delivers to another place", "PutDeliveryChannel"),
    *_calls("config", "AWS Config keeps its history for a shorter time", "PutRetentionConfiguration"),
    *_calls("config", "an aggregator no longer collects results", "DeleteConfigurationAggregator"),
    *_calls("cloudtrail", _LAKE, "DeleteEventDataStore", "StopEventDataStoreIngestion", of="eventDataStore"),
    *_calls("cloudtrail", _LEFT, "DeregisterOrganizationDelegatedAdmin"),
    *_calls("route53resolver", _QUERIES, "DeleteResolverQueryLogConfig", of="resolverQueryLogConfigId"),
    *_calls("route53resolver", _QUERIES, "DisassociateResolverQueryLogConfig", of="resolverQueryLogConfigId"),
    *_calls(
        "access-analyzer", "access from outside is no longer analyzed", "DeleteAnalyzer", of="analyzerName"
    ),
    *_calls(
        "bedrock",
        "prompts to models and their answers are no longer logged",
        "DeleteModelInvocationLoggingConfiguration",
    ),
    ImpairingCall(
        "logs",
        "PutAccountPolicy",
        _MASKED,
        ("policyName",),
        Condition("policyType", ("DATA_PROTECTION_POLICY", "TRANSFORMER_POLICY")),
    ),
    *_calls("macie2", "Amazon Macie is off", "DisableMacie"),
    *_calls("inspector2", "Amazon Inspector scans less", "Disable"),
)
CALLS = MappingProxyType({(one.service, one.name): one for one in _CALLS})
"""Every call, by service and CloudTrail's name of it."""


@frozen
class DefensesTrigger(ReportedCalls):
    """Successful calls of the table by others than Ringfence."""

    table: ClassVar = CALLS
    family: ClassVar[str] = "defenses"


IMPAIRED_DEFENSES = DefensesTrigger("cloudtrail-defenses", tuple(one.type for one in CALLS.values()))
"""All calls of the table."""
