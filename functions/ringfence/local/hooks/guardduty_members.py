"""Member accounts of moto's GuardDuty. An account that the administrator adds is a member at once.

So it is in an organization: the accounts need no invitation.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListMembers.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

MOST = 50
"""The members of a page, and the accounts that a call can add."""
_members: dict[tuple[str, str, str], dict[str, Json]] = {}
"""The members of each administrator's account, region and detector, by their accounts."""


def install() -> None:
    """Add the calls about members, which moto lacks."""
    from moto.guardduty import urls
    from moto.guardduty.responses import GuardDutyResponse

    for path, name, answer in (
        ("member", "create_members", _create),
        ("member", "list_members", _list),
        ("member/delete", "delete_members", _delete),
    ):
        urls.url_paths["{0}/detector/(?P<detector_id>[^/]+)/" + path + "$"] = GuardDutyResponse.dispatch
        setattr(GuardDutyResponse, name, answer)


def _of(response: Any) -> dict[str, Json]:
    """Return the members of the detector in a call's path."""
    detector = response.path.split("/")[2]
    backend = response.guardduty_backend
    backend.get_detector(detector)  # raises
    return _members.setdefault((backend.account_id, backend.region_name, detector), {})


def _create(self: Any) -> str:
    """CreateMembers."""
    found, backend = _of(self), self.guardduty_backend
    for one in self._get_param("accountDetails") or []:
        found[one["accountId"]] = {
            "accountId": one["accountId"],
            "email": one["email"],
            "masterId": backend.account_id,
            "administratorId": backend.account_id,
            "relationshipStatus": "Enabled",
            "updatedAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        }
    return json.dumps({"unprocessedAccounts": []})


def _delete(self: Any) -> str:
    """DeleteMembers."""
    found = _of(self)
    for account in self._get_param("accountIds") or []:
        found.pop(account, None)
    return json.dumps({"unprocessedAccounts": []})


def _list(self: Any) -> str:
    """ListMembers, in pages."""
    found = list(_of(self).values())
    start, size = int(self._get_param("nextToken") or 0), int(self._get_param("maxResults") or MOST)
    more = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return json.dumps({"members": found[start : start + size], **more})
