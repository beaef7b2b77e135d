"""A small AWS command line on botocore, so that commands in the documentation can be checked and run.

It knows the form `aws SERVICE OPERATION --parameter value`, `wait`, `--query` and `--output text`.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import jmespath  # type: ignore[import-untyped]  # it has no types
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.waiter import WaiterModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from botocore.model import OperationModel, Shape

GLOBAL = frozenset({"--query", "--output", "--region", "--profile", "--endpoint-url"})
RENAMED = {"s3api": "s3"}
REPLACED: dict[str, dict[str, tuple[str, ...]]] = {
    "RunInstances": {"--count": ("MinCount", "MaxCount")},
    "Subscribe": {"--notification-endpoint": ("Endpoint",)},
}
"""The options for which the AWS command line has names of its own, by operation, with their parameters."""
OPPOSITES = {
    "--no-egress": "--ingress",
    "--no-disable-api-termination": "--enable-api-termination",
    "--no-no-reboot": "--reboot",
}
"""The options that turn a parameter of EC2 off, and what the AWS command line calls them instead."""
_FLAG = "--no-"


@dataclass(frozen=True)
class Command:
    """A parsed command. `waiter`: what it waits for, if it does."""

    service: str
    operation: OperationModel
    parameters: dict[str, object]
    options: dict[str, str]
    waiter: str = ""

    def run(self, client: Any) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """Run it with a client."""
        if self.waiter:
            return client.get_waiter(xform_name(self.waiter)).wait(**self.parameters)
        return getattr(client, xform_name(self.operation.name))(**self.parameters)


def parsed(line: str) -> Command:
    """Parse a command. Raises ValueError if AWS has no such service, operation or parameter."""
    program, service, name, *words = shlex.split(line)
    if program != "aws":
        raise ValueError(line)
    model, waiters = _model(RENAMED.get(service, service))
    waiter = words.pop(0) if name == "wait" else ""
    if waiter:
        found = {xform_name(one, "-"): one for one in waiters.waiter_names}
        name = xform_name(waiters.get_waiter(found[waiter]).operation, "-")
        waiter = found[waiter]
    operations = {xform_name(one, "-"): one for one in model.operation_names}
    if name not in operations:
        raise ValueError(f"{service} has no operation {name}")
    operation = model.operation_model(operations[name])
    options, given = dict[str, str](), dict[str, object]()
    for option, value in _pairs(words):
        if option in GLOBAL:
            options[option] = str(value)
        else:
            given |= _parameters(operation, option, value)
    return Command(model.service_name, operation, given, options, waiter)


@cache
def _model(service: str) -> tuple[Any, Any]:
    session = botocore.session.Session()
    if service not in session.get_available_services():
        raise ValueError(f"there is no service {service}")
    try:
        waiters = session.get_component("data_loader").load_service_model(service, "waiters-2")
    except UnknownServiceError:
        waiters = {"version": 2, "waiters": {}}
    return session.get_service_model(service), WaiterModel(waiters)


def _pairs(words: list[str]) -> Iterator[tuple[str, object]]:
    """Yield each option with its values: text, a list, or a truth value if it is a flag."""
    options = [number for number, word in enumerate(words) if word.startswith("--")]
    if words and options[:1] != [0]:
        raise ValueError(f"{words[0]} is no option")
    for start, end in zip(options, [*options[1:], len(words)], strict=True):
        values = words[start + 1 : end]
        yield words[start], values if len(values) > 1 else values[0] if values else True


def _parameters(operation: OperationModel, option: str, value: object) -> dict[str, object]:
    """Return the parameters that an option sets. Raises ValueError for one that the command line lacks."""
    members = dict(operation.input_shape.members) if operation.input_shape else {}
    replaced = REPLACED.get(operation.name, {})
    if names := replaced.get(option):
        values = str(value).split(":") if len(names) > 1 else [value]
        ends = (values[0], values[-1])
        return {name: _value(members[name], one) for name, one in zip(names, ends, strict=False)}
    hidden = {name for names in replaced.values() for name in names}
    known = {f"--{xform_name(one, '-')}": one for one in members if one not in hidden}
    if option in known:
        return {known[option]: _value(members[known[option]], value)}
    turns_off = {opposite: negated for negated, opposite in OPPOSITES.items()}.get(option, option)
    if (
        turns_off.startswith(_FLAG)
        and option not in OPPOSITES
        and (name := known.get(turns_off.replace(_FLAG, "--", 1)))
    ):
        return {name: False}
    raise ValueError(f"{operation.name} has no parameter {option}")


def _value(shape: Shape, value: object) -> object:
    if shape.type_name == "boolean":
        return value is True
    if shape.type_name in {"integer", "long"}:
        return int(str(value))
    if shape.type_name == "list":
        return value if isinstance(value, list) else [value]
    return value


def main(words: list[str]) -> None:
    """Run a command with the settings of the environment."""
    command = parsed(shlex.join(["aws", *words]))
    session = botocore.session.Session()
    region = command.options.get("--region")
    answer = command.run(session.create_client(command.service, region_name=region))
    if query := command.options.get("--query"):
        answer = jmespath.search(query, answer)
    if command.options.get("--output") == "text":
        sys.stdout.write("\t".join(map(str, answer)) if isinstance(answer, list) else str(answer))
        sys.stdout.write("\n")
    else:
        json.dump(answer, sys.stdout, default=str, indent=4)


def commands_in(page: Path) -> Iterator[str]:
    """Yield the commands of the AWS command line in the code blocks of a page."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            found = re.search(r"(?:^|\$\()(aws [^)]*)", line.strip())
            if found:
                yield found[1].partition(" <<")[0]


if __name__ == "__main__":
    main(sys.argv[1:])
