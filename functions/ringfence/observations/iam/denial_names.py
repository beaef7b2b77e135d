"""The names of our denials: each subject has its own, and the name of an inline policy tells the subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.step import Step
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.instance_denials import OWN_PATH
from ringfence.observations.iam.principals import ROLE, USER
from ringfence.observations.iam.reach import DENY_ALL, Reach, short_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.subject import Ref
    from ringfence.observations.iam.principals import Holder

NAME = "ringfence-deny"
"""The inline policy for a subject that is a user. The names for other subjects begin with it."""
MOST_OTHERS = 10
"""How many denials of other subjects are read."""
LONGEST = 128
"""The most characters in the name of a policy."""
INSTANCES = f"{NAME}-i-"
_BESIDE = re.compile(rf"{NAME}-[0-9a-f]{{10}}")
"""The name of the policy for a user, where the usual name has another policy."""


class InlineStep(Step):
    """A step that records an inline policy of ours. Older versions used other names."""

    name: str


class PolicyStep(Step):
    """A step that records a managed policy for the denial: where to look once it is attached nowhere."""

    @property
    def managed(self) -> str:
        """The ARN of the policy."""
        raise NotImplementedError


def is_own_policy(arn: str) -> bool:
    """Return whether a managed policy has Ringfence's path."""
    return ":policy" + OWN_PATH in arn and arn.startswith("arn:")


def denies(arn: str) -> bool:
    """Return whether Ringfence denies with a managed policy: its own, or the one that AWS offers."""
    return arn == DENY_ALL or is_own_policy(arn)


def inline_name(ref: Ref, reach: Reach, beside: str = "") -> str:
    """Name the inline policy of a subject: a user, a key, a session, or a role because of a session.

    A session's name is of letters that a policy's may have; the digest keeps apart what only differs in
    case. 128 characters at most. `beside`: the document that has the usual name and must stay.
    """
    if isinstance(ref, RoleSessionRef):
        kept = "".join(char if char.isascii() else "_" for char in ref.name)
        told = short_digest(f"{ref.id} {beside}" if beside else ref.id)
        return f"{NAME}-{'session' if reach.userid else 'role'}-{kept}-{told}"
    end = f"-{short_digest(beside)}" if beside else ""
    return f"{NAME}-{ref.id}"[: LONGEST - len(end)] + end if isinstance(ref, AccessKeyRef) else NAME + end


def inline_names(ref: Ref) -> tuple[str, ...]:
    """Return the usual names of the inline policies of a subject."""
    return tuple(dict.fromkeys(inline_name(ref, one) for one in _either(ref)))


def names_beside(ref: Ref, documents: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of a subject's inline policies beside those that have its usual names.

    `documents` are the inline policies that exist, by their names.
    """
    usual = ((inline_name(ref, one), one) for one in _either(ref))
    return tuple(inline_name(ref, one, documents[name]) for name, one in usual if name in documents)


def _either(ref: Ref) -> tuple[Reach, Reach]:
    """Return a reach of each kind with its own name: the whole holder, or one session."""
    return Reach(), Reach(userid=ref.id)


def subject_of(name: str, holder: Holder, account: str) -> Ref | None:
    """Return the subject that an inline policy is for. None if the name does not say so."""
    if name == NAME or _BESIDE.fullmatch(name):
        return UserRef(account, GLOBAL, holder.name) if holder.kind == USER else None
    kind, _, rest = name.removeprefix(f"{NAME}-").partition("-")
    if AccessKeyRef.pattern.fullmatch(kind):
        return AccessKeyRef(account, GLOBAL, kind, holder.name)
    session = f"{holder.id}:{rest.rpartition('-')[0]}"
    named = kind in {"role", "session"} and RoleSessionRef.pattern.fullmatch(session)
    return RoleSessionRef(account, GLOBAL, session, holder.name) if named else None


def own_arn(ref: Ref, holder: Holder, document: str) -> str:
    """Return the ARN of the managed policy of a subject; another document is another policy."""
    return f"{own_prefix(ref.account)}deny-{holder.name}-{short_digest(f'{ref.key} {document}')}"


def known_names(kind: str, ref: Ref, past: Iterable[Step]) -> tuple[str, ...]:
    """Return the names of a subject's inline policies, and those that earlier steps recorded."""
    is_held = isinstance(ref, RoleSessionRef) is (kind == ROLE)
    recorded = (step.name for step in past if isinstance(step, InlineStep))
    return tuple(dict.fromkeys((*(inline_names(ref) if is_held else ()), *recorded)))


def own_prefix(account: str) -> str:
    """Return how the ARN of every managed policy of ours begins."""
    return f"arn:aws:iam::{account}:policy{OWN_PATH}"
