"""IAM with a few users, in memory. Observations and steps ask it as they ask AWS: users can be renamed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringfence.model.claims import CONFIRMED, Checked
from ringfence.model.observation import ResourceState
from tests.support.fakes.memory_cloud import Made
from tests.support.talks import answered, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.engine.ports import Clock
    from ringfence.model.call import Call, Failed
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit

ACCOUNT = "111122223333"
NOTHING = refusal("NoSuchEntity")


@dataclass
class User:
    """A user with its keys by id, and its inline policies by name."""

    id: str
    keys: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)


@dataclass
class SmallIam:
    """Users by name. It implements the port of the engine with the real observations and steps."""

    clock: Clock
    users: dict[str, User] = field(default_factory=dict)
    managed: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def rename(self, old: str, new: str) -> None:
        """Rename a user. It keeps its id, its keys and its policies."""
        self.users[new] = self.users.pop(old)

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        """Read as the real driver does."""
        return ResourceState(
            ref, {kind: answered(kind.read(ref, past), self.answer)[1] for kind in observations}
        )

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:
        """Make a change as the real driver does."""
        permit.check(ref, self.clock())
        _, done = answered(step.apply(names), self.answer)
        return Made(done.provides, done.note)

    def confirm(self, ref: Ref, finding: Finding) -> Checked:  # noqa: ARG002 - the port's signature
        """Confirm every finding."""
        return Checked(CONFIRMED)

    def answer(self, call: Call) -> Any:  # noqa: ANN401 - an answer
        """Answer one call."""
        self.calls.append(call)
        key, name = str(call.parameters.get("AccessKeyId", "")), str(call.parameters.get("UserName", ""))
        if call.operation == "ListUsers":
            return {"Users": [{"UserName": name, "UserId": one.id} for name, one in self.users.items()]}
        if call.operation == "GetAccessKeyLastUsed":
            owner = next((name for name, one in self.users.items() if key in one.keys), "")
            return {"UserName": owner} if owner else NOTHING
        if call.operation in {"CreatePolicy", "GetPolicy", "GetPolicyVersion"}:
            return self._managed(call)
        if call.operation == "LookupEvents" or name in self.users:
            user = self.users.get(name, User(""))
            found = _read(call, name, user)
            return _changed(call, user) if found is None else found
        return NOTHING

    def _managed(self, call: Call) -> dict[str, Any] | Failed:
        if call.operation == "CreatePolicy":
            path, name = call.parameters["Path"], call.parameters["PolicyName"]
            self.managed[f"arn:aws:iam::{ACCOUNT}:policy{path}{name}"] = call.parameters["PolicyDocument"]
            return {}
        document = self.managed.get(str(call.parameters["PolicyArn"]))
        if document is None:
            return NOTHING
        version = {"Document": json.loads(document)}
        return {"Policy": {"DefaultVersionId": "v1"}, "PolicyVersion": version}


def _read(call: Call, name: str, user: User) -> dict[str, Any] | Failed | None:
    """Answer a read of a user. None for a change."""
    document = user.policies.get(str(call.parameters.get("PolicyName", "")))
    keys = [{"AccessKeyId": key, "Status": status} for key, status in user.keys.items()]
    answers: dict[str, dict[str, Any] | Failed] = {
        "GetLoginProfile": NOTHING,
        "GetUser": {"User": {"UserName": name, "UserId": user.id, "Path": "/"}},
        "GetUserPolicy": NOTHING if document is None else {"PolicyDocument": document},
        "ListAccessKeys": {"AccessKeyMetadata": keys},
        "ListAttachedUserPolicies": {"AttachedPolicies": [{"PolicyArn": arn} for arn in user.attached]},
        "ListUserPolicies": {"PolicyNames": list(user.policies)},
        "LookupEvents": {"Events": []},
    }
    return answers.get(call.operation)


def _changed(call: Call, user: User) -> dict[str, Any] | Failed:
    """Make a change of a user. Whatever it has none of, it has no list of."""
    policy = str(call.parameters.get("PolicyName", ""))
    if call.operation == "UpdateAccessKey":
        user.keys[str(call.parameters["AccessKeyId"])] = str(call.parameters["Status"])
    elif call.operation == "PutUserPolicy":
        user.policies[policy] = call.parameters["PolicyDocument"]
    elif call.operation == "AttachUserPolicy":
        user.attached.add(str(call.parameters["PolicyArn"]))
    elif call.operation == "DeleteUserPolicy" and user.policies.pop(policy, None) is None:
        return NOTHING
    return {}
