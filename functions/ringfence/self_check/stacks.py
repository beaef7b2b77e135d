"""Read a stack from CloudFormation: its status, version, template and resources. Generators without I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.places import AUDIT_STACK
from ringfence.self_check.template import Deployed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringfence.model.call import SansIO
    from ringfence.model.document import Document
    from ringfence.self_check.places import Stack

VERSION, POLICY = "Version", "PolicyDigest"
"""The outputs with the version of the code and the digest of the compiled policy, in every stack."""
_STACKS = ("arn:aws:cloudformation:*:{account}:stack/Ringfence-*/*",)
_SUFFIX = "CloudFormation adds a random suffix to a stack's ARN"
PERMISSIONS = (
    *(
        Permission(f"cloudformation:{name}", _STACKS, reason=_SUFFIX)
        for name in ("DescribeStacks", "GetTemplate", "ListStackResources")
    ),
    Permission("dynamodb:DescribeTable", ("arn:aws:dynamodb:*:{account}:table/Ringfence-*",)),
)
"""The permissions to read stacks and the attributes that only their resources show."""
_MISSING = "ValidationError"
_SETTLED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_TABLE = "AWS::DynamoDB::Table"


@frozen
class StackState:
    """A stack as CloudFormation shows it."""

    status: str
    protected: bool
    outputs: Mapping[str, str]
    exports: Mapping[str, str]
    template: Mapping[str, object]
    ids: Mapping[str, str]
    attributes: Mapping[tuple[str, str], str]

    def deployed(self, stack: Stack, imports: Mapping[str, str]) -> Deployed:
        """Return the stack with the exports of others."""
        return Deployed(stack, self.template, self.ids, imports, self.attributes)


def read_stack(stack: Stack) -> SansIO[StackState | None]:
    """Read a stack. None if it does not exist."""
    name = {"StackName": stack.name}
    described, template, listed = yield (
        Call("cloudformation", "DescribeStacks", name, expected=(_MISSING,)),
        Call("cloudformation", "GetTemplate", name, expected=(_MISSING,)),
        Call("cloudformation", "ListStackResources", name, pages=True, expected=(_MISSING,)),
    )
    if isinstance(described, Failed) or isinstance(template, Failed) or isinstance(listed, Failed):
        return None
    found = next(described.children("Stacks"))
    body = template_body(template.value.get("TemplateBody"))
    summaries = tuple(listed.children("StackResourceSummaries"))
    ids = {one.text("LogicalResourceId"): one.optional_text("PhysicalResourceId") or "" for one in summaries}
    tables = tuple(one.text("LogicalResourceId") for one in summaries if one.text("ResourceType") == _TABLE)
    answers = yield tuple(
        Call("dynamodb", "DescribeTable", {"TableName": ids[one]}, expected=("ResourceNotFoundException",))
        for one in tables
    )
    outputs = tuple(found.children("Outputs"))
    return StackState(
        found.text("StackStatus"),
        found.flag("EnableTerminationProtection"),
        {one.text("OutputKey"): one.text("OutputValue") for one in outputs},
        {one.text("ExportName"): one.text("OutputValue") for one in outputs if one.has("ExportName")},
        body,
        ids,
        dict(_streams(zip(tables, answers, strict=True))),
    )


def _streams(tables: Iterable[tuple[str, Document | Failed]]) -> Iterator[tuple[tuple[str, str], str]]:
    for logical, answer in tables:
        if not isinstance(answer, Failed) and (arn := answer.child("Table").optional_text("LatestStreamArn")):
            yield (logical, "StreamArn"), arn


def template_body(given: object) -> Mapping[str, object]:
    """Return a template from the response to `GetTemplate`. Empty if it is none."""
    read = json.loads(given) if isinstance(given, str) else given
    return read if isinstance(read, Mapping) else {}


def judge_stack(stack: Stack, found: StackState | None, template: object = None) -> Iterator[Problem]:
    """Yield the problems of a stack itself.

    Parameters
    ----------
    stack, found
        The stack, and what was read. None: it does not exist.
    template
        Its template in a local cloud assembly. None: there is none to compare with.

    """
    deploy = f"npx cdk deploy {stack.name}"
    if found is None:
        words = f"does not exist in account {stack.account} and region {stack.region}"
        yield _problem(stack, "existence", words, deploy)
        return
    if found.status not in _SETTLED:
        yield _problem(stack, "status", f"is {found.status}: its last deployment is not complete", deploy)
    if stack.name == AUDIT_STACK and not found.protected:
        protect = (
            "aws cloudformation update-termination-protection --enable-termination-protection "
            f"--stack-name {stack.name} --region {stack.region}"
        )
        yield _problem(stack, "termination protection", "is off, declared on", protect)
    if template is not None and (different := _different(template, found.template)):
        shown = ", ".join(different[:3]) + (" …" if len(different) > 3 else "")  # noqa: PLR2004 - enough to find it
        words = f"differs from the local cloud assembly in {counted(len(different), 'part')}: {shown}"
        yield _problem(stack, "template", words, f"npx cdk diff {stack.name}")


def judge_outputs(known: Mapping[Stack, StackState], expected: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the problems of the outputs that every stack has. Stacks with the same wrong value are one.

    Parameters
    ----------
    known
        The stacks, as they were read.
    expected
        The version of the deployment and the digest of its policy.

    """
    for name, value in expected.items():
        wrong: dict[str, list[Stack]] = {}
        for stack, state in known.items():
            if (output := state.outputs.get(name, "")) != value:
                wrong.setdefault(output, []).append(stack)
        for output, stacks in wrong.items():
            yield _wrong_output(name, output, value, stacks)


def _wrong_output(name: str, output: str, value: str, stacks: Sequence[Stack]) -> Problem:
    first = stacks[0]
    words = f"is {output or 'unknown'}, expected {value}"
    if name == POLICY and output:
        words += ": the deployed policy is not the local policy file"
    remedy = _OTHER_POLICY
    if name != POLICY:
        remedy = f"npx cdk deploy {' '.join(dict.fromkeys(one.name for one in stacks))}"
    if len(stacks) == 1:
        return _problem(first, _WORDS[name], words, remedy)
    resource = f"{counted(len(stacks), 'stack')}: {', '.join(_place_in_words(one, first) for one in stacks)}"
    return Problem(
        Standing.FAULT, first.account, first.region, first.name, resource, _WORDS[name], words, remedy
    )


def _place_in_words(stack: Stack, first: Stack) -> str:
    at_first = (stack.account, stack.region) == (first.account, first.region)
    return stack.name if at_first else f"{stack.name} in {stack.account}, {stack.region}"


_WORDS = {VERSION: "version", POLICY: "policy"}
_OTHER_POLICY = (
    "is this the policy file of the deployment? If not: ringfence doctor --policy FILE. "
    "Only to replace the deployed policy: npx cdk deploy --all --context policy=FILE"
)


def no_home(stack: Stack) -> Problem:
    """Return the problem that the home stack does not exist where it was looked for."""
    words = f"Ringfence is not deployed in account {stack.account} and region {stack.region}"
    remedy = "is this the home region? If not: ringfence doctor --home-region REGION"
    return _problem(stack, "home region", words, f"{remedy}. Only for a new deployment: npx cdk deploy --all")


def _different(local: object, deployed: Mapping[str, object]) -> list[str]:
    """Return the names of the parts that differ: resources, or sections."""
    here = local if isinstance(local, Mapping) else {}
    found = [name for name in {*here, *deployed} - {"Resources"} if here.get(name) != deployed.get(name)]
    ours, theirs = here.get("Resources"), deployed.get("Resources")
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        found += [name for name in {*ours, *theirs} if _bare(ours.get(name)) != _bare(theirs.get(name))]
    return sorted(map(str, found))


def _bare(resource: object) -> object:
    """Return a resource without its metadata, as JSON, so that equal ones are equal."""
    kept = (
        {name: one for name, one in resource.items() if name != "Metadata"}
        if isinstance(resource, Mapping)
        else resource
    )
    return json.dumps(kept, sort_keys=True)


def _problem(
    stack: Stack, aspect: str, words: str, remedy: str, standing: Standing = Standing.FAULT
) -> Problem:
    return Problem(
        standing, stack.account, stack.region, stack.name, f"stack {stack.name}", aspect, words, remedy
    )


def unread(stack: Stack, why: str, remedy: str) -> Problem:
    """Return the problem of a stack that could not be read."""
    return _problem(stack, "reading", f"unknown: {why}", remedy, Standing.UNKNOWN)
