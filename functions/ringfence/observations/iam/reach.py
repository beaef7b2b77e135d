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
    """Whom a denial reaches: everything, or the sessions issued before a time, or those with one name.

    `before` is in whole seconds, because conditions have no smaller unit. `userid` is `AROA…:session`. With
    both, only sessions of this name that were issued before this time are denied.
    """

    before: datetime | None = None
    userid: str = ""

    @property
    def everything(self) -> bool:
        """Whether nothing of the holder escapes."""
        return self.before is None and not self.userid

    def covers(self, other: Reach) -> bool:
        """Return whether whom `other` reaches is reached by this too."""
        whom = not self.userid or self.userid == other.userid
        when = self.before is None or (other.before is not None and self.before >= other.before)
        return whom and when

    def document(self, *, boundary: bool = False) -> str:
        """Return the policy as canonical text; as a boundary it allows the rest.

        `aws:TokenIssueTime` stands in requests with temporary credentials alone: a key of the user's own
        is not touched. `aws:userid` of a role's session is the role's id and the session's name.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        deny: dict[str, object] = {"Sid": "RingfenceDeny", "Effect": "Deny", "Action": "*", "Resource": "*"}
        condition: dict[str, object] = {}
        if self.before:
            issued = self.before.astimezone(UTC).strftime(_FORMAT)
            condition["DateLessThan"] = {"aws:TokenIssueTime": issued}
        if self.userid:
            condition["StringEquals"] = {"aws:userid": self.userid}
        if condition:
            deny["Condition"] = condition
        statements = [_ALLOW, deny] if boundary else [deny]
        return canonical({"Version": "2012-10-17", "Statement": statements})

    def words(self) -> str:
        """Return as text who is denied everything."""
        if self.everything:
            return "everything"
        issued = f" issued before {instant_text(self.before)}" if self.before else ""
        return f"sessions {self.userid}{issued}" if self.userid else f"the sessions{issued}"


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
    issued = condition["DateLessThan"]["aws:TokenIssueTime"] if "DateLessThan" in condition else ""
    before = datetime.strptime(issued, _FORMAT).replace(tzinfo=UTC) if issued else None
    return Reach(before, str(condition["StringEquals"]["aws:userid"]) if "StringEquals" in condition else "")


def only_denies(document: str) -> bool:
    """Return whether every statement of a policy denies. An empty text is no policy."""
    try:
        statements = json.loads(document)["Statement"] if document else []
        each = statements if isinstance(statements, list) else [statements]
        return all(one["Effect"] == "Deny" for one in each)
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


def described(document: str) -> str:
    """Return as text whom a document denies everything."""
    if not document:
        return "nobody"
    reach = reach_of(document)
    return reach.words() if reach else "another policy"


def short_digest(text: str) -> str:
    """Return ten characters that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
