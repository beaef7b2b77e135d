"""Properties that ministack's CloudFormation ignores. They are applied after the resource is created.

It ignores a bucket's Object Lock, KMS key, lifecycle and access log; a table's encryption, point-in-time
recovery, time to live and policy; a function's reserved concurrency; and a topic's KMS key. Each one is set
through the emulator's own API. It refuses alarms on expressions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Properties = Mapping[str, Any]
    Apply = Callable[[str, Properties], None]


def install() -> None:
    """Apply the ignored properties of each resource type below."""
    _after("AWS::S3::Bucket", _bucket)
    _after("AWS::DynamoDB::Table", _table)
    _after("AWS::Lambda::Function", _function)
    _after("AWS::SNS::Topic", _topic)
    _before("AWS::CloudWatch::Alarm", _alarm)
    _function_policies()


def _function_policies() -> None:
    """AWS::Lambda::ResourcePolicy: ministack does not have it. It replaces the function's policy."""
    from ministack.services.cloudformation import provisioners

    def put(arn: str, statements: list[Any]) -> str:
        function, *_ = provisioners._lambda_function_for_cfn_ref(arn)
        if function:
            function["policy"]["Statement"] = statements
        return arn

    def create(_: str, properties: Properties, *__: Any) -> tuple[str, dict[str, Any]]:
        return put(properties["ResourceArn"], properties["PolicyDocument"]["Statement"]), {}

    def update(arn: str, _: Properties, new: Properties, *__: Any, **___: Any) -> tuple[str, dict[str, Any]]:
        del arn
        return put(new["ResourceArn"], new["PolicyDocument"]["Statement"]), {}

    def delete(arn: str, *_: Any, **__: Any) -> None:
        put(arn, [])

    handlers = {"create": create, "update": update, "delete": delete}
    provisioners._RESOURCE_HANDLERS["AWS::Lambda::ResourcePolicy"] = handlers


def _after(resource_type: str, apply: Apply) -> None:
    from ministack.services.cloudformation import provisioners

    handlers = dict(provisioners._RESOURCE_HANDLERS[resource_type])
    create, update = handlers["create"], handlers["update"]

    def create_and_apply(logical_id: str, properties: Properties, *rest: Any, **kw: Any) -> Any:
        made = create(logical_id, properties, *rest, **kw)
        apply(made[0], properties)
        return made

    def update_and_apply(physical_id: str, old: Properties, new: Properties, *rest: Any, **kw: Any) -> Any:
        updated = update(physical_id, old, new, *rest, **kw)
        apply(updated[0] if isinstance(updated, tuple) else physical_id, new)
        return updated

    provisioners._RESOURCE_HANDLERS[resource_type] = handlers | {
        "create": create_and_apply,
        "update": update_and_apply,
    }


def _before(resource_type: str, change: Callable[[Properties], Properties]) -> None:
    """Change the properties before the emulator creates or updates the resource."""
    from ministack.services.cloudformation import provisioners

    handlers = dict(provisioners._RESOURCE_HANDLERS[resource_type])
    create, update = handlers["create"], handlers["update"]

    def change_and_create(logical_id: str, properties: Properties, *rest: Any, **kw: Any) -> Any:
        return create(logical_id, change(properties), *rest, **kw)

    def change_and_update(physical_id: str, old: Properties, new: Properties, *rest: Any, **kw: Any) -> Any:
        return update(physical_id, change(old), change(new), *rest, **kw)

    provisioners._RESOURCE_HANDLERS[resource_type] = handlers | {
        "create": change_and_create,
        "update": change_and_update,
    }


def _alarm(properties: Properties) -> Properties:
    """Replace an expression by its first metric, because ministack refuses expressions."""
    metrics = [one["MetricStat"] for one in properties.get("Metrics", []) if "MetricStat" in one]
    if not metrics:
        return properties
    first = metrics[0]
    kept = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**kept, **first["Metric"], "Period": first["Period"], "Statistic": first["Stat"]}


def _bucket(name: str, properties: Properties) -> None:
    from ministack.services import s3

    if _true(properties.get("ObjectLockEnabled")):
        s3._bucket_versioning[name] = "Enabled"
        configuration = properties.get("ObjectLockConfiguration") or {"ObjectLockEnabled": "Enabled"}
        _accepted(
            name, s3._put_object_lock_configuration(name, _xml("ObjectLockConfiguration", configuration))
        )
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration", [])
    defaults = [_encryption_rule(rule) for rule in rules]
    # Without a key a bucket would need the account's aws/s3 key, which ministack lacks.
    if any("KMSMasterKeyID" in rule["ApplyServerSideEncryptionByDefault"] for rule in defaults):
        document = _xml("ServerSideEncryptionConfiguration", {"Rule": defaults[0]})
        _accepted(name, s3._put_bucket_encryption(name, document))
    if logging := properties.get("LoggingConfiguration"):
        target = {"TargetBucket": logging["DestinationBucketName"], "TargetPrefix": logging["LogFilePrefix"]}
        _accepted(name, s3._put_bucket_logging(name, _xml("BucketLoggingStatus", {"LoggingEnabled": target})))
    if rules := (properties.get("LifecycleConfiguration") or {}).get("Rules", []):
        lifecycle = ET.Element("LifecycleConfiguration")
        lifecycle.extend(_element("Rule", _lifecycle_rule(rule)) for rule in rules)
        _accepted(name, s3._put_bucket_lifecycle(name, ET.tostring(lifecycle)))


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """Return a rule that expires objects, in the form of the API."""
    found: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        found["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "NoncurrentVersionExpiration" in rule:
        found["NoncurrentVersionExpiration"] = dict(rule["NoncurrentVersionExpiration"])
    return found


def _encryption_rule(rule: Properties) -> dict[str, Any]:
    return {
        "ApplyServerSideEncryptionByDefault": dict(rule.get("ServerSideEncryptionByDefault") or {}),
        "BucketKeyEnabled": str(_true(rule.get("BucketKeyEnabled"))).lower(),
    }


def _table(name: str, properties: Properties) -> None:
    from ministack.services import dynamodb

    encryption = properties.get("SSESpecification") or {}
    if encryption:
        specification = {k: v for k, v in encryption.items() if k != "SSEEnabled"}
        specification["Enabled"] = _true(encryption.get("SSEEnabled"))
        _accepted(name, dynamodb._update_table({"TableName": name, "SSESpecification": specification}))
    recovery = properties.get("PointInTimeRecoverySpecification") or {}
    if recovery:
        enabled = {"PointInTimeRecoveryEnabled": _true(recovery.get("PointInTimeRecoveryEnabled"))}
        request = {"TableName": name, "PointInTimeRecoverySpecification": enabled}
        _accepted(name, dynamodb._update_continuous_backups(request))
    expiry = properties.get("TimeToLiveSpecification") or {}
    if expiry:
        specification = {
            "AttributeName": expiry["AttributeName"],
            "Enabled": _true(expiry.get("Enabled", True)),
        }
        _accepted(name, dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": specification}))

    if policy := (properties.get("ResourcePolicy") or {}).get("PolicyDocument"):
        arn = dynamodb._describe_table({"TableName": name})[2]
        request = {"ResourceArn": json.loads(arn)["Table"]["TableArn"], "Policy": json.dumps(policy)}
        _accepted(name, dynamodb._put_resource_policy(request))


def _function(name: str, properties: Properties) -> None:
    from ministack.services import lambda_svc

    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is not None:
        request = {"ReservedConcurrentExecutions": int(reserved)}
        _accepted(name, lambda_svc._put_function_concurrency(name.rsplit(":", 1)[-1], request))


def _topic(arn: str, properties: Properties) -> None:
    from ministack.services import sns

    if key := properties.get("KmsMasterKeyId"):
        request = {"TopicArn": arn, "AttributeName": "KmsMasterKeyId", "AttributeValue": key}
        _accepted(arn, sns._set_topic_attributes(request))


def _true(value: object) -> bool:
    return str(value).lower() == "true"  # a template's booleans may be strings


def _xml(tag: str, content: object) -> bytes:
    return ET.tostring(_element(tag, content))


def _element(tag: str, content: object) -> ET.Element:
    element = ET.Element(tag)
    if isinstance(content, dict):
        element.extend(_element(name, inner) for name, inner in content.items())
    else:
        element.text = str(content)
    return element


def _accepted(name: str, answer: tuple[int, Any, Any]) -> None:
    """Fail the deployment when the service refuses."""
    status, _, body = answer
    if status >= 300:  # noqa: PLR2004 - HTTP: above are redirects and errors
        raise ValueError(f"{name}: {body!r}")
