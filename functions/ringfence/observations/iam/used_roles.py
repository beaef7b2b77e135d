"""The roles whose sessions a principal has: its own role, or those that a user or key assumed.

Who else uses such a role is read for what its trust policy lets use it, in the regions where it may be: one
page each, which bounds what is read.
"""

from __future__ import annotations

import json
import re
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import Observation
from ringfence.model.subject import GLOBAL
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.iam.identity import ROLES, Role, RoleStep, get_role_policy
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import name_of, region_in
from ringfence.observations.iam.role_sessions import RoleUse, revocations, role_use
from ringfence.observations.logging.trail import SESSION, Trail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


MOST_ROLES, MOST_TASKS = 10, 20
_ROLE_ARN = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):role/(?:[!-~]+/)?(?P<name>[\w+=,.@-]{1,64})")
_NO_RESOURCES = "its list and describe actions have no resource types"
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnrecognizedClientException")
"""A region may be switched off, or denied by the organization: who uses a role there is then not known."""


@value
class UsedRole:
    """A role, who else uses it, and when the principal began its last session of it; None for its own."""

    use: RoleUse
    assumed_at: datetime | None = None


@value
class UsedRoles(Observation):
    """The principal's own role, and those that it assumed according to CloudTrail.

    Attributes
    ----------
    roles : tuple of UsedRole
        Each once, with the start of the principal's last session of it.
    elsewhere : tuple of str
        ARNs of roles that are in other accounts, or that were not read.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
    """

    roles: tuple[UsedRole, ...] = ()
    elsewhere: tuple[str, ...] = ()
    """ARNs of roles that were assumed in other accounts, or that were not looked at."""

    permissions: ClassVar = (
        *Trail.permissions,
        *(
            Permission(f"iam:{action}", (ROLES,))
            for action in ("GetRolePolicy", "ListInstanceProfilesForRole", "ListRolePolicies")
        ),
        *ec2_describes("IamInstanceProfileAssociations"),
        Permission("lambda:ListFunctions", ("*",), reason=_NO_RESOURCES),
        Permission("ecs:ListTaskDefinitionFamilies", ("*",), reason=_NO_RESOURCES),
        Permission("ecs:DescribeTaskDefinition", ("*",), reason=_NO_RESOURCES),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Find the roles, also those of earlier steps, then their policies and uses."""
        assumed: dict[str, datetime | None] = {}
        held = (step.held for step in past if isinstance(step, RoleStep))
        remembered = tuple(role for role in held if role)
        elsewhere: list[str] = []
        if isinstance(ref, RoleSessionRef):
            _, name = yield from name_of(ref)
            assumed[name] = None
        else:
            trail = yield from Trail.read(ref, past)
            for arn, at in _assumed(trail):
                found = _ROLE_ARN.fullmatch(arn)
                name = found["name"] if found and found["account"] == ref.account else ""
                if name and (name in assumed or len(assumed) < MOST_ROLES):
                    assumed[name] = at
                else:
                    elsewhere.append(arn)
        assumed.update({role.name: assumed.get(role.name) for role in remembered})
        uses = yield from _uses(tuple(assumed))
        return cls(
            tuple(UsedRole(use, assumed[use.role.name]) for use in uses), tuple(dict.fromkeys(elsewhere))
        )

    def role(self, role: Role) -> RoleUse | None:
        """Return what is known of a role; None if it no longer exists."""
        return next((one.use for one in self.roles if one.use.role.id == role.id), None)


def _assumed(trail: Trail) -> Iterator[tuple[str, datetime]]:
    """Yield the roles in the order of time: a later session replaces an earlier one."""
    for trace in sorted(trail.traces, key=lambda one: one.at):
        if trace.kind == SESSION and ":role/" in trace.name:
            yield trace.name, trace.at


def _uses(names: tuple[str, ...]) -> SansIO[tuple[RoleUse, ...]]:
    """Read the roles; then their policies; then our revocations among these and who else uses them."""
    if not names:
        return ()
    described = yield tuple(
        Call("iam", "GetRole", {"RoleName": name}, expected=NO_SUCH_ENTITY) for name in names
    )
    found = tuple(answer.child("Role") for answer in described if not isinstance(answer, Failed))
    roles = tuple(
        Role(one.text("RoleName"), one.text("RoleId"), one.optional_text("Path") or "/") for one in found
    )
    if not roles:
        return ()
    kinds = ("ListRolePolicies", "ListInstanceProfilesForRole")
    listed = yield tuple(
        Call("iam", kind, {"RoleName": role.name}, pages=True, expected=NO_SUCH_ENTITY)
        for role in roles
        for kind in kinds
    )
    asked = tuple(
        (role, name) for role, names_ in zip(roles, listed[::2], strict=True) for name in revocations(names_)
    )
    policies = (yield tuple(get_role_policy(role, name) for role, name in asked)) if asked else ()
    answers = tuple(zip(asked, policies, strict=True))
    others = yield from _others(found, listed[1::2])
    return tuple(
        role_use(role, ((name, policy) for (owner, name), policy in answers if owner.id == role.id), who)
        for role, who in zip(roles, others, strict=True)
    )


def _others(roles: tuple[Document, ...], profiles: tuple[Answer, ...]) -> SansIO[tuple[tuple[str, ...], ...]]:
    """Return for each role the instances, functions and task definitions that were found to use it."""
    plan = [
        (index, reading, region)
        for index, role in enumerate(roles)
        for service, reading in _READINGS
        if service in _trusted(role)
        for region in dict.fromkeys((GLOBAL, region_in(role.optional_child("RoleLastUsed"))))
        if region
    ]
    calls = tuple(reading(region) for _, reading, region in plan)
    answers = (yield calls) if calls else ()
    described = yield from _task_definitions(plan, answers)
    who: list[set[str]] = [set() for _ in roles]
    for (index, reading, region), answer in zip(plan, answers, strict=True):
        arn = roles[index].text("Arn")
        if reading is _associations:
            who[index].update(_instances(answer, profiles[index]))
        elif reading is _functions:
            who[index].update(_named(answer, "Functions", "FunctionName", "Role", arn))
        else:
            who[index].update(_tasks(described.get(region, ()), arn))
    return tuple(tuple(sorted(one)) for one in who)


def _trusted(role: Document) -> str:
    """Return the trust policy as text: which services stand in it is all that is asked."""
    trust = role.value.get("AssumeRolePolicyDocument")
    return trust if isinstance(trust, str) else json.dumps(trust, default=str)


def _associations(region: str) -> Call:
    parameters = {"MaxResults": 1000}
    operation = "DescribeIamInstanceProfileAssociations"
    return Call("ec2", operation, parameters, region=region, expected=_DENIED)


def _functions(region: str) -> Call:
    return Call("lambda", "ListFunctions", {"MaxItems": 50}, region=region, expected=_DENIED)


def _families(region: str) -> Call:
    parameters = {"status": "ACTIVE", "maxResults": 100}
    return Call("ecs", "ListTaskDefinitionFamilies", parameters, region=region, expected=_DENIED)


_READINGS = (
    ("ec2.amazonaws.com", _associations),
    ("lambda.amazonaws.com", _functions),
    ("ecs-tasks.amazonaws.com", _families),
)


def _task_definitions(
    plan: Sequence[tuple[int, object, str]], answers: tuple[Answer, ...]
) -> SansIO[dict[str, tuple[Document, ...]]]:
    """Describe the newest revision of the first families of each region."""
    families = {
        (region, family)
        for (_, reading, region), answer in zip(plan, answers, strict=True)
        if reading is _families and not isinstance(answer, Failed)
        for family in answer.texts("families")[:MOST_TASKS]
    }
    if not families:
        return {}
    asked = sorted(families)
    expected = (*_DENIED, "ClientException")
    described = yield tuple(
        Call("ecs", "DescribeTaskDefinition", {"taskDefinition": family}, region=region, expected=expected)
        for region, family in asked
    )
    found: dict[str, tuple[Document, ...]] = {}
    for (region, _), answer in zip(asked, described, strict=True):
        if not isinstance(answer, Failed):
            found[region] = (*found.get(region, ()), document(answer).child("taskDefinition"))
    return found


def _instances(associations: Answer, profiles: Answer) -> Iterator[str]:
    if isinstance(associations, Failed) or isinstance(profiles, Failed):
        return
    arns = {one.text("Arn") for one in profiles.children("InstanceProfiles")}
    for one in associations.children("IamInstanceProfileAssociations"):
        if one.child("IamInstanceProfile").text("Arn") in arns:
            yield one.text("InstanceId")


def _named(answer: Answer, items: str, name: str, key: str, arn: str) -> Iterator[str]:
    if not isinstance(answer, Failed):
        yield from (f"function {one.text(name)}" for one in answer.children(items) if one.text(key) == arn)


def _tasks(definitions: tuple[Document, ...], arn: str) -> Iterator[str]:
    for one in definitions:
        if arn in {one.optional_text("taskRoleArn"), one.optional_text("executionRoleArn")}:
            yield f"tasks of {one.text('family')}"
