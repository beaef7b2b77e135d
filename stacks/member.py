"""The member stack: the roles with which Ringfence acts in a protected account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from ringfence.handlers.outputs import output
from ringfence.model.resource_names import (
    BEAT_ROLE,
    DOCTOR_ROLE,
    OPERATE,
    OUTPUTS,
    OUTPUTS_ROLE,
    SCAN_ROLE,
    SWEEP,
    SWEEP_ROLE,
    function_role,
    home_roles,
    member_roles,
    release_role,
    run_role,
)
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import forward, needs
from stacks.acknowledgements import acknowledge_wildcards
from stacks.heartbeat import beat_role
from stacks.names import role_arn
from stacks.never import needed_in_an_emergency
from stacks.permissions import changes, document, elsewhere, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aws_cdk import Environment
    from constructs import Construct

    from ringfence.model.call import Permission
    from stacks.permissions import Need
    from stacks.settings import Settings


class MemberStack(Stack):
    """Two roles for each runbook: one for responses, one for releases. And roles that only read."""

    def __init__(self, scope: Construct, id_: str, *, env: Environment, settings: Settings) -> None:
        super().__init__(
            scope, id_, env=env, description="Ringfence: the roles for responses in this account"
        )
        self.settings = settings
        self.forwards = bool(forward.places(settings))
        for runbook in CATALOGUE.values():
            self._role(run_role(runbook.id), runbook.title, runbook.permissions(), (runbook.id, OPERATE))
            undo = runbook.release_permissions()
            self._role(release_role(runbook.id), f"Release: {runbook.title}", undo, (OPERATE,))
        self._readers()
        self._outputs()
        self._sweeper()
        if self.forwards:
            forward.forwarding_role(self, settings)
            beat_role(self, BEAT_ROLE)

    def _role(
        self, name: str, title: str, permissions: Iterable[Permission], functions: Iterable[str]
    ) -> None:
        """Create a role with the declared permissions, for these functions of the home account only.

        A condition names the functions. A principal would have to exist when the role is created, and a
        role that is recreated under the same name is another principal.
        """
        permissions, home = tuple(permissions), self.settings.home
        trusted = [role_arn(home, function_role(one)) for one in functions]
        needed = resolved(permissions, {"account": self.account}, regions=self.settings.regions)
        role = iam.Role(
            self,
            "".join(word.title() for word in name.split("-")),
            role_name=name,
            description=title,
            assumed_by=iam.PrincipalWithConditions(
                iam.AccountPrincipal(home), {"ArnEquals": {"aws:PrincipalArn": trusted}}
            ),
            inline_policies={
                **({"declared": document(needed)} if needed else {}),
                **self._never(needed, permissions),
            },
        )
        acknowledge_wildcards(role, needed)

    def _outputs(self) -> None:
        """Create the role of the outputs that act here. It has no permission if none is on."""
        on = (output(id_) for id_, _ in self.settings.outputs)
        here = (one for one in on if one.elsewhere and (self.settings.is_home or not one.at_home))
        needed = (permission for one in here for permission in one.permissions)
        self._role(OUTPUTS_ROLE, "Outputs: update findings", needed, (OUTPUTS,))

    def _readers(self) -> None:
        """Create the roles of the self-check and of scans. IAM at home decides who may assume them."""
        what = "Read Ringfence's own resources in this account for the self-check"
        self._reader("Doctor", DOCTOR_ROLE, what, needs.SELF_CHECK)
        self._reader("Scan", SCAN_ROLE, "Read the items of AWS Config for scans", needs.SCAN_READS)

    def _reader(self, id_: str, name: str, what: str, permissions: Iterable[Permission]) -> None:
        needed = resolved(permissions, {"account": self.account})
        role = iam.Role(
            self,
            id_,
            role_name=name,
            description=what,
            assumed_by=iam.AccountPrincipal(self.settings.home),
            inline_policies={"declared": document(needed)},
        )
        acknowledge_wildcards(role, needed)

    def _sweeper(self) -> None:
        """Create the role of the sweeps, for their function only."""
        needed = resolved(needs.SWEEP_READS, {"account": self.account})
        trusted = {"ArnEquals": {"aws:PrincipalArn": role_arn(self.settings.home, function_role(SWEEP))}}
        role = iam.Role(
            self,
            "Sweep",
            role_name=SWEEP_ROLE,
            description="Read what the sources of findings have in this account",
            assumed_by=iam.PrincipalWithConditions(iam.AccountPrincipal(self.settings.home), trusted),
            inline_policies={"declared": document(needed)},
        )
        acknowledge_wildcards(role, needed)

    def _never(
        self, needed: Iterable[Need], permissions: Iterable[Permission]
    ) -> dict[str, iam.PolicyDocument]:
        """Deny changes to Ringfence's own roles, to emergency roles, and to regions outside the scope."""
        denied = [*self._own_roles(needed), *elsewhere(permissions, self.settings.regions)]
        return {"never": iam.PolicyDocument(statements=denied)} if denied else {}

    def _own_roles(self, needed: Iterable[Need]) -> Iterator[iam.PolicyStatement]:
        roles = role_arn(self.account, "*")
        actions = sorted({one.action for one in needed if one.resource == roles and changes(one.action)})
        if actions:
            # Exact names, and only of roles that are in this account: anybody can create others.
            more = self.settings.optional_roles
            home = (*home_roles(CATALOGUE.values()), *more) if self.settings.is_home else ()
            names = (*member_roles(forwards=self.forwards), *home)
            own = [role_arn(self.account, name) for name in names]
            never = [*own, *needed_in_an_emergency(self.settings)]
            yield iam.PolicyStatement(effect=iam.Effect.DENY, actions=actions, resources=never)
