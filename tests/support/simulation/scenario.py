"""What a seed begins with: the subjects, and what people, services and intruders do, and when."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from ringfence.local.samples import guardduty
from ringfence.local.samples import guardduty_callers as callers
from ringfence.model.codec import instant_text
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import unique
from ringfence.model.subject import GLOBAL
from ringfence.observations.ec2.target_groups import Registration, Target, Targets
from ringfence.observations.iam.access_key import ACTIVE, AccessKey, Key
from ringfence.observations.iam.other_credentials import OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.policy.approvals import ApprovalRules, OnExpiry
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from tests.support.simulation.faults import Chances, Outage
from tests.support.strategies.contain_credentials import CASES as CREDENTIALS
from tests.support.strategies.contain_instance import CASES as INSTANCES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.model.subject import Ref
    from tests.support.runbook_worlds import Case

BAD_TIMES = 300.0
"""For how many seconds faults happen."""
ACCOUNT = "111122223333"


@dataclass(frozen=True)
class Subject:
    """A subject, with the case that it is an example of. Subjects of one `home` share what is observed."""

    name: str
    ref: Ref
    case: Case
    home: str

    @property
    def key(self) -> ChainKey:
        """The key of its chain."""
        return ChainKey(self.case.runbook.id, self.ref.key)

    def event(self, id_: str, now: datetime) -> str:
        """Return a finding of GuardDuty about it, as its queue delivers it."""
        event = self._event()
        at = instant_text(now)
        for field, value in (
            ("detail.id", id_),
            ("detail.accountId", self.ref.account),
            ("detail.updatedAt", at),
            ("detail.service.eventLastSeen", at),
        ):
            event = guardduty.changed(event, field, value)
        return json.dumps(event)

    def _event(self) -> guardduty.Json:
        if isinstance(self.ref, InstanceRef):
            event = guardduty.instance_finding()
            return guardduty.changed(event, "detail.resource.instanceDetails.instanceId", self.ref.id)
        if isinstance(self.ref, RoleSessionRef):
            return callers.credentials_finding(
                details={
                    "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                    "principalId": self.ref.id,
                    "userType": "AssumedRole",
                    "userName": self.ref.role,
                }
            )
        key = self.ref.id if isinstance(self.ref, AccessKeyRef) else ""
        owner = self.ref.user if isinstance(self.ref, AccessKeyRef) else self.ref.id
        return callers.credentials_finding(
            details={
                "accessKeyId": key,
                "principalId": "AIDAIOSFODNN7EXAMPLE",
                "userType": "IAMUser",
                "userName": owner,
            }
        )


@dataclass(frozen=True, order=True)
class Act:
    """What somebody does at a time: `who` says what kind of act it is."""

    at: float
    who: str
    subject: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.at:.1f}", self.who, self.subject, self.detail)))


@dataclass(frozen=True)
class Scenario:
    """The beginning of a run. Equal seeds give equal scenarios."""

    family: str
    subjects: tuple[Subject, ...]
    acts: tuple[Act, ...]
    outages: tuple[Outage, ...]

    def named(self, name: str) -> Subject:
        """Return a subject by its name."""
        return next(one for one in self.subjects if one.name == name)


APPROVED = "an instance whose plan people approve"
"""The family of subjects whose policy asks people."""
RULES = ApprovalRules(expires=200, on_expiry=OnExpiry.ESCALATE, veto=60)


def policy_of(subjects: tuple[Subject, ...], mode: str) -> Policy:
    """Return a policy with this mode for everything, or with another account as its scope."""
    settings = {
        one.case.runbook.id: RunbookSettings(one.case.runbook.ids, one.case.chosen) for one in subjects
    }
    scope = ("999988887777",) if mode == "elsewhere" else (ACCOUNT,)
    rule = Rule(Mode.AUTO if mode == "elsewhere" else Mode(mode), name="the rule")
    return Policy(
        scope,
        rules=(rule,),
        runbooks=tuple(settings.items()),
        approvals=RULES,
        digest=hashlib.sha256(mode.encode()).hexdigest(),
    )


def _instance(name: str, number: int, case: Case) -> Subject:
    ref = InstanceRef(ACCOUNT, "eu-west-1", f"i-{number:017x}")
    targets = Targets((Registration("tg-a", frozenset({Target(ref.id, 80)})),), 0)
    state = ResourceState(ref, case.state.observations).with_observation(targets)
    return Subject(name, ref, replace(case, state=state), name)


def _principal(name: str, case: Case, ref: Ref, home: str) -> Subject:
    keys = AccessKey("deploy", (Key("AKIAIOSFODNN7EXAMPLE", ACTIVE), Key("AKIAI44QH8DHBEXAMPLE", ACTIVE)))
    observations = dict(case.state.observations)
    if home == "deploy":
        observations[AccessKey] = keys
    else:
        observations |= {Password: Password(), OtherCredentials: OtherCredentials()}  # a role has none
    return Subject(name, ref, replace(case, state=ResourceState(ref, observations)), home)


@cache
def families() -> dict[str, tuple[Subject, ...]]:
    """Return the sets of subjects of which a seed chooses one."""
    from tests.support.strategies.credentials import KEY, NAMED, OTHER_KEY, OTHER_SESSION, PERSON

    beside = AccessKeyRef(ACCOUNT, GLOBAL, OTHER_KEY, "deploy")
    everything = CREDENTIALS["user-denied-everything"]
    role = replace(CREDENTIALS["session"], choices={"role-deny": "role"})
    sessions = CREDENTIALS["session"]
    default, detached, standby = (INSTANCES[name] for name in ("defaults", "detached", "on-standby"))
    return {
        "an instance": (_instance("web-1", 1, default),),
        "an instance with every option": (_instance("web-1", 1, detached),),
        "two instances of one Auto Scaling group": (
            _instance("web-1", 1, standby),
            _instance("web-2", 2, standby),
        ),
        "a key": (_principal("key-1", CREDENTIALS["key"], KEY, "deploy"),),
        "two keys of one user": (
            _principal("key-1", everything, KEY, "deploy"),
            _principal("key-2", everything, beside, "deploy"),
        ),
        "a key and its user": (
            _principal("key-1", CREDENTIALS["user"], KEY, "deploy"),
            _principal("user", CREDENTIALS["user"], PERSON, "deploy"),
        ),
        "two sessions of one role": (
            _principal("alice", role, NAMED, "web"),
            _principal("bob", role, OTHER_SESSION, "web"),
        ),
        "an instance and a session of its role": (
            _instance("web-1", 1, default),
            _principal("alice", sessions, NAMED, "web"),
        ),
        APPROVED: (_instance("web-1", 1, default),),
    }


def scenario(seed: int, family: str = "") -> Scenario:
    """Return what a seed begins with."""
    draw = Chances(seed)
    names = tuple(families())
    family = family or names[seed % len(names)]
    subjects = families()[family]
    acts = [*_acts(draw, subjects), *(_answers(draw, subjects) if family == APPROVED else ())]
    return Scenario(family, subjects, tuple(sorted(acts)), tuple(_outages(draw, subjects)))


def _answers(draw: Chances, subjects: tuple[Subject, ...]) -> Iterator[Act]:
    """People are asked from the beginning, and answer sometimes at once, sometimes late, or not at all."""
    yield Act(-1, "policy", "", draw.chosen(("approve", "approve", "auto-unless-vetoed"), "asks"))
    for one in subjects:
        for number in range(draw.number(0, 4, one.name, "answers")):
            answer = "approve" if draw.unit(one.name, "answer", number) < 0.7 else "reject"
            who = draw.chosen(("anna", "bert"), one.name, "who", number)
            at = draw.between(1, 290, one.name, "answers at", number)
            yield Act(at, "answer", one.name, f"{answer} {who}")


def _acts(draw: Chances, subjects: tuple[Subject, ...]) -> list[Act]:
    acts: list[Act] = []
    for one in subjects:
        for number in range(draw.number(1, 3, one.name, "findings")):
            at = draw.between(0, 60 * number + 5, one.name, "finding", number)
            same = number and draw.unit(one.name, "update", number) < 0.4
            acts.append(Act(at, "finding", one.name, f"{one.name}-{0 if same else number}"))
        if draw.unit(one.name, "released") < 0.6:
            acts.append(Act(draw.between(1, 220, one.name, "release"), "release", one.name))
            if draw.unit(one.name, "active again") < 0.5:
                at = draw.between(60, 280, one.name, "again")
                acts.append(Act(at, "finding", one.name, f"{one.name}-again"))
        if draw.unit(one.name, "by hand") < 0.25:
            kind = draw.chosen(("run", "confirmed run", "dry run"), one.name, "kind of run")
            acts.append(Act(draw.between(0, 200, one.name, "run"), kind, one.name))
        for number in range(
            draw.number(0, 2, one.name, "drift") if draw.unit(one.name, "drifts") < 0.5 else 0
        ):
            quiet = "unheard" if draw.unit(one.name, "heard", number) < 0.25 else "heard"
            acts.append(Act(draw.between(20, 290, one.name, "drifts at", number), "undoes", one.name, quiet))
    if draw.unit("policy changes") < 0.3:
        mode = draw.chosen(("dry-run", "notify", "dry-run", "elsewhere"), "mode")
        at = 150 * draw.unit("policy at") ** 3
        acts.append(Act(at, "policy", "", mode))
        if draw.unit("policy comes back") < 0.5:
            acts.append(Act(at + draw.between(5, 100, "back"), "policy", "", "auto"))
    if draw.unit("a person looks") < 0.3:
        acts.append(Act(draw.between(60, 290, "looks at"), "recheck"))
    return acts


def _outages(draw: Chances, subjects: tuple[Subject, ...]) -> list[Outage]:
    if draw.unit("outage") > 0.3:
        return []
    runbooks = [subject.case.runbook.on(subject.ref) for subject in subjects]
    if draw.unit("of the first stage") < 0.5:
        runbooks = [one.narrowed(part.id for part in one.stages[0].remediations) for one in runbooks]
    steps = unique(step.__name__ for one in runbooks for step in one.steps)
    start = draw.between(0, 60, "outage at")
    end = start + draw.between(5, 150, "outage for")
    how = draw.chosen(("throttled", "denied", "refused"), "how")
    forever = how == "refused" and draw.unit("for good") < 0.5
    what = draw.chosen((*steps, "observe", "append", "read"), "what fails")
    if what in {"observe", "append", "read"}:
        how, forever = "throttled", False
    return [Outage(start, 1e12 if forever else end, what, how)]
