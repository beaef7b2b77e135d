"""Steps on managed policies of our own: what they deny is too exact for any that AWS offers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State
from ringfence.model.symbol import Ready
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import PolicyStep, is_own_policy
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY, OWN_PATH, OWN_POLICIES
from ringfence.observations.iam.reach import described

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

EXISTS, UNUSED = "the policy exists", "the policy is in use no more"


class _OwnPolicyStep(PolicyStep):
    """What creating and deleting have in common. Documents are canonical texts, empty for none."""

    arn: str
    before: str
    after: str

    observation: ClassVar = Denial
    survives_subject: ClassVar = True

    @property
    def managed(self) -> str:
        """The policy."""
        return self.arn

    @property
    def target(self) -> str:
        """The policy."""
        return f"policy/{self.arn}"

    def state(self, observed: ResourceState) -> State:
        """Compare the document in force."""
        now = observed[Denial].document(self.arn)
        if now == self.after:
            return State.AFTER
        return State.BEFORE if now == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the policy."""
        denial = observed[Denial]
        kept = tuple(one for one in denial.policies if one.name != self.arn)
        made = (Policy(self.arn, self.after),) if self.after else ()
        policies = tuple(sorted((*kept, *made), key=lambda one: one.name))
        return observed.with_observation(replace(denial, policies=policies))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return described(observed[Denial].document(self.arn))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return described(self.before), described(self.after)


@value
class CreateDenialPolicy(_OwnPolicyStep):
    """Create the managed policy for the denial.

    Attributes
    ----------
    arn : str
        ARN of the managed policy.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
    """

    arn: str
    before: str
    after: str

    permissions: ClassVar = (Permission("iam:CreatePolicy", (OWN_POLICIES,)),)
    _THERE: ClassVar = "EntityAlreadyExists"
    _REFUSED: ClassVar = ("InvalidInput", "LimitExceeded")

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """It can be attached."""
        return (Ready(EXISTS, self.arn),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Create it; one that is there already was made by another try: its name holds its digest."""
        parameters = {
            "PolicyName": self.arn.rsplit("/", 1)[-1],
            "Path": OWN_PATH,
            "PolicyDocument": self.after,
            "Description": "Made by Ringfence to contain a principal; a release removes it.",
        }
        expected = (self._THERE, *self._REFUSED)
        (answer,) = yield (Call("iam", "CreatePolicy", parameters, expected=expected),)
        if isinstance(answer, Failed) and answer.code == self._THERE:
            return Done(note="it already existed")
        accept(answer, refused=self._REFUSED)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"create policy {self.arn}: it denies {described(self.after)}"


@value
class DeleteDenialPolicy(_OwnPolicyStep):
    """Delete the managed policy, once nothing uses it.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
    """

    arn: str
    before: str
    after: str

    permissions: ClassVar = (Permission("iam:DeletePolicy", (OWN_POLICIES,)),)
    inverse_type: ClassVar = CreateDenialPolicy

    def misfit(self) -> str:
        """Delete only a policy of ours."""
        return "" if is_own_policy(self.arn) else f"{self.arn} is not a policy of Ringfence"

    _REFUSED: ClassVar = ("DeleteConflict", "InvalidInput", "LimitExceeded")

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """It is detached before."""
        return (Ready(UNUSED, self.arn),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete it; one that is not there any more is what was wanted."""
        expected = (*NO_SUCH_ENTITY, *self._REFUSED)
        (answer,) = yield (Call("iam", "DeletePolicy", {"PolicyArn": self.arn}, expected=expected),)
        if isinstance(answer, Failed) and answer.code in NO_SUCH_ENTITY:
            return Done(note="it no longer existed")
        accept(answer, refused=self._REFUSED)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"delete policy {self.arn}"


CreateDenialPolicy.inverse_type = DeleteDenialPolicy
