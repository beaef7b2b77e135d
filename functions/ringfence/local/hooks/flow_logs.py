"""Flow logs in moto: their destinations are in ministack, and moto searches its own services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]

_GROUP = ":log-group:"


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.ec2.models.flow_logs import FlowLogsBackend
    from moto.logs.models import LogsBackend
    from moto.s3.models import S3Backend

    around(FlowLogsBackend, "create_flow_logs", _name_the_group)
    around(S3Backend, "get_bucket", _bucket_of_ministack)
    around(LogsBackend, "list_tags_log_group", _group_of_ministack)


def _name_the_group(original: Original, backend: Any, **given: Any) -> Any:
    """CreateFlowLogs: a log group can be given by its ARN, which moto does not read."""
    _, found, name = (given.get("log_destination") or "").partition(_GROUP)
    if found and not given.get("log_group_name"):
        given["log_group_name"] = name.removesuffix(":*")
    return original(backend, **given)


def _bucket_of_ministack(_original: Original, _backend: Any, name: str, *_: Any, **__: Any) -> Any:
    """S3: the bucket is in ministack. An ARN can have a folder after the bucket's name."""
    from ministack.services import s3
    from moto.s3.exceptions import MissingBucket

    bucket = s3._buckets.get(name.partition("/")[0])
    if bucket is None:
        raise MissingBucket(name)
    return bucket


def _group_of_ministack(_original: Original, _backend: Any, name: str) -> dict[str, str]:
    """Logs: the log group is in ministack."""
    from ministack.services import cloudwatch_logs
    from moto.logs.exceptions import ResourceNotFoundException

    if name not in cloudwatch_logs._log_groups:
        raise ResourceNotFoundException
    return {}
