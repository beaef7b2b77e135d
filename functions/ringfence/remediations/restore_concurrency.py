"""Restore the concurrency of a function of Ringfence that somebody reduced.

A reserved concurrency of 0 stops a function. A number below the declared one slows it down. A missing
reservation does neither, so it is left to a deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.events.cloudtrail.trigger.switched_off import switched_off
from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission
from ringfence.model.codec import value
from ringfence.model.kinds.function import FunctionRef
from ringfence.model.observation import Observation
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.setting import SettingStep
from ringfence.model.subject import DeliveryRef
from ringfence.model.suspects import suspected
from ringfence.observations.delivery.declared import NEVER_OFF, PERMISSIONS, declared, reads
from ringfence.observations.delivery.listing import REVIEW
from ringfence.self_check.places import HOME_STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_NOT_FOUND = ("ResourceNotFoundException",)
_FUNCTIONS = ("arn:aws:lambda:{region}:{account}:function:ringfence-*",)


@value
class ReservedConcurrency(Observation):
    """The reserved concurrency of a function, and what its stack declares.

    Attributes
    ----------
    reserved : int or None
        The number now. None if nothing is reserved.
    known : bool
        Whether a stack of Ringfence declares the function.
    declared : int or None
        The declared number. None if none is declared.

    References
    ----------
    https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html

    """

    reserved: int | None = None
    known: bool = False
    declared: int | None = None

    permissions: ClassVar = (Permission("lambda:GetFunctionConcurrency", _FUNCTIONS), *PERMISSIONS)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the function and its stack in one round trip. Raises NotFound without the function."""
        if not isinstance(ref, FunctionRef):
            return cls()
        answer, *stacks = yield (
            Call("lambda", "GetFunctionConcurrency", {"FunctionName": ref.id}, expected=_NOT_FOUND),
            *reads(HOME_STACKS),
        )
        concurrency = accept(answer, not_found=_NOT_FOUND)
        found = declared(tuple(stacks), "AWS::Lambda::Function", ref.id)
        wanted = (found or {}).get("ReservedConcurrentExecutions")
        key = "ReservedConcurrentExecutions"
        return cls(
            concurrency.integer(key) if concurrency.has(key) else None,
            found is not None and (wanted is None or str(wanted).isdecimal()),
            int(str(wanted)) if str(wanted).isdecimal() else None,
        )

    @property
    def reduced(self) -> bool:
        """Whether the function can run less often at a time than declared."""
        if not self.known or self.reserved is None:
            return False
        return self.declared is None or self.reserved < self.declared


@value
class RestoreConcurrency(SettingStep):
    """Restore the declared concurrency of a function.

    Attributes
    ----------
    name : str
        The name of the function.

    References
    ----------
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html

    """

    name: str
    before: int | None
    after: int | None

    observation: ClassVar = ReservedConcurrency
    field: ClassVar = "reserved"
    service: ClassVar = "lambda"
    not_found: ClassVar = _NOT_FOUND
    refused: ClassVar = ("InvalidParameterValueException",)
    labels: ClassVar = {None: "no reservation"}
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = (
        Permission("lambda:DeleteFunctionConcurrency", _FUNCTIONS),
        Permission("lambda:PutFunctionConcurrency", _FUNCTIONS),
    )

    @property
    def target(self) -> str:
        """The reserved concurrency of the function."""
        return f"function/{self.name}/reserved-concurrency"

    def call(self) -> Call:
        """Set the declared number, or delete a reservation that is not declared."""
        expected, name = (*self.not_found, *self.refused), {"FunctionName": self.name}
        if self.after is None:
            return Call("lambda", "DeleteFunctionConcurrency", name, expected=expected)
        parameters = {**name, "ReservedConcurrentExecutions": self.after}
        return Call("lambda", "PutFunctionConcurrency", parameters, expected=expected)

    def describe(self) -> str:
        """Describe the change."""
        return f"restore the concurrency of function {self.name} of Ringfence"


def stopped(function: ResourceState, incident: Incident) -> Iterator[str]:
    """Say what waited while the function was slowed down, and who is suspected."""
    if any(isinstance(one, RestoreConcurrency) for one in incident.past):
        yield f"function {function.ref.id} answered late or not at all while its concurrency was reduced"
    yield from suspected(incident)


@remediation(
    id="restore-concurrency",
    title="Restore the concurrency of a function of Ringfence that somebody reduced",
    subject=DeliveryRef,
    triggers=(switched_off("lambda", "PutFunctionConcurrency"), reviewed(REVIEW)),
    observations=(ReservedConcurrency,),
    steps=(RestoreConcurrency,),
    references=("NIST 800-53 SI-4", "ATT&CK T1562.001"),
    countermeasures=("D3-RC",),
    residual_risk=stopped,
)
def restore_concurrency(
    function: ResourceState,
    incident: Incident,  # noqa: ARG001 - planners' signature
) -> Iterator[Step]:
    """Restore the declared number."""
    seen = function[ReservedConcurrency]
    if seen.reduced:
        yield RestoreConcurrency(function.ref.id, seen.reserved, seen.declared)
