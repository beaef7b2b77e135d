"""What the commands print that read the audit log."""

from __future__ import annotations

from ringfence.handlers.json_forms import flag, many, maybe, merged, moment, number, record, text, whole

FINDING = record(
    id=text(),
    type=text(),
    severity=number(),
    title=text(),
    reported_by=text("Which of your own systems sent it, and how. Empty for a finding of an AWS service."),
)
INCIDENT = record(
    incident=text("The id of the incident."),
    opened=moment(),
    runbook=text(),
    subject=text("The key of the resource: kind/account/region/id."),
    kind=text(),
    account=text(),
    region=text(),
    id=text(),
    name=text("The Name tag in the newest finding. Anybody may have chosen it."),
    mode=text(
        "The mode of the decision that led to the newest changes or to the newest request for an approval. "
        "If there are none, the mode of the newest decision. Empty without a decision."
    ),
    reason=text("The reason of that decision."),
    later_decision=maybe(
        record(
            "The newest decision, if another one led to the changes or to the request.",
            mode=text(),
            reason=text(),
        )
    ),
    state=text("The status in words."),
    status=text("The status of docs/incident-status.md."),
    open=flag("A person or Ringfence still has something to do."),
    since=moment("When the status was reached."),
    requested=maybe(
        record(
            "The newest request of a run or a release.", what=text(), actor=text(), reason=text(), at=moment()
        )
    ),
    run_requested=maybe(
        record("The newest request of a run.", what=text(), actor=text(), reason=text(), at=moment())
    ),
    answers=many(
        record("", answer=text("`approve` or `reject`."), actor=text(), reason=text(), at=moment()),
        "What people answered about the newest plan, the oldest answer first.",
    ),
    undone=many(
        record("", at=moment(), who=text("Who did it. Empty if no event shows it."), call=text("The call.")),
        "Each time that containment was undone, if the resource was contained again afterwards.",
    ),
    verified_at=maybe(moment("When an open contained incident was last verified.")),
    severity=maybe(number("The severity of the worst finding.")),
    findings=many(FINDING, "The findings, the worst one first."),
    remote_addresses=many(text()),
    remaining=many(text()),
    refused=many(text()),
    exposure=many(text(), "The residual risk."),
    next=text("The command that comes next."),
)
SEALS = record(
    "What Ringfence's function says about the seals of the entries.",
    checked=flag(),
    sealed_=whole("The number of sealed entries."),
    forged_=many(whole(), "The numbers of entries that are not authentic."),
    unsealed_=many(whole()),
    unchecked_=many(whole()),
    reason=text("Why seals were not checked."),
)
CHANGE = record(
    words=text(),
    before=text(),
    after=text(),
    at=moment("When it was recorded, before it was made."),
    result=text("`applied`, another result, or `begun` if none is recorded."),
    detail=text(),
    undo=flag("It is part of a release."),
    by=text("Who made it: a person's ARN, or the name of a function."),
    finished=maybe(moment("When its outcome was recorded.")),
)
ENTRY = record(
    seq=whole(),
    at=moment(),
    actor=text(),
    kind=text("The recorded name of the fact."),
    words=text(),
    notes=many(text()),
    before=text(),
    after=text(),
    result=text(),
    requests=many(text(), "Request ids of AWS."),
    step=text(),
    hash=text(),
)
SHOWN = record(
    incident=text(),
    altered=many(text(), "Why lists do not show the incident as they should. Empty if they do."),
    responses=many(merged(INCIDENT, record(seals=SEALS, changes=many(CHANGE), entries=many(ENTRY)))),
)
VERDICT = record(
    incident=text(),
    chain=text("The runbook and the key of the resource."),
    entries=whole(),
    archived=maybe(whole()),
    pending=many(whole(), "The numbers of entries that are not archived yet."),
    faults=many(record(seq=whole(), wrong=text(), words=text())),
    remarks=many(text(), "Attempts that altered no entry."),
    unlogged=many(whole(), "The numbers of entries that are not in the transparency log yet."),
    sound=flag("No entry is wrong."),
    claim=text("The result in words."),
    seals_=SEALS,
)
LOG = record(
    key=text("The verifier key."),
    checkpoints=whole(),
    first_leaf=whole(),
    size=whole(),
    faults=many(text()),
    remarks=many(text()),
    awaited=text("Why nothing was compared with the log: it has no checkpoint yet. Empty if it has one."),
    newest=maybe(record(size=whole(), at=moment(), text=text("The checkpoint with its signature. Keep it."))),
)
COVERED = record(
    responses=whole(),
    records=whole("The number of records of the deployment, such as that of pauses."),
    entries=whole(),
    archived=whole(),
    pending=whole(),
    unlogged=whole("The number of entries that are not in the transparency log yet."),
    faulty=whole(),
    seals=record(
        sealed=whole(),
        unsealed=whole(),
        forged=whole(),
        unchecked=whole(),
        responses_not_checked=whole(),
        reason=text(),
    ),
    log=LOG,
)
BUNDLE = record(
    sound=flag("Nothing was altered, removed or added, and everything is proved."),
    faults=many(text(), "What was altered, removed or added."),
    unproved=many(text(), "Tables that are not proved, because another version of Ringfence made them."),
    incidents=many(text(), "The incidents that were named. Empty: everything of the period."),
    responses=whole(),
    records=whole("The number of records of the deployment, such as that of pauses."),
    entries=whole(),
    after=maybe(moment("The time of the checkpoint before the period. Null: since the log began.")),
    until=maybe(moment("The time of the checkpoint after the period.")),
    size=whole("The number of entries of the log at the end of the period."),
    key=text("The verifier key of the log."),
)
REFUSED_FINDING = record(
    at=moment(),
    sender=text("The ARN of the sender, or for the bus the account id."),
    way=text("`api` or `bus`."),
    who=text("The sender, in words."),
    finding=text("The id of the finding."),
    type=text(),
    field=text("The field that the policy does not allow."),
    value=text(),
    reason=text(),
)
