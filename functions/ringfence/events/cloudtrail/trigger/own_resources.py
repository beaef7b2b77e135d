"""Calls on Ringfence's own resources: the table, the trigger and its patterns.

An intruder who switches off a part of the path from an event to a notice can act unseen. So each call is
reported as urgent. A call by CloudFormation with the role of the CDK is reported as part of a deployment.

Resources are recognized by the names that the stacks give them, in whatever form a call names them. Names and
parameters are CloudTrail's. Lambda's names of calls end with a date, so they are compared by their start.
A call is one declaration in the table.

https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.reported_calls import ReportedCalls
from ringfence.events.patterns import OWN_ACCOUNT, OWN_API
from ringfence.model.frozen import frozen
from ringfence.model.resource_names import PREFIX as OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, object]

PREFIX = "OwnResource:"
"""The prefix of the finding types. The service and the call follow."""
STACKS = "Ringfence-"
"""The prefix of the names of Ringfence's stacks, and so of the resources that CloudFormation names."""
_API_ID = re.compile(r"[a-z0-9]{10}")
REQUEST, RESPONSE = "requestParameters", "responseElements"


@frozen
class Named:
    """Where a call names its resource, and how the names of Ringfence's resources look there.

    Attributes
    ----------
    parameter : str
        The parameter, in CloudTrail's spelling. Dots separate the keys of a nested one.
    prefixes : tuple of str
        How its value can begin. `OWN_ACCOUNT` in it is the account of the call.
    wildcards : tuple of str
        How its value can look, with `*` for any text.
    exact : tuple of str or bool
        What its value can be. `OWN_API` is the id of the operators' API, which only the rule knows: an event
        that the rule delivered is about this API, so any id of that form matches here.
    exists : bool or None
        True: any value. False: it can also be missing. None: neither.
    caseless : bool
        Whether prefixes match in any case. AWS does not distinguish names of IAM by case.
    part : str
        The part of the record with the parameter.
    also : Named or None
        Another parameter that must match as well.
    otherwise : Named or None
        Another resource that the call can name. One of both is enough.
    """

    parameter: str
    prefixes: tuple[str, ...] = ()
    wildcards: tuple[str, ...] = ()
    exact: tuple[str | bool, ...] = ()
    exists: bool | None = None
    caseless: bool = False
    part: str = REQUEST
    also: Named | None = None
    otherwise: Named | None = None

    def found(self, record: Mapping[str, object]) -> str:
        """Return the name of Ringfence's resource in a record. Empty if it names none."""
        own = self._own(record) if self.also is None or self.also.found(record) else ""
        return own or (self.otherwise.found(record) if self.otherwise else "")

    def _own(self, record: Mapping[str, object]) -> str:
        values = list(_values(record.get(self.part), self.parameter.split(".")))
        if not values and self.exists is False:
            return f"no {self.parameter}"
        account = str(record.get("recipientAccountId"))
        return next((str(one) for one in values if self._fits(one, account)), "")

    def _fits(self, given: object, account: str) -> bool:
        if self.exists or given in self.exact:
            return True
        if not isinstance(given, str):
            return False
        if OWN_API in self.exact:
            return bool(_API_ID.fullmatch(given))
        text = given.casefold() if self.caseless else given
        begins = text.startswith(tuple(one.replace(OWN_ACCOUNT, account) for one in self.prefixes))
        return begins or any(_wildcard(one).fullmatch(given) for one in self.wildcards)

    def pattern(self) -> dict[str, object]:
        """Return the part of an EventBridge pattern for it."""
        found: list[object] = [
            {"prefix": {"equals-ignore-case": one} if self.caseless else one} for one in self.prefixes
        ]
        found += [{"wildcard": one} for one in self.wildcards]
        found += self.exact
        found += [] if self.exists is None else [{"exists": self.exists}]
        own: dict[str, object] = {self.part: self._parameters(found)}
        return {"$or": [own, self.otherwise.pattern()]} if self.otherwise else own

    def _parameters(self, found: object) -> dict[str, object]:
        for key in reversed(self.parameter.split(".")):
            found = {key: found}
        others = self.also.pattern()[self.part] if self.also else {}
        return {**found, **others}  # type: ignore[dict-item]  # both are mappings by now


def _values(node: object, keys: list[str]) -> Iterator[object]:
    """Yield every value at a path. EventBridge looks into each item of a list as well."""
    if isinstance(node, list):
        for one in node:
            yield from _values(one, keys)
    elif not keys:
        yield node
    elif isinstance(node, dict) and keys[0] in node:
        yield from _values(node[keys[0]], keys[1:])


@cache
def _wildcard(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


@frozen
class OwnCall:
    """One call. `effect` says what it does. `dated`: CloudTrail's name of it ends with a date."""

    service: str
    name: str
    effect: str
    named: Named
    dated: bool = False

    @property
    def type(self) -> str:
        """The finding type."""
        return f"{PREFIX}{self.service}:{self.name}"

    @property
    def event_name(self) -> object:
        """How the name of the call looks in an EventBridge pattern. Each date begins with a 2."""
        return {"prefix": f"{self.name}2"} if self.dated else self.name

    def detail(self) -> Json:
        """Return how the pattern recognizes the resource."""
        return self.named.pattern()

    def is_called(self, event_name: str) -> bool:
        """Return whether CloudTrail's name of a call is that of this one. Agrees with the pattern."""
        return event_name.startswith(f"{self.name}2") if self.dated else event_name == self.name


def _calls(service: str, named: Named, effect: str, *names: str, dated: bool = False) -> Iterator[OwnCall]:
    return (OwnCall(service, name, effect, named, dated) for name in names)


_RULE = Named("name", (STACKS,))
_TARGETS = Named("rule", (STACKS,))
_FUNCTION = Named("functionName", (OWN,), (f"*:function:{OWN}*",))
_FUNCTION_POLICY = Named("resourceArn", (), (f"*:function:{OWN}*",))
_GIVEN_ROLE = Named("role", (f"arn:aws:iam::{OWN_ACCOUNT}:role/{OWN}",), caseless=True)
_FUNCTION_OR_GIVEN_ROLE = Named("functionName", (OWN,), (f"*:function:{OWN}*",), otherwise=_GIVEN_ROLE)
_MAPPING = Named("functionArn", (), (f"*:function:{OWN}*",), part=RESPONSE)
_SOURCE = Named("eventSourceArn", (), (f"arn:aws:sqs:*:{OWN}*", f"arn:aws:dynamodb:*:table/{STACKS}*"))
_QUEUE = Named("queueUrl", (), (f"*/{OWN}*",))
_TOPIC = Named("topicArn", (), (f"*:{STACKS}*",))
_TOPIC_POLICY = Named("resourceArn", (), (f"*:{STACKS}*",))
_SUBSCRIPTION = Named("subscriptionArn", (), (f"*:{STACKS}*",))
_TABLE = Named("tableName", (STACKS,), (f"*:table/{STACKS}*",))
_TABLE_POLICY = Named("resourceArn", (), (f"*:table/{STACKS}*",))
_BUCKET = Named("bucketName", tuple(f"{STACKS.lower()}{one}-" for one in ("audit", "network", "scans")))
_ROLE = Named("roleName", (OWN,), caseless=True)
_POLICY = Named("policyArn", (f"arn:aws:iam::{OWN_ACCOUNT}:policy/{OWN}",), caseless=True)
_ROLE_OR_POLICY = Named("roleName", (OWN,), caseless=True, otherwise=_POLICY)
_ALIAS = Named("aliasName", (f"alias/{OWN}",))
_STACK = Named("stackName", (STACKS,), (f"*:stack/{STACKS}*",))
_REFACTORED = Named("stackDefinitions.stackName", (STACKS,))
_SCHEDULE = Named("name", (OWN,))
_GROUP_POLICY = Named("logGroupIdentifier", (STACKS,), (f"*:log-group:{STACKS}*",))
_GROUP = Named("logGroupName", (STACKS,))
_GROUP_OR_ARN = Named(
    "logGroupName",
    (STACKS,),
    otherwise=Named("resourceIdentifier", (), (f"*:log-group:{STACKS}*",)),
)
_FILTER = Named("filterName", (OWN,))
_ALARM, _ALARMS = Named("alarmName", (OWN,)), Named("alarmNames", (OWN,))
_MUTED = Named("muteTargets.alarmNames", (OWN,))
_OWN_BUS = Named("eventBusName", (OWN,), exact=("default",), exists=False)
_PERMITTED = Named("statementId", (OWN,), otherwise=Named("policy", exists=True, also=_OWN_BUS))
_FORBIDDEN = Named(
    "statementId", (OWN,), otherwise=Named("removeAllPermissions", exact=(True,), also=_OWN_BUS)
)
_API = Named("apiId", exact=(OWN_API,))
_BUS_NAME = Named("name", (OWN,), exact=("default",))

_DELIVERS = "a rule may no longer deliver events to Ringfence"
_RUNS = "a function may no longer do what was deployed"
_BORROWS = "a function may do something else than was deployed, with the role of a function of Ringfence"
_CALLED = "others may be able to invoke a function, or AWS services no longer"
_FEEDS = "a function may no longer receive its messages"
_STEALS = "another function may take messages that are for Ringfence"
_HOLDS = "events may be lost, or come from others"
_TELLS = "notices and alarms may reach nobody, or somebody else"
_RECORDS = "the audit log may lose entries, or let others write"
_ARCHIVES = "the archive or results of scans or queries may be lost, or others may read or write them"
_ACTS = "Ringfence may no longer be able to act, or others may act as Ringfence"
_PERMITS = "somebody may now act through Ringfence, or read what it recorded"
_ENCRYPTS = "an alias may name another key"
_DEPLOYS = "resources of Ringfence may be replaced or deleted"
_LOOKS = "a scheduled check may no longer run"
_LOGS = "metrics of Ringfence may stop, or what it logged may be lost"
_READS = "somebody may receive what the functions log"
_RINGS = "an alarm may no longer ring"
_BUS = "other accounts may no longer forward their events, or others may send events"
_ASKS = "operators' requests may reach another function or nobody, or come from callers that nobody verified"
_TABLE_OF_CALLS = (
    *_calls("events", _RULE, _DELIVERS, "DeleteRule", "DisableRule", "PutRule"),
    *_calls("events", _TARGETS, _DELIVERS, "PutTargets", "RemoveTargets"),
    *_calls("events", _PERMITTED, _BUS, "PutPermission"),
    *_calls("events", _FORBIDDEN, _BUS, "RemovePermission"),
    *_calls("events", _BUS_NAME, _BUS, "DeleteEventBus", "UpdateEventBus"),
    *_calls(
        "lambda",
        _FUNCTION_OR_GIVEN_ROLE,
        _BORROWS,
        "CreateFunction",
        "UpdateFunctionConfiguration",
        dated=True,
    ),
    *_calls(
        "lambda",
        _FUNCTION,
        _RUNS,
        *(
            "DeleteAlias",
            "DeleteFunction",
            "UpdateAlias",
            "UpdateFunctionCode",
        ),
        *("DeleteFunctionConcurrency", "PutFunctionConcurrency"),
        dated=True,
    ),
    *_calls(
        "lambda",
        _FUNCTION,
        _RUNS,
        *("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig", "PutRuntimeManagementConfig"),
    ),
    *_calls("lambda", _FUNCTION, _CALLED, "AddPermission", "RemovePermission", dated=True),
    *_calls("lambda", _FUNCTION, _CALLED, "CreateFunctionUrlConfig"),
    *_calls("lambda", _FUNCTION_POLICY, _CALLED, "DeleteResourcePolicy", "PutResourcePolicy"),
    *_calls("lambda", _MAPPING, _FEEDS, "DeleteEventSourceMapping", "UpdateEventSourceMapping", dated=True),
    *_calls("lambda", _SOURCE, _STEALS, "CreateEventSourceMapping", dated=True),
    *_calls(
        "sqs",
        _QUEUE,
        _HOLDS,
        *("AddPermission", "DeleteQueue", "PurgeQueue", "RemovePermission", "SetQueueAttributes"),
    ),
    *_calls(
        "sns",
        _TOPIC,
        _TELLS,
        *("AddPermission", "DeleteTopic", "RemovePermission", "SetTopicAttributes", "Subscribe"),
    ),
    *_calls("sns", _TOPIC_POLICY, _TELLS, "PutDataProtectionPolicy"),
    *_calls("sns", _SUBSCRIPTION, _TELLS, "SetSubscriptionAttributes", "Unsubscribe"),
    *_calls(
        "dynamodb",
        _TABLE,
        _RECORDS,
        *("DeleteTable", "UpdateContinuousBackups", "UpdateTable", "UpdateTimeToLive"),
    ),
    *_calls("dynamodb", _TABLE_POLICY, _RECORDS, "DeleteResourcePolicy", "PutResourcePolicy"),
    *_calls(
        "s3",
        _BUCKET,
        _ARCHIVES,
        *("DeleteBucket", "DeleteBucketEncryption", "DeleteBucketPolicy", "DeleteBucketPublicAccessBlock"),
        *("PutBucketAcl", "PutBucketEncryption", "PutBucketLifecycle", "PutBucketLogging"),
        *("PutBucketObjectLockConfiguration", "PutBucketOwnershipControls", "PutBucketPolicy"),
        *("PutBucketPublicAccessBlock", "PutBucketReplication", "PutBucketVersioning"),
    ),
    *_calls(
        "iam",
        _ROLE,
        _ACTS,
        *("DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy"),
        *("DetachRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy"),
        "UpdateRole",
    ),
    *_calls(
        "iam",
        _POLICY,
        _ACTS,
        "CreatePolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
        "SetDefaultPolicyVersion",
    ),
    *_calls("iam", _ROLE_OR_POLICY, _ACTS, "AttachRolePolicy"),
    *_calls("iam", _POLICY, _PERMITS, "AttachGroupPolicy", "AttachUserPolicy"),
    *_calls("kms", _ALIAS, _ENCRYPTS, "CreateAlias", "DeleteAlias", "UpdateAlias"),
    *_calls(
        "cloudformation",
        _STACK,
        _DEPLOYS,
        *("CancelUpdateStack", "ContinueUpdateRollback", "CreateChangeSet", "DeleteStack", "RollbackStack"),
        *("SetStackPolicy", "UpdateStack", "UpdateTerminationProtection"),
    ),
    *_calls("cloudformation", _REFACTORED, _DEPLOYS, "CreateStackRefactor"),
    *_calls("scheduler", _SCHEDULE, _LOOKS, "DeleteSchedule", "UpdateSchedule"),
    *_calls("logs", _GROUP, _LOGS, "DeleteLogGroup", "DeleteLogStream", "PutRetentionPolicy"),
    *_calls("logs", _GROUP_OR_ARN, _LOGS, "AssociateKmsKey", "DisassociateKmsKey"),
    *_calls(
        "logs",
        _GROUP_POLICY,
        _LOGS,
        *("DeleteDataProtectionPolicy", "PutDataProtectionPolicy", "PutTransformer"),
    ),
    *_calls("logs", _GROUP, _READS, "PutSubscriptionFilter"),
    *_calls("logs", _FILTER, _RINGS, "DeleteMetricFilter", "PutMetricFilter"),
    *_calls(
        "apigateway",
        _API,
        _ASKS,
        *("CreateIntegration", "DeleteIntegration", "UpdateIntegration"),
        *("CreateRoute", "DeleteRoute", "DeleteRouteRequestParameter", "UpdateRoute"),
        *("CreateAuthorizer", "DeleteAuthorizer", "UpdateAuthorizer"),
        *("CreateStage", "DeleteRouteSettings", "DeleteStage", "UpdateStage"),
        *("DeleteAccessLogSettings", "DeleteApi", "ReimportApi", "UpdateApi"),
    ),
    *_calls("monitoring", _ALARMS, _RINGS, "DeleteAlarms", "DisableAlarmActions"),
    *_calls("monitoring", _ALARM, _RINGS, "PutCompositeAlarm", "PutMetricAlarm", "SetAlarmState"),
    *_calls("monitoring", _MUTED, _RINGS, "PutAlarmMuteRule"),
)
CALLS = MappingProxyType({(one.service, one.name): one for one in _TABLE_OF_CALLS})
"""Every call, by service and name without a date."""


def call_of(service: str, event_name: str) -> OwnCall | None:
    """Return the call of the table with CloudTrail's name of it. None if there is none."""
    return CALLS.get((service, event_name)) or next(
        (one for one in CALLS.values() if one.service == service and one.is_called(event_name)), None
    )


@frozen
class OwnTrigger(ReportedCalls):
    """Successful calls of the table on Ringfence's own resources, by others than Ringfence."""

    table: ClassVar = CALLS
    family: ClassVar[str] = "own-resources"


OWN_RESOURCES = OwnTrigger("own-resources", tuple(one.type for one in CALLS.values()))
"""All calls of the table."""
