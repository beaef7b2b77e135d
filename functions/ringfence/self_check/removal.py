"""How a deployment is removed: its stacks in order, and what stays after them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.record.shell import typed
from ringfence.self_check.places import AUDIT_STACK, HOME_STACKS, MEMBER_STACK, OPTIONAL_STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.self_check.places import Stack
    from ringfence.self_check.stacks import StackState

_LATER = tuple(one for one in reversed(HOME_STACKS) if one != AUDIT_STACK)
_ORDER = (*OPTIONAL_STACKS, *_LATER, MEMBER_STACK, AUDIT_STACK)
"""After the forwarding stacks. The stacks of the home account import from those before them, and their
functions assume member roles.
"""


@frozen
class Removal:
    """One stack to delete.

    Attributes
    ----------
    stack : Stack
        The stack.
    orphaned : bool
        Whether the policy's scope does not name its region.
    commands : tuple of str
        The commands that delete it.
    """

    stack: Stack
    orphaned: bool
    commands: tuple[str, ...]


@frozen
class Kept:
    """One resource that stays after its stack is deleted.

    Attributes
    ----------
    stack : Stack
        The stack that it belongs to.
    noun, id : str
        What it is.
    reason : str
        What prevents its deletion. Empty if nothing does.
    commands : tuple of str
        The commands that delete it.
    """

    stack: Stack
    noun: str
    id: str
    reason: str
    commands: tuple[str, ...]


def removals(found: Mapping[Stack, StackState], orphaned: frozenset[Stack]) -> tuple[Removal, ...]:
    """Return the stacks in the order in which they are deleted."""
    return tuple(
        Removal(stack, stack in orphaned, tuple(_deletion(stack, protected=found[stack].protected)))
        for stack in sorted(found, key=_rank)
    )


def _rank(stack: Stack) -> tuple[int, str, str]:
    rank = _ORDER.index(stack.name) + 1 if stack.name in _ORDER else 0
    return rank, stack.account, stack.region


def _deletion(stack: Stack, *, protected: bool) -> Iterator[str]:
    which = ("--stack-name", stack.name)
    unprotect = ("update-termination-protection", "--no-enable-termination-protection")
    for verb in (*([unprotect] if protected else ()), ("delete-stack",), ("wait", "stack-delete-complete")):
        yield _aws(stack, "cloudformation", *verb, *which)


def kept(found: Mapping[Stack, StackState]) -> tuple[Kept, ...]:
    """Return the resources that stay, as the deployed templates say: keys last, for others are encrypted."""
    listed = [one for stack, state in found.items() for one in _kept(stack, state)]
    return tuple(sorted(listed, key=lambda one: (one.noun == "key", one.stack.account, one.stack.region)))


def _kept(stack: Stack, state: StackState) -> Iterator[Kept]:
    for logical, resource in _mapping(state.template.get("Resources")).items():
        declared, id_ = _mapping(resource), state.ids.get(str(logical), "")
        if declared.get("DeletionPolicy") != "Retain" or not id_:
            continue
        properties = _mapping(declared.get("Properties"))
        match declared.get("Type"):
            case "AWS::DynamoDB::Table":
                yield _table(stack, id_, properties)
            case "AWS::S3::Bucket":
                yield _bucket(stack, id_, properties)
            case "AWS::KMS::Key":
                yield _key(stack, id_)
            case "AWS::Logs::LogGroup":
                delete = _aws(stack, "logs", "delete-log-group", "--log-group-name", id_)
                yield Kept(stack, "log group", id_, "", (delete,))
            case "AWS::S3::BucketPolicy":  # it stays with its bucket, and is deleted with it
                continue
            case other:
                yield Kept(stack, str(other), id_, "Ringfence knows no command for it", ())


def _table(stack: Stack, id_: str, properties: Mapping[str, object]) -> Kept:
    named = ("--table-name", id_)
    delete = _aws(stack, "dynamodb", "delete-table", *named)
    if properties.get("DeletionProtectionEnabled") is not True:
        return Kept(stack, "table", id_, "", (delete,))
    unprotect = _aws(stack, "dynamodb", "update-table", "--no-deletion-protection-enabled", *named)
    return Kept(stack, "table", id_, "deletion protection", (unprotect, delete))


def _bucket(stack: Stack, id_: str, properties: Mapping[str, object]) -> Kept:
    """S3 deletes only empty buckets: each object in all its versions must be gone."""
    rule = _mapping(_mapping(properties.get("ObjectLockConfiguration")).get("Rule"))
    lock = _mapping(rule.get("DefaultRetention"))
    days = str(lock.get("Days"))
    long = counted(int(days), "day") if days.isdecimal() else "an unknown time"
    reason = (
        f"Object Lock: each object is locked for {long} in {lock.get('Mode')} mode"
        if lock
        else "it must be empty"
    )
    return Kept(stack, "bucket", id_, reason, (_aws(stack, "s3api", "delete-bucket", "--bucket", id_),))


def _key(stack: Stack, id_: str) -> Kept:
    window = ("--pending-window-in-days", "30")
    delete = _aws(stack, "kms", "schedule-key-deletion", *window, "--key-id", id_)
    reason = "only the root user and the break-glass roles may; nothing it encrypts can be read afterwards"
    return Kept(stack, "key", id_, reason, (delete,))


def _aws(stack: Stack, *words: str) -> str:
    """Return a command in the region of a stack. A name can be one that somebody else chose."""
    return typed("aws", *words, "--region", stack.region)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
