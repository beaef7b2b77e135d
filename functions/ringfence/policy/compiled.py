"""The compiled policy: the JSON that is deployed with the functions.

It has the shape of the policy file. Every default is filled in, severities are numbers, and `home` is
replaced by the home account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import QUALIFIER
from ringfence.model.subject import ACCOUNT
from ringfence.policy.approvals import SHORTEST_VETO, ApprovalRules, OnExpiry
from ringfence.policy.circumstances import AccountFacts
from ringfence.policy.decision import Mode
from ringfence.policy.limits import (
    CRITICAL_DEFAULTS,
    DEFAULTS,
    MOST,
    MOST_SHARE,
    SHARE,
    WINDOWS,
    WITH_SHARE,
    Limit,
    Limits,
)
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.protection import Exempt, OwnRoles
from ringfence.policy.rules import HIGHEST, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.policy.look import Look
    from ringfence.policy.mappings import Mapped
    from ringfence.policy.senders import Sender
    from ringfence.policy.windows import Window

T = TypeVar("T")
VERSION = 1
LOOKS = ("auto_scaling_groups", "vpcs", "tags")
"""The conditions on what only the first read of a resource shows."""
IGNORE, ACT = "ignore", "act"
UNCONFIRMABLE = "unconfirmable"
HELD_BACK = "held-back"
HELD_MODES = (Mode.DRY_RUN, Mode.APPROVE)
"""The modes of what is held back because of its resource."""
CAPS = (Mode.NOTIFY, Mode.DRY_RUN, Mode.APPROVE, Mode.AUTO)
"""The modes of findings that their source can no longer confirm."""
MODES = tuple(Mode)
"""The modes that a policy can set."""


def policy_from_json(data: object) -> Policy:
    """Read a compiled policy. Raises BadInput that names the field, so an invalid policy permits nothing."""
    document = Document.of(data)
    if (version := document.integer("version")) != VERSION:
        raise BadInput("version", f"must be {VERSION}", version)
    scope, findings = document.child("scope"), document.child("findings")
    accounts = _accounts(scope)
    if not accounts:
        raise BadInput(scope.at("accounts"), "must name at least one account")
    return Policy(
        accounts=accounts,
        regions=scope.texts("regions"),
        rules=tuple(_rule(rule) for rule in document.children("rules")),
        default=_one_of(document, "default", {mode.value: mode for mode in MODES}),
        act_on_samples=_one_of(findings, "samples", {IGNORE: False, ACT: True}),
        act_on_archived=_one_of(findings, "archived", {IGNORE: False, ACT: True}),
        unconfirmable=_one_of(findings, UNCONFIRMABLE, {mode.value: mode for mode in CAPS}),
        held_back=_held_back(findings),
        runbooks=_runbooks(document.child("runbooks")),
        exempt=tuple(_exempt(one) for one in document.children("exempt")),
        organization=_organization(document.optional_child("organization")),
        config_rules=_pairs(document.optional_child("config_rules")),
        own=_own(document.optional_child("own")),
        approvals=_approvals(document.optional_child("approvals")),
        limits=_limits(document.optional_child("limits")),
        outputs=_outputs(document.optional_child("outputs")),
        digest=document.optional_text("digest") or "",
        senders=_senders(document) if document.items("senders") else (),
        mappings=_mappings(document) if document.items("mappings") else (),
    )


def _mappings(document: Document) -> tuple[Mapped, ...]:
    from ringfence.policy.mappings import Mapped  # most policies have no mappings

    modes = {mode.value: mode for mode in MODES}
    return tuple(
        Mapped(
            one.text("product"),
            one.text("runbook"),
            one.text("finding"),
            one.number("severity"),
            mode=_one_of(one, "mode", modes),
        )
        for one in document.children("mappings")
    )


def _senders(document: Document) -> tuple[Sender, ...]:
    from ringfence.policy.senders import Sender  # most policies name no senders

    modes = {mode.value: mode for mode in MODES}
    return tuple(
        Sender(
            subjects=one.texts("subjects"),
            mode=_one_of(one, "mode", modes),
            role=one.optional_text("role") or "",
            account=one.optional_text("account") or "",
            types=one.texts("types"),
            runbooks=one.texts("runbooks"),
        )
        for one in document.children("senders")
    )


def _approvals(rules: Document) -> ApprovalRules:
    """Read the rules of approvals. Without them, the defaults hold."""
    if not rules.value:
        return ApprovalRules()
    found = ApprovalRules(
        expires=rules.integer("expires"),
        on_expiry=_one_of(rules, "on_expiry", {one.value: one for one in OnExpiry}),
        veto=rules.integer("veto"),
        roles=rules.texts("roles"),
        count=rules.integer("count"),
        other_than_requester=rules.flag("other_than_requester"),
    )
    if not SHORTEST_VETO <= found.veto < found.expires:
        raise BadInput(rules.at("veto"), "must be a minute or more, and less than `expires`", found.veto)
    return found


def _held_back(findings: Document) -> Mode:
    """Read the mode of what is held back. A policy that was compiled before there was one asks."""
    if not findings.has(HELD_BACK):
        return Mode.APPROVE
    return _one_of(findings, HELD_BACK, {mode.value: mode for mode in HELD_MODES})


def _limits(limits: Document) -> Limits:
    """Read the limits. Without them, the defaults hold."""
    if not limits.value:
        return Limits()
    critical = limits.child("critical")
    return Limits(
        tuple(_limit(limits, one.scope) for one in DEFAULTS),
        tuple(_limit(critical, one.scope) for one in CRITICAL_DEFAULTS),
    )


def _outputs(outputs: Document) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Read the outputs that are on. A policy that was compiled before there were any has none."""
    return tuple((id_, _pairs(outputs.child(id_))) for id_ in sorted(outputs.value))


def _limit(limits: Document, scope: str) -> Limit:
    if not limits.has(scope):
        return Limit(scope)  # a policy that was compiled before there was this scope has no limit for it
    given = limits.child(scope)
    hour, day = (given.integer(name) for name, _ in WINDOWS)
    for name, most in (("hour", hour), ("day", day)):
        if not 0 <= most <= MOST:
            raise BadInput(given.at(name), f"must be a number from 0 to {MOST}", most)
    if scope not in WITH_SHARE or not given.has(SHARE):
        return Limit(scope, hour, day)  # a policy that was compiled before there were shares has none
    share = given.integer(SHARE)
    if not 1 <= share <= MOST_SHARE:
        raise BadInput(given.at(SHARE), f"must be a number from 1 to {MOST_SHARE}", share)
    return Limit(scope, hour, day, share)


def _own(own: Document) -> OwnRoles:
    """Read the roles of the deployment. Without them, no role is its own."""
    if not own.value:
        return OwnRoles()
    qualifier = own.optional_text("qualifier") or QUALIFIER
    regions = own.texts("regions") if own.has("regions") else ()
    return OwnRoles(own.text("home"), own.texts("member"), own.texts("at_home"), qualifier, regions)


def _rule(rule: Document) -> Rule:
    return Rule(
        mode=_one_of(rule, "mode", {mode.value: mode for mode in MODES}),
        runbook=rule.text("runbook"),
        finding=rule.text("finding"),
        min_severity=rule.number("severity"),
        max_severity=rule.number("severity_to") if rule.has("severity_to") else HIGHEST,
        accounts=_accounts(rule),
        name=rule.optional_text("name") or "",
        reason=rule.optional_text("reason") or "",
        remediations=rule.texts("remediations"),
        regions=rule.texts("regions"),
        sources=rule.texts("sources"),
        affects=rule.optional_text("affects") or "",
        units=rule.texts("units"),
        account_tags=_pairs(rule.optional_child("account_tags")),
        during=_during(rule) if rule.items("during") else (),
        look=_look(rule),
    )


def _organization(facts: Document) -> tuple[AccountFacts, ...]:
    accounts = ((account, facts.child(account)) for account in sorted(facts.value))
    return tuple(
        AccountFacts(account, one.texts("units"), _values(one.optional_child("tags")))
        for account, one in accounts
    )


def _values(texts: Document) -> tuple[tuple[str, str], ...]:
    return tuple((name, texts.optional_text(name) or "") for name in sorted(texts.value))


def _look(rule: Document) -> Look | None:
    if not any(map(rule.has, LOOKS)):
        return None
    tags = _pairs(rule.optional_child("tags"))
    groups, vpcs = rule.texts("auto_scaling_groups"), rule.texts("vpcs")
    if not groups and not vpcs and not tags:
        return None
    from ringfence.policy.look import Look  # most policies have no such rules

    return Look(groups, vpcs, tags)


def _during(rule: Document) -> tuple[Window, ...]:
    from ringfence.policy.windows import DAYS, Window  # most policies have no time windows

    found = []
    for one in rule.children("during"):
        days = one.texts("weekdays")
        if unknown := frozenset(days) - frozenset(DAYS):
            raise BadInput(one.at("weekdays"), f"must be some of {', '.join(DAYS)}", min(unknown))
        hours = tuple((span.integer("from"), span.integer("to")) for span in one.children("hours"))
        found.append(Window(one.text("zone"), tuple(map(DAYS.index, days)), hours, one.texts("holidays")))
    return tuple(found)


def _accounts(document: Document) -> tuple[str, ...]:
    accounts = document.texts("accounts")
    for index, account in enumerate(accounts):
        if not ACCOUNT.fullmatch(account):
            raise BadInput(f"{document.at('accounts')}[{index}]", "must be a 12-digit account id", account)
    return accounts


def _pairs(texts: Document) -> tuple[tuple[str, str], ...]:
    return tuple((name, texts.text(name)) for name in sorted(texts.value))


def _runbooks(runbooks: Document) -> tuple[tuple[str, RunbookSettings], ...]:
    return tuple((id_, _settings(runbooks.child(id_))) for id_ in sorted(runbooks.value))


def _settings(settings: Document) -> RunbookSettings:
    choices, answers = settings.child("choices"), settings.child("answers")
    if not settings.has("held"):
        raise BadInput(
            settings.at("held"),
            "is required: without it, remediations that can break a workload would be applied",
        )
    return RunbookSettings(
        remediations=settings.texts("remediations"),
        choices=tuple((name, choices.optional_text(name) or "") for name in sorted(choices.value)),
        kept_dry=settings.texts("held"),
        answers=tuple((id_, answers.texts(id_)) for id_ in sorted(answers.value)),
        together=_together(settings.optional_child("together")),
    )


def _together(together: Document) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((id_, together.texts(id_)) for id_ in sorted(together.value))


def _exempt(exempt: Document) -> Exempt:
    return Exempt(
        subject=exempt.text("subject"),
        reason=exempt.text("reason"),
        runbook=exempt.text("runbook"),
        remediations=exempt.texts("remediations"),
        owner=exempt.optional_text("owner") or "",
        expires=exempt.optional_text("expires") or "",
        protected=exempt.flag("protected"),
    )


def _one_of(document: Document, key: str, values: Mapping[str, T]) -> T:
    given = document.text(key)
    if given not in values:
        raise BadInput(document.at(key), f"must be one of {', '.join(values)}", given)
    return values[given]
