"""What the commands print about policies, events, controls and deployments."""

from __future__ import annotations

from ringfence.handlers.json_forms import (
    either,
    flag,
    many,
    maybe,
    moment,
    number,
    record,
    text,
    whole,
    with_more,
)
from ringfence.handlers.operator_forms import SUBJECT

PROBLEM = record(
    standing=text(),
    account=text(),
    region=text(),
    stack=text(),
    resource=text(),
    aspect=text(),
    problem=text(),
    remedy=text(),
)
COMMANDS = many(text(), "What to type.")
PLACE = {"stack": text(), "account": text(), "region": text()}
REMOVAL = record(
    ready=flag("Nothing is contained any more."),
    containments=many(record(incident=text(), runbook=text(), subject=text(), commands=COMMANDS)),
    stacks=many(record(**PLACE, orphaned=flag(), commands=COMMANDS)),
    kept=many(record(**PLACE, kind=text(), id=text(), reason=text(), commands=COMMANDS)),
    unknown=many(text()),
)
REMEDIATION = record(
    id=text(),
    runbook=text(),
    by_default=text(),
    mode=maybe(text("The highest mode of the policy. Null without `--policy`.")),
    evidence=maybe(
        record(
            "What it changed in the period. Null without `--since`.",
            changes=whole(),
            incidents=many(text()),
            last=maybe(moment()),
        )
    ),
)
FRAMEWORK = {
    "framework": text(),
    "name": text(),
    "not_mapped": maybe(
        many(text(), "The requirements that no control is mapped to. Null if the whole list is not known.")
    ),
}
REQUIREMENT = record(
    requirement=text(),
    supported=flag(),
    ways=many(record(control=maybe(text()), title=text(), remediations=many(REMEDIATION))),
)
CONTROLS = either(
    record(frameworks=many(record(**FRAMEWORK, requirements=whole(), supported=whole(), by_none=whole()))),
    record(**FRAMEWORK, requirements=many(REQUIREMENT)),
)
EXPLAINED = record(
    file=text(),
    place=text("Where in the file the event is."),
    status=text("`handled`, `not-applicable` or `invalid`."),
    finding=maybe(
        record(
            id=maybe(text()),
            type=maybe(text()),
            title=maybe(text()),
            severity=maybe(number()),
            account=maybe(text()),
            region=maybe(text()),
        )
    ),
    subjects=many(with_more(SUBJECT, text())),
    runbook=maybe(text()),
    remediations=many(text()),
    mode=maybe(text()),
    reason=text(),
    answers=many(
        record(
            runbook=text(),
            finding=text(),
            mode=text(),
            subjects=many(with_more(SUBJECT, text())),
            remediations=many(text()),
            reason=text(),
        )
    ),
    error_=record(field=text(), problem=text()),
)
FLAW = record(kind=text("`error` or `warning`."), line=whole(), column=whole(), field=text(), problem=text())
DECIDES = either(
    record(
        finding=text(),
        severity=either(text(), number()),
        runbook=text(),
        subject=text(),
        remediations=many(text()),
        mode=text(),
        code=text(),
        rule=text(),
        place=text("The file and line that decide."),
        reason=text(),
        cautions=many(record(rule=text(), mode=text())),
    ),
    record(subject=text(), what=text(), words=text()),
)
DIFFERENCE = record(
    id_=text(),
    finding_=text(),
    runbook=text(),
    severity_=number(),
    severities_=many(text()),
    subject_=text(),
    remediations_=many(
        text("The remediations that change. Without `--events`, missing if the whole runbook changes.")
    ),
    findings_=many(text()),
    old=text(),
    new=text(),
    reason=text(),
)
