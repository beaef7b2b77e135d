"""Parse AWS Health events.

Shape: "Reference: AWS Health events Amazon EventBridge schema". An event can arrive more than once: in its
region, in the backup region, and for an organization's delegated administrator.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.envelope import About, NotForUs
from ringfence.events.health.abuse import ABUSE, RISK
from ringfence.events.health.trigger import ABUSE_EVENT, DETAIL_TYPE, EXPOSED_CREDENTIALS, SEVERITY, SOURCE
from ringfence.model.arn import Arn, read_arn
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.finding import FindingRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.principals import Caller, principal_of
from ringfence.model.subject import GLOBAL, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document
    from ringfence.model.principals import Principal

_ARN = re.compile(r"arn:aws[a-z-]*:health:[A-Za-z0-9_./:-]{1,400}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    rf"[A-Z][a-z]{{2}}, (\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)
_EXPOSED = "AWS found credentials of this account exposed"
_ODD = re.compile(r"[^A-Za-z0-9_]+")
_WHEN = ("lastUpdatedTime", "startTime")
"""The times of an event, newest first."""


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for an AWS Health event, or why it is not for Ringfence. Raises BadInput."""
    if envelope.detail_type not in {DETAIL_TYPE, ABUSE_EVENT}:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    code = detail.text("eventTypeCode")
    exposed = code in EXPOSED_CREDENTIALS.types
    if exposed and envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"{fields.formatted(code)} comes as {DETAIL_TYPE}")
    if not exposed and detail.value.get("service") not in (ABUSE, RISK):
        return NotForUs(f"no runbook answers {fields.formatted(code)}")
    arn = fields.fit(_ARN, detail.at("eventArn"), detail.text("eventArn"), "the ARN of a Health event")
    account = _account(detail, envelope.document)
    at = _instant(detail, envelope.document)
    about = About.of(_exposed(detail, account)) if exposed else _reported(detail, account, code, arn)
    return Finding(
        source=SOURCE,
        id=arn,
        type=fields.title(code),
        severity=SEVERITY,
        account=account,
        region=GLOBAL,
        title=fields.title(_EXPOSED if exposed else f"AWS Health reports {code} for account {account}"),
        updated_at=at,
        last_seen=at,
        first_seen=_http_date_if_valid(detail, "startTime"),
        archived=detail.value.get("statusCode") == "closed",
        subjects=about.subjects,
        advice=about.notify_only_reason,
        advices=about.notify_only_reasons,
        digest=envelope.digest,
    )


def _account(detail: Document, envelope: Document) -> str:
    """Return the affected account. The account in the envelope is that of the receiver."""
    if detail.has("affectedAccount"):
        return fields.account(detail, "affectedAccount")
    return fields.account(envelope, "account")


def _instant(detail: Document, envelope: Document) -> datetime:
    given = (_http_date_if_valid(detail, key) for key in _WHEN)
    return next(filter(None, given), None) or fields.instant(envelope, "time")


def _http_date_if_valid(detail: Document, key: str) -> datetime | None:
    """Return the time at `key`. None for anything else: no decision needs it."""
    try:
        return _http_date(detail, key)
    except BadInput:
        return None


def _http_date(document: Document, key: str) -> datetime:
    """Return the time at `key`, such as `Sat, 05 Jun 2016 15:10:09 GMT`. Ignores the name of the day."""
    given = document.text(key)
    if match := _HTTP_DATE.fullmatch(given):
        day, month, *rest = match.groups()
        year, hour, minute, second = map(int, rest)
        try:
            return datetime(year, _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise BadInput(document.at(key), "must be a time that exists", given) from error
    return fields.instant(document, key)


def _reported(detail: Document, account: str, code: str, arn: str) -> About:
    """Return the instances that a report names, or else the event itself."""
    named = [entity.optional_text("entityValue") or "" for entity in detail.children("affectedEntities")]
    region = detail.optional_text("eventRegion") or ""
    instances = tuple(dict.fromkeys(filter(None, (_instance(one, account, region) for one in named))))
    who = "this instance" if instances else f"account {account}"
    reason = (
        f"AWS Health reports {fields.formatted(code)} for {who}. A report does not show that a resource is "
        "compromised; a person must check, and answer AWS's message about it"
    )
    short = hashlib.sha256(arn.encode()).hexdigest()[:16]
    event = FindingRef(account, GLOBAL, f"{_ODD.sub('-', code).lstrip('-_') or 'unknown'}/{short}")
    return About(instances or (event,), reason)


def _instance(entity: str, account: str, region: str) -> InstanceRef | None:
    """Return the instance that an entity is, by ARN or id. None for anything else."""
    arn = read_arn(InstanceRef, entity) or Arn(region, account, entity)
    fits = InstanceRef.pattern.fullmatch(arn.id) and REGION.fullmatch(arn.region) and arn.account == account
    return InstanceRef(arn.account, arn.region, arn.id) if fits else None


def _exposed(detail: Document, account: str) -> Iterator[Principal]:
    """Yield the principal of each entity. Only access key ids lead to changes."""
    named = [entity.optional_text("entityValue") or "" for entity in detail.children("affectedEntities")]
    for value in named or [""]:
        yield principal_of(Caller(key=value), account)
