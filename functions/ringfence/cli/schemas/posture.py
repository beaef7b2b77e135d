"""What the commands print about rules as code, generated policies and logs."""

from __future__ import annotations

from ringfence.handlers.json_forms import (
    either,
    flag,
    many,
    maybe,
    moment,
    number,
    record,
    table,
    text,
    whole,
)

RULE = record(
    name=text(),
    title=text(),
    resource_types=many(text()),
    severity=text(),
    controls=many(text()),
    remediation=maybe(text()),
    rationale=text(),
    references=many(text()),
    file=text(),
    line=whole(),
)
RULES_CHECKED = record(
    valid=flag(),
    rules=whole("The number of valid rules. 0 if there are errors."),
    manual_controls=whole("The number of valid manual controls. 0 if there are errors."),
    found=many(
        record(
            kind=text("`error` or `note`."),
            file=text(),
            line=whole(),
            column=whole(),
            field=text(),
            problem=text(),
        )
    ),
)
RULES_TESTED = record(
    examples=whole("The number of examples."),
    wrong=many(
        record(
            rule=text(),
            file=text(),
            line=whole(),
            expected=text(),
            judged=text(),
            reasons=many(text()),
        )
    ),
    without_examples=many(text(), "The rules without an example."),
)
COUNTS = {"passed": whole(), "failed": whole(), "not_assessed": whole()}
_SCANNED = dict(
    score=maybe(number("From 0 to 100. Null if there is no result.")),
    resources=whole(),
    **COUNTS,
    rules=many(record(rule=text(), severity=text(), remediation=maybe(text()), **COUNTS)),
    not_looked_at=many(
        record(account=text(), region=text(), reason=text()),
        "Accounts and regions where something was not looked at.",
    ),
    not_read=many(text(), "What of the files cannot be read or judged, with its place."),
    manual_controls=many(
        record(
            name=text(),
            title=text(),
            owner=text(),
            status=text("`passed`, `failed` or `not assessed`. Evidence that expired is not passed."),
            reasons=many(text()),
            evidence=maybe(text("Null if there is none yet.")),
            date=maybe(text("When the evidence was made.")),
            expires=maybe(text("The last day on which it counts.")),
            expires_soon=flag("It counts today, and expires within 30 days."),
        )
    ),
)
SCANNED = record(**_SCANNED)
SCHEDULED = record(
    scan=moment("When it began."),
    rules=text("The digest of its rules."),
    score=maybe(number("From 0 to 100. Null if there is no result.")),
    resources=whole(),
    **COUNTS,
    places=whole("The number of accounts and regions that the scan was about."),
    incomplete=whole("The number of those in which something was not looked at."),
    handed_over=whole("The number of failing resources that were handed over as findings."),
)
REPORTED = record(
    **_SCANNED,
    scan=maybe(moment("When the scan began. Null if files were judged.")),
    made=moment("When the report was made."),
    since=moment(),
    until=moment(),
    scores=many(SCHEDULED, "The scheduled scans of the period, the oldest first."),
    places=many(record(account=text(), region=text(), score=maybe(number()), **COUNTS)),
    frameworks=many(
        record(
            framework=text(),
            name=text(),
            whole_list=flag("The list has every requirement of the framework."),
            requirements=many(
                record(
                    requirement=text(),
                    result=text("`passed`, `failed` or `not assessed`."),
                    rules=many(text()),
                )
            ),
            not_covered=many(text(), "The requirements that no rule of the scan has a result for."),
        )
    ),
    changes=maybe(
        many(
            record(
                "What Ringfence changed in a response.",
                incident=text(),
                subject=text(),
                state=text(),
                verified=maybe(text("When the resource was read last after that.")),
                fault=maybe(text("What is wrong with the chain of entries.")),
                hash=text("That of the newest entry."),
                changes=many(record(at=moment(), change=text(), before=text(), after=text())),
            )
        )
    ),
    exemptions=many(
        record(
            subject=text(),
            state=text("`holds`, `expires soon` or `expired`."),
            reason=text(),
            runbook=text(),
            remediations=many(text(), "Empty: all."),
            owner=maybe(text()),
            expires=maybe(text("The last day.")),
        )
    ),
)
GENERATED = record(
    policy=record(
        "The policy in the form of IAM.",
        Version=text(),
        Statement=many(
            record(
                Sid=text(),
                Effect=text(),
                Action=many(text()),
                Resource=many(text()),
                Condition_=table(table(many(text()))),
            )
        ),
    ),
    reasons=many(text(), "The reason for each wildcard."),
    left_out=many(text(), "Calls that are not in the policy, and why."),
    difference=maybe(
        record(added=many(text()), unused=many(text()), wider=many(text()), not_compared=many(text()))
    ),
)
INSIGHT = record(
    query=text(),
    severity=text(),
    technique=text("The technique of ATT&CK."),
    row=table(either(text(), number()), "The columns of the query."),
)
ACTIVITY = record(
    rule=text(),
    severity=text(),
    technique=text("The technique of ATT&CK."),
    who=text("The ARN of the role or user that made the calls."),
    address=text("The source of the last call."),
    calls=many(text(), "The different calls."),
    events=many(text(), "The ids of the records in CloudTrail."),
    runbook=text("The runbook that answers. `report-findings`: a person must decide."),
    answer=text("What to find out or do."),
    finding=maybe(
        record(
            "The finding in the form of the findings API. Null if the record has no valid account.",
            version=whole(),
            id=text(),
            product=text(),
            type=text(),
            title=text(),
            severity=number(),
            updated_at=text(),
            subjects=many(text()),
            first_seen=text(),
            count=whole(),
        )
    ),
)
