"""Parse an event of any source into findings.

Only GuardDuty's parser is imported at once, because the containment of an instance must not wait for
others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import CHOSEN, Envelope, NotForUs, parse_json
from ringfence.events.fields import formatted
from ringfence.events.guardduty import parser as guardduty
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.model.discovery import folders_in, module_of
from ringfence.model.frozen import replace
from ringfence.model.resource_names import UNKNOWN_HOME, Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.finding import Finding

    Reader = Callable[[Envelope], Finding | NotForUs]

_EVENTS = "ringfence.events"


def findings(event: object, digest: str = "", home: Home = UNKNOWN_HOME) -> tuple[Finding, ...] | NotForUs:
    """Return the findings of an EventBridge event, or why it is not for Ringfence.

    A recorded call can give two findings: about its effect, and about a use of the root user. Raises
    BadInput that names the field, for an event that should be a finding and is invalid. `digest`: that of
    the event, if it is known. `home`: where Ringfence is deployed, and by whose roles.
    """
    envelope = Envelope.of(event, digest, home)
    if (envelope.source, envelope.detail_type) == (SOURCE, DETAIL_TYPE):
        read = [guardduty.read(envelope)]
    else:
        read = [reader(envelope) for reader in _others(envelope)]
    found = tuple(one for one in read if not isinstance(one, NotForUs))
    if envelope.document.has(CHOSEN):
        found = tuple(replace(one, chosen=envelope.document.texts(CHOSEN)) for one in found)
    return found or next(one for one in read if isinstance(one, NotForUs))


def findings_of_text(text: str, home: Home = UNKNOWN_HOME) -> tuple[Finding, ...] | NotForUs:
    """Parse an event in text form, such as the body of an SQS message. Raises BadInput."""
    return findings(parse_json(text), home=home)


def _others(envelope: Envelope) -> tuple[Reader, ...]:
    from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE as CALL
    from ringfence.events.cloudtrail.trigger.root import CONSOLE_ACTION, SIGN_IN

    if envelope.source.startswith("aws.") and envelope.detail_type in {CALL, CONSOLE_ACTION, SIGN_IN}:
        from ringfence.events.cloudtrail.parser import root as root_use

        if envelope.detail_type != CALL:
            return (root_use.read,)
        from ringfence.events.cloudtrail.parser import calls as cloudtrail
        from ringfence.events.cloudtrail.parser import defenses, own_resources, switched_off

        return (cloudtrail.read, root_use.read, defenses.read, own_resources.read, switched_off.read)
    return (_of_service(envelope.source),)


def _of_service(source: str) -> Reader:
    """Return the parser of a service's events: its folder's trigger names the service."""
    folders = {
        named: folder
        for folder in folders_in(_EVENTS)
        if (named := getattr(module_of(f"{_EVENTS}.{folder}", "trigger"), "SOURCE", ""))
    }
    if source in folders:
        read: Reader = vars(module_of(f"{_EVENTS}.{folders[source]}", "parser"))["read"]
        return read
    from ringfence.events.elsewhere import REASONS

    known = ", ".join(sorted(folders))
    return lambda event: NotForUs(
        REASONS.get((event.source, event.detail_type))
        or f"the event is of type {formatted(event.detail_type)}, from {formatted(source)}; runbooks answer "
        f"CloudTrail events and only {known}"
    )
