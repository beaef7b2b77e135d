"""CloudFormation templates with their functions resolved. Pure.

Only the functions that the CDK writes for these stacks are known. What cannot be resolved is `UNRESOLVED`.
Nothing is compared with it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.self_check.places import Stack

RULE = "AWS::Events::Rule"
UNRESOLVED = "\0unresolved"
"""Stands for a value that only CloudFormation knows."""


@frozen
class Resource:
    """A resource of a stack, as its template declares it.

    Attributes
    ----------
    kind : str
        Its CloudFormation type.
    logical, id : str
        Its logical and its physical id.
    properties : mapping
        Its properties, resolved.
    stack : Stack
        Where it is.
    attached : tuple of (type, properties)
        The resources of the stack that belong to this one, such as the policy of a queue.
    siblings : tuple of str
        The physical ids of all resources of this type in the stack.
    """

    kind: str
    logical: str
    id: str
    properties: Mapping[str, object]
    stack: Stack
    attached: tuple[tuple[str, Mapping[str, object]], ...] = ()
    siblings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The last part of its physical id."""
        return self.id.rstrip("/").rpartition("/")[2].rpartition(":")[2]

    def attachments(self, kind: str) -> Iterator[Mapping[str, object]]:
        """Yield the properties of what refers to it, of one type."""
        return (properties for one, properties in self.attached if one == kind)


@frozen
class Deployed:
    """What CloudFormation knows of a stack.

    Attributes
    ----------
    stack : Stack
        Where it is.
    template : mapping
        Its template.
    ids : mapping from logical to physical id
        Its resources.
    imports : mapping from export name to value
        What other stacks export.
    attributes : mapping from (logical id, attribute) to value
        Attributes that do not follow from the physical id.
    """

    stack: Stack
    template: Mapping[str, object]
    ids: Mapping[str, str]
    imports: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def resources(self) -> tuple[Resource, ...]:
        """Return every resource that exists, with resolved properties."""
        declared = _objects(self.template.get("Resources"))
        types = {id_: str(one.get("Type", "")) for id_, one in declared.items()}
        resolver = _Resolver(self, types)
        properties = {id_: _object(resolver(one.get("Properties"))) for id_, one in declared.items()}
        return tuple(
            Resource(
                kind,
                logical,
                self.ids[logical],
                properties[logical],
                self.stack,
                tuple(
                    (types[other], properties[other])
                    for other, one in declared.items()
                    if _is_for(types[other], one.get("Properties"), logical)
                ),
                tuple(self.ids[one] for one, of in types.items() if of == kind and one in self.ids),
            )
            for logical, kind in types.items()
            if logical in self.ids
        )


@frozen
class _Resolver:
    deployed: Deployed
    types: Mapping[str, str]

    def __call__(self, value: object) -> object:
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((name, given),) = value.items()
                if name == "Ref" or str(name).startswith("Fn::"):
                    return self._function(str(name), given)
            return {str(name): self(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self(one) for one in value]
        return value

    def _function(self, name: str, given: object) -> object:
        if name == "Ref":
            return self._ref(str(given))
        if name == "Fn::GetAtt" and isinstance(given, list | tuple):
            return self._attribute(str(given[0]), str(given[1]))
        if name == "Fn::ImportValue":
            return self.deployed.imports.get(str(self(given)), UNRESOLVED)
        if name == "Fn::Join" and isinstance(given, list | tuple):
            parts = self(given[1])
            return _together(str(given[0]), parts if isinstance(parts, list) else [])
        return UNRESOLVED

    def _ref(self, name: str) -> str:
        stack = self.deployed.stack
        known = {
            "AWS::AccountId": stack.account,
            "AWS::Region": stack.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
        }
        return known.get(name) or self.deployed.ids.get(name, UNRESOLVED)

    def _attribute(self, logical: str, name: str) -> str:
        if found := self.deployed.attributes.get((logical, name)):
            return found
        id_, kind = self.deployed.ids.get(logical), self.types.get(logical, "")
        form = _ATTRIBUTES.get((kind, name))
        if not id_ or not form:
            return UNRESOLVED
        return form(self._of_bus(logical, id_) if kind == RULE else id_, self.deployed.stack)

    def _of_bus(self, logical: str, id_: str) -> str:
        """Return `bus/rule` for a rule of another bus than the default one, as its ARN has it.

        The physical id of such a rule is `bus|rule`. The local AWS leaves out the bus.
        """
        bus, _, name = id_.rpartition("|")
        declared = _objects(self.deployed.template.get("Resources"))[logical]
        named = bus or self(_object(declared.get("Properties")).get("EventBusName"))
        return name if named in {None, "", "default", UNRESOLVED} else f"{named}/{name}"


def _last(id_: str) -> str:
    return id_.rstrip("/").rpartition("/")[2]


_ATTRIBUTES: Mapping[tuple[str, str], Callable[[str, Stack], str]] = {
    ("AWS::DynamoDB::Table", "Arn"): lambda id_, at: f"arn:aws:dynamodb:{at.region}:{at.account}:table/{id_}",
    ("AWS::Events::EventBus", "Arn"): lambda id_, at: (
        f"arn:aws:events:{at.region}:{at.account}:event-bus/{id_}"
    ),
    (RULE, "Arn"): lambda id_, at: f"arn:aws:events:{at.region}:{at.account}:rule/{id_}",
    ("AWS::IAM::Role", "Arn"): lambda id_, at: f"arn:aws:iam::{at.account}:role/{id_}",
    ("AWS::KMS::Key", "Arn"): lambda id_, at: f"arn:aws:kms:{at.region}:{at.account}:key/{id_}",
    ("AWS::Lambda::Function", "Arn"): lambda id_, at: (
        f"arn:aws:lambda:{at.region}:{at.account}:function:{id_}"
    ),
    ("AWS::Logs::LogGroup", "Arn"): lambda id_, at: (
        f"arn:aws:logs:{at.region}:{at.account}:log-group:{id_}:*"
    ),
    ("AWS::S3::Bucket", "Arn"): lambda id_, _: f"arn:aws:s3:::{id_}",
    ("AWS::SQS::Queue", "Arn"): lambda id_, at: f"arn:aws:sqs:{at.region}:{at.account}:{_last(id_)}",
    ("AWS::SQS::Queue", "QueueName"): lambda id_, _: _last(id_),
}
"""The attributes that follow from a physical id. The names have no paths."""


_FOR = {
    "AWS::ApiGatewayV2::Route": "ApiId",
    "AWS::Lambda::ResourcePolicy": "ResourceArn",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}
"""The property in which a resource names the one that it belongs to."""


def _is_for(kind: str, properties: object, logical: str) -> bool:
    name = _FOR.get(kind)
    return bool(name) and isinstance(properties, Mapping) and _refers(properties.get(name), logical)


def _together(separator: str, parts: list[object]) -> str:
    return UNRESOLVED if UNRESOLVED in parts else separator.join(map(str, parts))


def _refers(value: object, logical: str) -> bool:
    """Return whether a value contains a reference to a resource."""
    if isinstance(value, Mapping):
        if value.get("Ref") == logical:
            return True
        if isinstance(at := value.get("Fn::GetAtt"), list | tuple) and at[0] == logical:
            return True
        return any(_refers(one, logical) for one in value.values())
    return isinstance(value, list | tuple) and any(_refers(one, logical) for one in value)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> dict[str, Mapping[str, object]]:
    return {str(name): _object(one) for name, one in _object(value).items()}
