"""CloudTrail trails in ministack: missing parts of CreateTrail, and Insights selectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answer = tuple[int, dict[str, str], bytes]
    Operation = Callable[[Mapping[str, Any]], Answer]

_LOG_GROUP = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
_INSIGHTS = "_InsightSelectors"


def install() -> None:
    """Fix what ministack gets wrong. Each function below describes one error."""
    from ministack.services import cloudtrail

    dispatch = cloudtrail._DISPATCH
    dispatch["CreateTrail"] = _creating(dispatch["CreateTrail"])
    dispatch["GetInsightSelectors"] = _get_insights
    dispatch["PutInsightSelectors"] = _put_insights
    around(cloudtrail, "_trail_view", _view)


def _creating(original: Operation) -> Operation:
    """CreateTrail: ministack ignores the log group, its role and the tags."""

    def create(request: Mapping[str, Any]) -> Answer:
        from ministack.services import cloudtrail

        answer: Answer = original(request)
        if answer[0] == 200:  # noqa: PLR2004 - HTTP
            trail = cloudtrail._trails.get(request["Name"])
            trail.update({name: request[name] for name in _LOG_GROUP if name in request})
            tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("TagsList", [])}
            cloudtrail._trail_tags[trail["TrailARN"]] = tags
        return answer

    return create


def _view(original: Callable[..., dict[str, Any]], trail: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trail as DescribeTrails does: with the ARN of its SNS topic, without internal fields."""
    from ministack.core.responses import get_account_id, get_region

    shown = {name: value for name, value in original(trail).items() if name != _INSIGHTS}
    if topic := shown.get("SnsTopicName"):
        known = (
            topic if topic.startswith("arn:") else f"arn:aws:sns:{get_region()}:{get_account_id()}:{topic}"
        )
        shown |= {"SnsTopicName": known, "SnsTopicARN": known}
    return shown


def _get_insights(request: Mapping[str, Any]) -> Answer:
    """GetInsightSelectors: ministack lacks it."""
    return _on_trail(request, put=None)


def _put_insights(request: Mapping[str, Any]) -> Answer:
    """PutInsightSelectors: ministack lacks it. An empty list turns Insights off."""
    return _on_trail(request, put=request["InsightSelectors"])


def _on_trail(request: Mapping[str, Any], put: list[dict[str, Any]] | None) -> Answer:
    from ministack.services import cloudtrail

    name = request.get("TrailName", "")
    find = cloudtrail._find_visible_trail if put is None else cloudtrail._find_mutable_trail
    _, _, trail, *_ = find(name)
    if trail is None:
        return _of(cloudtrail._err("TrailNotFoundException", f"Unknown trail: {name!r}", 404))
    if put is not None:
        trail |= {_INSIGHTS: put, "HasInsightSelectors": bool(put)}
    elif not trail.get(_INSIGHTS):
        return _of(cloudtrail._err("InsightNotEnabledException", f"{name} has no Insights selectors"))
    return _of(cloudtrail._ok({"TrailARN": trail["TrailARN"], "InsightSelectors": trail[_INSIGHTS]}))


def _of(answer: Any) -> Answer:
    status, headers, body = answer
    return status, headers, body
