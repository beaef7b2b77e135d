"""What a rule found, and its form as a finding that Ringfence's intake accepts. Pure.

Names and addresses of a record are untrusted: they appear in titles only, without control characters.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from ringfence.events.fields import title
from ringfence.events.resource_refs import ref
from ringfence.events.sent.form import MOST_SUBJECTS, VERSION
from ringfence.insights.activity.rule import SEVERITIES
from ringfence.insights.activity.selecting import account_of, caller_of, object_at, principal_of, text_at
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds import kind_of
from ringfence.model.kinds.account import AccountRef
from ringfence.model.principals import principal_of as credentials_of
from ringfence.model.step import counted
from ringfence.model.subject import ACCOUNT, GLOBAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.insights.activity.rule import Rule
    from ringfence.insights.activity.selecting import Record
    from ringfence.model.principals import Caller
    from ringfence.model.subject import Ref

PRODUCT = "ringfence-activity"
TYPE = "Activity/"
"""The prefix of the findings' types. The id of the rule follows."""


class Called(NamedTuple):
    """What is kept of the record of a call: when, by whom, and from where.

    Rules share it. A tuple needs the least memory: there can be a million of them.
    """

    at: float
    caller: Caller
    principal: str
    address: str
    name: str
    event: str
    account: str
    own_account: str
    region: str


class Sight(NamedTuple):
    """One call that a rule matched, with the values that the rule compares."""

    call: Called
    key: tuple[str, ...]
    value: str
    targets: tuple[str, ...]

    @property
    def at(self) -> float:
        """The time, in seconds since 1970."""
        return self.call.at

    @property
    def event(self) -> str:
        """The id of the record."""
        return self.call.event


def called(record: Record, at: float) -> Called:
    """Return what is kept of a record."""
    service = text_at(record, "eventSource").partition(".")[0]
    return Called(
        at=at,
        caller=_shared(caller_of(record)),
        principal=_shared(principal_of(record)),
        address=_shared(text_at(record, "sourceIPAddress")),
        name=_shared(f"{service}:{text_at(record, 'eventName')}"),
        event=text_at(record, "eventID"),
        account=_shared(account_of(record)),
        own_account=_shared(text_at(object_at(record, "userIdentity"), "accountId")),
        region=_shared(text_at(record, "awsRegion")),
    )


def sight_of(call: Called, key: tuple[str, ...], value: str, targets: tuple[str, ...]) -> Sight:
    """Return what a rule keeps of a call."""
    return Sight(call, _shared(key), _shared(value), _shared(targets))


T = TypeVar("T")
_SHARED: Final = 65536


@lru_cache(maxsize=_SHARED)
def _same(one: object) -> object:
    return one


def _shared(one: T) -> T:
    """Return the same value for equal ones, to save memory."""
    return cast("T", _same(one))


@frozen
class Detection:
    """What a rule found: the calls in the order of time."""

    rule: Rule
    sights: tuple[Sight, ...]

    @property
    def first(self) -> Sight:
        """The first call."""
        return self.sights[0]

    @property
    def last(self) -> Sight:
        """The last call."""
        return self.sights[-1]

    @property
    def id(self) -> str:
        """A stable id: the same records lead to the same one, in any order."""
        told = "\n".join((*self.first.key, self.first.event, str(self.first.at)))
        return f"{self.rule.id}/{hashlib.sha256(told.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}"

    @property
    def who(self) -> str:
        """The caller, for people."""
        return title(self.last.call.principal or "unknown")

    @property
    def subjects(self) -> tuple[Ref, ...]:
        """The resources that the rule is about, or else the caller, all in one account."""
        found = dict.fromkeys(self._targets()) or dict.fromkeys(_callers(self.last.call))
        first = next(iter(found), None)
        return tuple(one for one in found if first and one.account == first.account)[:MOST_SUBJECTS]

    def _targets(self) -> Iterator[Ref]:
        for sight in reversed(self.sights):
            for target, given in zip(self.rule.about, sight.targets, strict=True):
                kind = kind_of(target.kind)
                if not kind or not given:
                    continue
                try:
                    yield ref(kind, target.path, given, sight.call.account, sight.call.region)
                except BadInput:
                    continue  # the name is of a form that no such resource has

    @property
    def title(self) -> str:
        """What happened, by whom and from where, for people."""
        count = f", {counted(len(self.sights), 'call')}" if len(self.sights) > 1 else ""
        address = f" from {self.last.call.address}" if self.last.call.address else ""
        return title(f"{self.rule.title}: {self.last.call.name} by {self.who}{address}{count}", 400)

    def within(self, inside: Callable[[Ref], bool]) -> tuple[Ref, ...]:
        """Return the subjects inside of a scope. If there is none, the account that recorded the call.

        A caller of another account is outside. Somebody must learn of its calls all the same.
        """
        subjects = self.subjects
        account = self.last.call.account
        if subjects and ACCOUNT.fullmatch(account):
            recorded = AccountRef(account, GLOBAL, account)
            return tuple(filter(inside, subjects)) or ((recorded,) if inside(recorded) else subjects)
        return subjects

    def finding(self, inside: Callable[[Ref], bool] = lambda _: True) -> dict[str, object]:
        """Return the finding in the form in which `ringfence findings send` sends it.

        `inside` tells whether a resource is inside of the scope. Raises BadInput if the records contain no
        valid account: then nobody can be named.
        """
        subjects = self.within(inside)
        if not subjects:
            raise BadInput("recipientAccountId", "must be a 12-digit account id", self.last.call.account)
        return {
            "version": VERSION,
            "id": self.id,
            "product": PRODUCT,
            "type": f"{TYPE}{self.rule.id}",
            "title": self.title,
            "severity": SEVERITIES[self.rule.severity],
            "updated_at": instant(self.last.at),
            "subjects": [one.key for one in subjects],
            "first_seen": instant(self.first.at),
            "count": len(self.sights),
        }


def _callers(call: Called) -> Iterator[Ref]:
    """Yield the credentials of the caller, in the account that they belong to."""
    account = next((one for one in (call.own_account, call.account) if ACCOUNT.fullmatch(one)), "")
    if account:
        yield credentials_of(call.caller, account).ref


def instant(at: float) -> str:
    """Return a time, in seconds since 1970, as findings contain it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
