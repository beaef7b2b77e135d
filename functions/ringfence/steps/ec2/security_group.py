"""Steps on the rules of a security group, each found by its content and changed by its id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.security_group import NO_GROUP, Rule, SecurityGroup, describe_rules, rules_in

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_GROUPS = "arn:aws:ec2:{region}:{account}:security-group/*"
_RULES = "arn:aws:ec2:{region}:{account}:security-group-rule/*"
_DIRECTIONS = ("Ingress", "Egress")
_ALL = "-1"


class _RuleStep(Step):
    """What revoking and authorizing have in common."""

    group_id: str
    rule: Rule
    before: bool
    after: bool

    observation: ClassVar = SecurityGroup

    @property
    def target(self) -> str:
        """The rule, whatever its id."""
        return f"security-group/{self.group_id}/{self.rule.key}"

    @property
    def _direction(self) -> str:
        return _DIRECTIONS[self.rule.egress]

    def state(self, observed: ResourceState) -> State:
        """Look for a rule that allows the same: with another description or tags it is somebody else's."""
        there = observed[SecurityGroup].like(self.rule)
        if there is not None and there != self.rule:
            return State.DRIFTED
        return State.AFTER if (there is not None) == self.after else State.BEFORE

    def actual(self, observed: ResourceState) -> str:
        """Write the rule that is there."""
        there = observed[SecurityGroup].like(self.rule)
        return there.words() if there else "none"

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add the rule or take it away."""
        seen = observed[SecurityGroup]
        rules = seen.rules | {self.rule} if self.after else seen.rules - {self.rule}
        return observed.with_observation(replace(seen, rules=rules))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        before, after = (self.rule.words() if one else "no rule" for one in (self.before, self.after))
        return before, after


@value
class RevokeRule(_RuleStep):
    """Revoke one rule by its id. The group's other rules stay, also those of the same ports.

    Attributes
    ----------
    group_id : str
        The security group.
    rule : Rule
        The rule, with its id.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html
    """

    group_id: str
    rule: Rule
    before: bool
    after: bool

    permissions: ClassVar = (
        *ec2_describes("SecurityGroupRules"),
        *(Permission(f"ec2:RevokeSecurityGroup{one}", (_GROUPS,)) for one in _DIRECTIONS),
    )
    _MISSING: ClassVar = ("InvalidSecurityGroupRuleId.NotFound",)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Look which id the rule has now, then revoke it: by the id it once had, another might be meant.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
        """
        (listed,) = yield (describe_rules(self.group_id),)
        accept(listed, not_found=NO_GROUP)
        rule_id = rules_in(listed).get(self.rule)
        if rule_id is None:
            return Done(note="it no longer existed")
        operation = f"RevokeSecurityGroup{self._direction}"
        parameters = {"GroupId": self.group_id, "SecurityGroupRuleIds": [rule_id]}
        (answer,) = yield (Call("ec2", operation, parameters, expected=(*NO_GROUP, *self._MISSING)),)
        if isinstance(answer, Failed) and answer.code in self._MISSING:
            return Done(note="somebody else had already done it")
        accept(answer, not_found=NO_GROUP)
        return Done(note=f"it was {rule_id}")

    def describe(self) -> str:
        """Describe the change."""
        return f"revoke {self.rule.words()} in {self.group_id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        if self.rule.egress:
            return f"resources with {self.group_id} cannot reach {self.rule.peer}: {self.rule.traffic()}"
        return f"{self.rule.peer} cannot reach resources with {self.group_id}: {self.rule.traffic()}"


@value
class AuthorizeRule(_RuleStep):
    """Allow again exactly what was allowed, with its description and tags; the rule gets a new id.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html
    """

    group_id: str
    rule: Rule
    before: bool
    after: bool

    permissions: ClassVar = (
        *(Permission(f"ec2:AuthorizeSecurityGroup{one}", (_GROUPS, _RULES)) for one in _DIRECTIONS),
        Permission(
            "ec2:CreateTags",
            (_RULES,),
            (
                (
                    "StringEquals",
                    "ec2:CreateAction",
                    tuple(f"AuthorizeSecurityGroup{one}" for one in _DIRECTIONS),
                ),
            ),
            implied=True,
        ),
    )
    inverse_type: ClassVar = RevokeRule
    _THERE: ClassVar = ("InvalidPermission.Duplicate",)
    _REFUSED: ClassVar = (
        "RulesPerSecurityGroupLimitExceeded",
        "InvalidParameterValue",
        "InvalidPermission.Malformed",
        "InvalidPrefixListId.NotFound",
        "InvalidPrefixListID.NotFound",
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Authorize it.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
        """
        parameters: dict[str, object] = {"GroupId": self.group_id, "IpPermissions": [self._permission()]}
        if self.rule.tags:
            written = [{"Key": key, "Value": given} for key, given in self.rule.tags]
            parameters["TagSpecifications"] = [{"ResourceType": "security-group-rule", "Tags": written}]
        expected = (*NO_GROUP, *self._THERE, *self._REFUSED)
        operation = f"AuthorizeSecurityGroup{self._direction}"
        (answer,) = yield (Call("ec2", operation, parameters, expected=expected),)
        if isinstance(answer, Failed) and answer.code in self._THERE:
            return Done(note="somebody else had already done it")
        accept(answer, not_found=NO_GROUP, refused=self._REFUSED)
        return Done()

    def _permission(self) -> dict[str, object]:
        """Return the rule as one permission with one source."""
        rule = self.rule
        ports = {} if rule.protocol == _ALL else {"FromPort": rule.from_port, "ToPort": rule.to_port}
        kind, peer = _peer(rule)
        described = {"Description": rule.description} if rule.description else {}
        return {"IpProtocol": rule.protocol, **ports, kind: [{**peer, **described}]}

    def describe(self) -> str:
        """Describe the change."""
        return f"allow {self.rule.words()} in {self.group_id} again"


RevokeRule.inverse_type = AuthorizeRule


def _peer(rule: Rule) -> tuple[str, dict[str, str]]:
    """Return under which name EC2 takes such a peer, and the peer as it takes it."""
    if rule.peer.startswith("pl-"):
        return "PrefixListIds", {"PrefixListId": rule.peer}
    if rule.peer.startswith("sg-"):
        group = {"GroupId": rule.peer, "UserId": rule.owner, "VpcPeeringConnectionId": rule.connection}
        return "UserIdGroupPairs", {name: given for name, given in group.items() if given}
    if ":" in rule.peer:
        return "Ipv6Ranges", {"CidrIpv6": rule.peer}
    return "IpRanges", {"CidrIp": rule.peer}


def revoke(group_id: str, rule: Rule) -> RevokeRule:
    """Return the step that revokes a rule."""
    return RevokeRule(group_id, rule, before=True, after=False)
