"""A rule as code, and the result for one resource. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.policy.decision import Mode
    from ringfence.posture.conditions import Condition
    from ringfence.posture.expression import Expression

SEVERITIES = ("low", "medium", "high", "critical")


class Status(Enum):
    """What is known about a resource and a rule."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASSESSED = "not assessed"
    """Something that decides was not read. It never counts as passed."""


@frozen
class Scope:
    """The resources that a rule is about. Empty fields match everything.

    Parameters
    ----------
    accounts
        12-digit account ids.
    regions
        Regions such as eu-west-1. Global resources are in `global`.
    organizational_units
        Ids of organizational units. The accounts in them are in the policy's `organization`.
    tags
        Pairs of a tag's key and globs on its value. Each key must match.

    """

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    organizational_units: tuple[str, ...] = ()
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()


@frozen
class ScopedMode:
    """The highest mode of a remediation for the resources of a scope."""

    scope: Scope
    mode: Mode


@frozen
class Rule:
    """What resources of some types must look like.

    Parameters
    ----------
    name
        Lower case with hyphens. It identifies the rule in scores, reports and exemptions.
    title
        One line for people.
    resource_types
        CloudFormation's names, for example `AWS::S3::Bucket`.
    requirements
        For each type, the condition on its properties. Without an expression, the rule says nothing about
        a type that has none.
    expression
        An expression in CEL that must be true as well, or None.
    severity
        One of `SEVERITIES`.
    controls
        Ids of controls, which map the rule to the requirements of frameworks.
    remediation
        The id of the remediation that puts a failing resource right. Empty if there is none.
    config_rule
        The managed rule of AWS Config whose verdict says the same. A violation is handed over as such a
        verdict. Empty: the first one that the remediation answers.
    modes
        The highest mode of the remediation, by scope. The first match decides. The policy can only lower it.
    rationale
        Why it matters.
    references
        Pages that say so.
    supports
        The numbers of requirements that it supports beside those of its controls, by the id of their
        framework.

    """

    name: str
    title: str
    resource_types: tuple[str, ...]
    requirements: tuple[tuple[str, Condition], ...] = ()
    expression: Expression | None = None
    scope: Scope = Scope()
    severity: str = "medium"
    controls: tuple[str, ...] = ()
    remediation: str = ""
    modes: tuple[ScopedMode, ...] = ()
    rationale: str = ""
    references: tuple[str, ...] = ()
    supports: tuple[tuple[str, tuple[str, ...]], ...] = ()
    config_rule: str = ""

    def requirement(self, type_: str) -> Condition | None:
        """Return the condition for resources of a type."""
        return dict(self.requirements).get(type_)

    def is_about(self, type_: str) -> bool:
        """Return whether the rule requires something of resources of a type."""
        if type_ not in self.resource_types:
            return False
        return self.expression is not None or self.requirement(type_) is not None


@frozen
class Resource:
    """A resource, as an item of AWS Config shows it.

    Parameters
    ----------
    properties
        Its properties under CloudFormation's names. `values.UNREAD` stands where nobody looked.
    tags
        Its tags.

    """

    type: str
    account: str
    region: str
    id: str
    name: str
    properties: Mapping[str, object]
    tags: Mapping[str, str]


@frozen
class Result:
    """What a rule says about a resource. `reasons` are sentences, empty if it passed."""

    rule: str
    resource: Resource
    status: Status
    reasons: tuple[str, ...] = ()
