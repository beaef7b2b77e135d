"""Parse CloudTrail events for uses of the root user.

Shape: "CloudTrail record contents" under `detail`, sign-ins included.

Each page of the console makes calls. So all calls of a day form one finding, and all sign-ins of a day
another. Each is updated at most once an hour. So there is one notification per day, and one log entry per
hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE as CALL
from ringfence.events.cloudtrail.trigger.root import (
    ANYBODYS,
    CALLED,
    CONSOLE_ACTION,
    ROOT,
    SERVICE_EVENT,
    SEVERITY,
    SIGN_IN,
    SIGNED_IN,
    SUCCESS,
)
from ringfence.events.envelope import NotForUs
from ringfence.model.finding import Finding
from ringfence.model.kinds.root import RootRef
from ringfence.model.root_advice import notify_only_reason
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document

_CONSOLE = "ConsoleLogin"
_TYPES = {CALL: CALLED, CONSOLE_ACTION: CALLED, SIGN_IN: SIGNED_IN}


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for a use of the root user, or why it is not for Ringfence. Raises BadInput."""
    if envelope.detail_type not in _TYPES:
        return NotForUs(
            f"the event is of type {fields.formatted(envelope.detail_type)}, not a recorded call or sign-in"
        )
    detail = envelope.document.child("detail")
    if reason := _refused(detail):
        return NotForUs(reason)
    account = records.account(detail, envelope.document)
    at = fields.instant(detail, "eventTime")
    kind, central = _TYPES[envelope.detail_type], _is_central(detail)
    return Finding(
        source=envelope.source,
        id=f"{kind}/{account}/{at.date()}{'/central' if central else ''}",
        type=kind,
        severity=SEVERITY,
        account=account,
        region=GLOBAL,
        title=fields.title(_words(envelope, detail)),
        updated_at=at.replace(minute=0, second=0, microsecond=0),
        last_seen=at,
        subjects=(RootRef(account, GLOBAL, "root"),),
        advice=notify_only_reason(account, at, central=central),
        digest=envelope.digest,
        suspects=records.suspects(detail),
    )


def _refused(detail: Document) -> str:
    """Return why a record does not show a use of the root user. Empty if it does. Agrees with the pattern."""
    identity = detail.optional_child("userIdentity")
    if identity.value.get("type") != ROOT:
        return "the root user did not make the call"
    if "invokedBy" in identity.value:
        return "a service made the call in the root user's name"
    if not (kind := detail.optional_text("eventType")) or kind == SERVICE_EVENT:
        return "it is a service event, not a call"
    if not (name := detail.optional_text("eventName")) or name in ANYBODYS:
        return "it does not show a use of the root user: anybody who knows the email address can cause it"
    outcome = detail.value.get("responseElements")
    signed_in = outcome.get("ConsoleLogin", SUCCESS) if isinstance(outcome, dict) else SUCCESS
    return (
        "" if signed_in == SUCCESS else "the sign-in failed: anybody who knows the email address can try it"
    )


def _is_central(detail: Document) -> bool:
    """Return whether it is a session of central root access: nobody used root credentials."""
    session = detail.optional_child("userIdentity").optional_child("sessionContext")
    return session.value.get("assumedRoot") in (True, "true")


def _words(envelope: Envelope, detail: Document) -> str:
    place = f"from {fields.text_if_valid(detail, 'sourceIPAddress') or 'an unknown address'}"
    if envelope.detail_type == SIGN_IN:
        name = detail.text("eventName")
        did = "signed in to the console" if name == _CONSOLE else f"did {name}"
        return f"The root user {did} {place}"
    service = envelope.source.removeprefix("aws.")
    if _is_central(detail):
        who = "A session of central root access (sts:AssumeRoot)"
        return f"{who} called {service}:{detail.optional_text('eventName') or 'something'} {place}"
    return f"The root user called {service}:{detail.optional_text('eventName') or 'something'} {place}"
