"""The forms of what the API for operators answers. The commands print most of them."""

from __future__ import annotations

from ringfence.handlers.json_forms import flag, many, maybe, moment, number, record, text, whole

SUBJECT = record(
    "The resource.", kind=text("A kind of docs/kinds.md."), account=text(), region=text(), id=text()
)
STEP = record(
    kind=text("The recorded name of the step's class."),
    words=text("What is changed."),
    target=text("What is changed, as a stable text."),
    before=text("The value before."),
    after=text("The value after."),
    cost=text("What it costs or breaks. Empty if nothing."),
    irreversible=text("Why a release does not undo it. Empty if it does."),
)
PLAN = record(
    stage=text(),
    title=text(),
    digest=text("The digest to which a confirmation applies."),
    steps=many(STEP),
    exposure=many(text(), "The residual risk."),
)
VERIFIED = record(
    "The newest verification.",
    contained=flag(),
    complete=flag(),
    remaining=many(text(), "The steps that remain."),
    settling=many(text(), "Changes that are not visible yet."),
    refused=many(text(), "What AWS refused permanently."),
    exposure=many(text(), "The residual risk."),
    judged=flag("Containment was part of this run."),
    review=many(text(), "What a person must review."),
    whole=flag("Every stage was read."),
    remediations=many(text()),
    waiting=many(text(), "What AWS services do in their own time."),
    open_access=many(text(), "What still lets an intruder in."),
    unsettled=many(text(), "Targets that a release restored a moment ago."),
)
RESULT = record(
    status=text("A status of docs/incident-status.md, or the kind of an error."),
    incident=text(),
    reason=text("Why. Empty if there is nothing to say."),
    runbook=text(),
    subject=SUBJECT,
    plans=many(PLAN),
    verified=maybe(VERIFIED),
    again=many(text(), "Why Ringfence reads the resource again."),
    goes_on=flag("Later stages follow."),
    exempt_=many(text(), "What protects or exempts the resource."),
    protected_=flag("The policy protects it: nobody can insist on the run."),
    paused=many(text(), "The pauses that hold it."),
    remediations_=many(text(), "What the run includes."),
    as_of=maybe(moment("The time for which the plan was made.")),
    whole_=flag("The run includes containment."),
)
STATUS = record(
    incident=text(),
    runbook=text(),
    subject=SUBJECT,
    code=text("A status of docs/incident-status.md."),
    state=text("The status in words."),
    acting=flag("An execution changes the resource now."),
    resting=flag("Only AWS services or a person have work left."),
    contained=flag(),
    complete=flag(),
    remaining=many(text()),
    settling=many(text()),
    refused=many(text()),
    review=many(text()),
    open_access=many(text()),
    exposure=many(text()),
    entries=whole("The number of entries."),
    paused=many(text()),
    lines=many(record(at=moment(), kind=text(), words=text(), notes=many(text()), result=text())),
)
RECHECK = record(
    incident=text(),
    runbook=text(),
    subject=SUBJECT,
    standing=text("`contained`, `broken`, `unclear`, `gone`, `ended` or `unwatched` (nothing was read)."),
    complete=flag("It is contained, and no stage had a step left when all stages were last verified."),
    open=many(text(), "What must be done again."),
    reason=text(),
    answered=flag("Ringfence contains it again."),
    verified_at=moment("The time of the verification before."),
)
APPROVAL = record(
    approval=text(),
    incident=text(),
    runbook=text(),
    subject=SUBJECT,
    status=text("`waiting`, `approved`, `begun`, `rejected`, `expired` or `voided`."),
    state=text("The status of the incident, in words."),
    finding=maybe(record("The worst finding.", type=text(), severity=number(), title=text())),
    so_far=text("What has been changed before the answer, in words."),
    plan=text("The digest of the plan."),
    requested_at=moment(),
    expires_at=moment(),
    vetoable=flag(),
    veto_seconds=whole(),
    remediations=many(text()),
    steps=many(text()),
    costs=many(text()),
    cautions=many(text()),
    difference=many(text()),
    escalated=flag(),
    limit=text("The limit behind which it waits. Empty if there is none."),
    roles=many(text()),
    who=many(text(), "Who may approve, in words. Empty: every approver."),
    missing=whole("How many more must approve."),
    answers=many(record(actor=text(), answer=text(), reason=text(), at=moment(), break_glass_=flag())),
)
OUTCOME = record(
    incident=text(), approval=text(), outcome=text(), kind=text(), missing_=whole(), reason=text()
)
PAUSE = record(
    id=text(),
    scope=text(),
    who=text(),
    reason=text(),
    at=moment(),
    until=moment(),
    runbook=text(),
    account=text(),
    incident=text(),
)
LIMIT = record(
    limit=text(),
    most=whole(),
    used=whole(),
    free=whole(),
    next_free_at=maybe(moment()),
    breaker=maybe(record(incident=text(), opened_at=moment(), closes_at=moment())),
)
LETTER = record(
    queue=text(),
    id=text(),
    at_=moment(),
    type_=text(),
    account_=text(),
    region_=text(),
    why_=text("What is wrong with the message, if its form is: field, problem and value."),
    error_=text(),
)
RELEASED = record(
    incident=text(),
    altered=many(text(), "Why lists do not show the incident as they should: somebody altered the table."),
    releases=many(RESULT),
)
