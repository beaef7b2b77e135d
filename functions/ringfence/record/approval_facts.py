"""The facts about plans that wait for people: questions, answers, and what followed. Imported if needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.record.facts import Fact

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.policy.approvals import ApprovalRules


@value
class ApprovalRequested(Fact):
    """A plan waits for an answer of people.

    `digest` covers the plans of all stages, which `plans` names with the digest of each. They were made for
    the time `as_of`, from the first `known` entries of the incident. `vetoable`: the plan is carried out if
    nobody stops it. `steps` and `costs` are in words, for people who decide: the change and what it breaks.
    `cautions` say what speaks against it. `replaces` is the approval that this one
    follows, and `difference` says in words what is new. `escalated`: nobody answered that one. `limit`: the
    used limit because of which people are asked, such as `account/111122223333/hour`. Empty for none.
    """

    approval: str
    digest: str
    plans: tuple[tuple[str, str], ...]
    as_of: datetime
    expires_at: datetime
    rules: ApprovalRules
    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    known: int = 0
    vetoable: bool = False
    steps: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    replaces: str = ""
    difference: tuple[str, ...] = ()
    escalated: bool = False
    limit: str = ""


class Answer:
    """The answers of people to an approval."""

    APPROVE = "approve"
    REJECT = "reject"


@value
class ApprovalAnswered(Fact):
    """The actor of this entry, whom IAM authenticated, approved or rejected a plan.

    `break_glass`: the approval's rules about people did not apply. `batch`: the digest of the plans that were
    answered together. Empty for an answer to one plan.
    """

    approval: str
    answer: str
    reason: str
    break_glass: bool = False
    batch: str = ""


class Expiry:
    """What followed when nobody answered an approval in time.

    `EXECUTE` is only possible for a plan that people could veto and whose notice reached them.
    """

    REJECT = "reject"
    ESCALATE = "escalate"
    EXECUTE = "execute"


@value
class ApprovalExpired(Fact):
    """The time to answer is over. `detail` says in words what proves that people knew."""

    approval: str
    outcome: str
    detail: str = ""


@value
class ApprovalVoided(Fact):
    """An approval counts no more: its plan has changed, or there is nothing left to do.

    `difference` says in words how the plan differs. `replaced_by` is the new approval, if there is one.
    """

    approval: str
    why: str
    difference: tuple[str, ...] = ()
    replaced_by: str = ""
