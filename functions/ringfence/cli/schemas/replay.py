"""What `ringfence replay` prints as JSON."""

from __future__ import annotations

from ringfence.handlers.json_forms import many, maybe, moment, record, table, text, whole

BY_MODE = table(whole(), "The number of decisions by mode.")
CHANGED = {"from": text(), "to": text(), "count": whole()}
REPLAYED = record(
    events=whole(),
    invalid=whole("The documents that could not be read as an event."),
    decisions=whole(),
    first=maybe(text("The time of the first finding.")),
    last=maybe(text("The time of the last finding.")),
    modes=BY_MODE,
    codes=table(whole(), "The number of decisions by the code of their reason."),
    runbooks=table(BY_MODE),
    accounts=table(BY_MODE),
    findings=table(BY_MODE),
    days=table(BY_MODE),
    rules=table(BY_MODE),
    unused_rules=many(text()),
    resources=table(BY_MODE, "The resources with the most decisions."),
    dropped_resources=whole("The number of resources that were not counted by themselves."),
    limits=record(
        counted=whole("The decisions of mode auto that can break a workload."),
        held=whole("Those about which a person is asked, because a limit is used up."),
        by_limit=table(whole()),
        breakers_opened=whole(),
        breakers=many(
            record(limit=text(), most=whole(), opened_at=moment(), closes_at=moment(), held=whole())
        ),
        left_out=whole("Those that were not counted against limits."),
        not_known=table(
            whole(),
            "Those for which the limits of a scope were not counted, because the events do not name it.",
        ),
    ),
    not_answered=table(whole(), "The events that no runbook answers, by source."),
    changed=many(record("How often the other policy decides otherwise.", **CHANGED)),
    examples=many(
        record(
            **{
                "finding": text(),
                "subject": text(),
                "runbook": text(),
                "from": text("The mode of the policy."),
                "to": text("The mode of the other policy."),
                "rule": text(),
            }
        )
    ),
    errors=many(record(place=text(), problem=text())),
)
