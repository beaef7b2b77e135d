"""A Security Hub in memory: findings of both products, and a count of the events that writes cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringfence.model.call import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Call


@dataclass
class FakeSecurityHub:
    """Answers the four operations. `cspm`: whether Security Hub CSPM is used."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    v2: list[dict[str, Any]] = field(default_factory=list)
    cspm: bool = True
    sent: int = 0
    refuses: str = ""

    def __call__(self, account: str, region: str, call: Call) -> Mapping[str, object] | Failed:
        """Answer a call."""
        del account, region
        answer: Mapping[str, object] | Failed = getattr(self, f"_{call.operation}")(dict(call.parameters))
        return answer

    def _GetFindings(self, asked: dict[str, Any]) -> Mapping[str, object] | Failed:  # noqa: N802 - the API's name
        if not self.cspm:
            return Failed("InvalidAccessException", "Account is not subscribed to AWS Security Hub")
        wanted = {name: one[0]["Value"] for name, one in asked["Filters"].items()}
        return {"Findings": [one for one in self.findings if all(one[k] == v for k, v in wanted.items())]}

    def _BatchUpdateFindings(self, asked: dict[str, Any]) -> Mapping[str, object]:  # noqa: N802 - the API's name
        named = asked.pop("FindingIdentifiers")
        if self.refuses:
            return {"UnprocessedFindings": [{"FindingIdentifier": named[0], "ErrorCode": self.refuses}]}
        for one in self.findings:
            if {"Id": one["Id"], "ProductArn": one["ProductArn"]} in named:
                one.update(asked)
                self.sent += 1
        return {"ProcessedFindings": named, "UnprocessedFindings": []}

    def _GetFindingsV2(self, asked: dict[str, Any]) -> Mapping[str, object] | Failed:  # noqa: N802 - the API's name
        (one,) = asked["Filters"]["CompositeFilters"][0]["StringFilters"]
        assert one["FieldName"] == "finding_info.uid"
        found = [each for each in self.v2 if each["finding_info"]["uid"] == one["Filter"]["Value"]]
        return {"Findings": found}

    def _BatchUpdateFindingsV2(self, asked: dict[str, Any]) -> Mapping[str, object]:  # noqa: N802 - the API's name
        for one in self.v2:
            if one["metadata"]["uid"] in asked["MetadataUids"]:
                one["status_id"] = asked.get("StatusId", one.get("status_id", 1))
                one["comment"] = asked.get("Comment", one.get("comment"))
                self.sent += 1
        return {"ProcessedFindings": [], "UnprocessedFindings": []}
