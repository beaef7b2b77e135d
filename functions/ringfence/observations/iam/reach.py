"""Denials as policy documents: whom each reaches. A document counts only if it is ours word for word."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, instant_text, value

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_ALLOW = {"Sid": "RingfenceElseAsBefore", "Effect": "Allow", "Action": "*", "Resource": "*"}
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
"""https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html"""


@value
class Reach:
    """Whom a denial reaches: the sessions issued before an instant, or one session, or everything.

    `before` is in whole seconds: conditions know no smaller ones. `userid` is `AROA…:session`.
    """

    before: datetime | None = None
    userid: str = ""

    @property
    def everything(self) -> bool:
        """Whether nothing of the holder escapes."""
        return self.before is None and not self.userid

    def covers(self, other: Reach) -> bool:
        """Return whether whom `other` reaches is reached by this too."""
        if self.everything:
            return True
        if self.before and other.before:
            return self.before >= other.before
        return bool(self.userid) and self.userid == other.userid

    def document(self, *, boundary: bool = False) -> str:
        """Return the policy as canonical text; as a boundary it allows the rest.

        `aws:TokenIssueTime` stands in requests with temporary credentials alone: a key of the user's own
        is not touched. `aws:userid` of a role's session is the role's id and the session's name.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        deny: dict[str, object] = {"Sid": "RingfenceDeny", "Effect": "Deny", "Action": "*", "Resource": "*"}
        if self.before:
            issued = self.before.astimezone(UTC).strftime(_FORMAT)
            deny["Condition"] = {"DateLessThan": {"aws:TokenIssueTime": issued}}
        elif self.userid:
            deny["Condition"] = {"StringEquals": {"aws:userid": self.userid}}
        statements = [_ALLOW, deny] if boundary else [deny]
        return canonical({"Version": "2012-10-17", "Statement": statements})

    def words(self) -> str:
        """Return as text who is denied everything."""
        if self.before:
            return f"the sessions issued before {instant_text(self.before)}"
        return f"session {self.userid}" if self.userid else "everything"


def reach_of(document: str, *, boundary: bool = False) -> Reach | None:
    """Return whom a document reaches; None for one that is not ours."""
    try:
        *_, deny = json.loads(document)["Statement"]
        condition = deny.get("Condition", {})
        reach = _reach(condition)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return reach if reach.document(boundary=boundary) == document else None


def _reach(condition: Mapping[str, Mapping[str, str]]) -> Reach:
    if "DateLessThan" in condition:
        issued = condition["DateLessThan"]["aws:TokenIssueTime"]
        return Reach(before=datetime.strptime(issued, _FORMAT).replace(tzinfo=UTC))
    if "StringEquals" in condition:
        return Reach(userid=str(condition["StringEquals"]["aws:userid"]))
    return Reach()


def described(document: str) -> str:
    """Return as text whom a document denies everything."""
    if not document:
        return "nobody"
    reach = reach_of(document)
    return reach.words() if reach else "another policy"


def short_digest(text: str) -> str:
    """Return ten characters that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
