"""What the commands print that try Ringfence on a local AWS."""

from __future__ import annotations

from ringfence.cli.schemas.log import ENTRY
from ringfence.handlers.json_forms import (
    anything,
    either,
    flag,
    many,
    maybe,
    merged,
    moment,
    number,
    record,
    table,
    text,
    whole,
)

SAMPLE = record(
    file=maybe(text("The file that was written.")),
    runbook=text("Empty for an event that comes in another way: several runbooks can answer."),
    finding=text("The type of the finding."),
    kind=text("The kind of resource that it is about."),
    event=anything("The event as AWS publishes it."),
)
LOCAL = record(endpoint=text(), environment=table(text(), "The variables that AWS tools need to use it."))
RESPONSE = {"incident": text(), "runbook": text()}
SENT = either(
    record(sent=record(file=text(), events=whole(), account=text(), region=text())),
    record(refused=record(finding=text("The id of the finding."), field=text(), value=text(), reason=text())),
    record(entry=merged(record(**RESPONSE), ENTRY)),
    record(
        response=record(
            **RESPONSE,
            subject=text("The key of the resource: kind/account/region/id."),
            status=text("The status of docs/incident-status.md."),
            state=text("The status in words."),
            mode=text(),
            reason=text(),
            notice=maybe(
                record("The newest notice, unless the finding was known.", subject=text(), text=text())
            ),
            known=flag("The finding was part of this response already, and nothing new was recorded."),
        )
    ),
)
NOTICE_SENT = record(
    at=moment("When it was published."),
    topic=text("The name of the topic."),
    urgency=text("`urgent`, `action` or `information`."),
    subject=text(),
    text=text(),
    notice=anything("The form of docs/notice-schema.json."),
)
DEMO = record(
    scenario=text(),
    succeeded=flag("Every result is as expected."),
    incident=text(),
    milestones_=many(record(what=text(), seconds=number("Seconds from the finding."))),
    audit_log_=record(verified=flag(), claim=text()),
    before_=table(text(), "What AWS showed before the finding."),
    after_=table(text(), "What AWS shows at the end."),
    residual_risk_=many(text()),
    missing_=many(text(), "The results that are not as expected."),
)
