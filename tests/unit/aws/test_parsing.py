"""The quick parsers read every answer of every operation of the functions as botocore's parsers do."""

from __future__ import annotations

import base64
import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import botocore.session
import pytest
from botocore import parsers
from botocore.model import ListShape, MapShape, ServiceModel, StructureShape
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.aws import parsing
from stacks.operations import operations

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

OPERATIONS = operations()
QUICK = parsing._PARSERS
USUAL: dict[str, Any] = {name: parsers.PROTOCOL_PARSERS[name] for name in QUICK}
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
DEEPEST = 7
SEEDS = st.integers(0, 2**32)
SCALARS = {
    "boolean": "true",
    "integer": "7",
    "long": "7",
    "float": "0.5",
    "double": "0.5",
    "timestamp": "2026-03-01T12:05:00Z",
    "blob": base64.b64encode(b"bytes").decode(),
}


@pytest.fixture(autouse=True)
def _parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, usual in USUAL.items():
        monkeypatch.setitem(parsers.PROTOCOL_PARSERS, name, usual)


@cache
def models() -> tuple[tuple[str, OperationModel], ...]:
    """Return the operations of the functions whose protocol has a quick parser, with the protocol."""
    loader = botocore.session.Session().get_component("data_loader")
    found: list[tuple[str, OperationModel]] = []
    for service, names in OPERATIONS.items():
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        if model.resolved_protocol in QUICK:
            found += [(model.resolved_protocol, model.operation_model(one)) for one in names]
    return tuple(found)


def as_xml(shape: Shape, name: str, random: Random, depth: int = 0) -> str:
    """Return an element with some of what a shape can contain, and with what it does not know."""
    if isinstance(shape, StructureShape):
        return f"<{name}>{xml_members(shape, random, depth)}</{name}>"
    if isinstance(shape, ListShape):
        flat = shape.serialization.get("flattened")
        one = shape.member.serialization.get("name", name if flat else "member")
        count = random.choice((0, 1, 1, 2)) if depth < DEEPEST else 0
        items = "".join(as_xml(shape.member, one, random, depth + 1) for _ in range(count))
        return items if flat else f"<{name}>{items}</{name}>"
    if isinstance(shape, MapShape):
        key, value = (
            one.serialization.get("name", kind) for one, kind in ((shape.key, "key"), (shape.value, "value"))
        )
        pair = f"<{key}>k</{key}>{as_xml(shape.value, value, random, depth + 1)}"
        return f"<{name}><entry>{pair}</entry></{name}>"
    return f"<{name} a={quoteattr('<')}>{escape(SCALARS.get(shape.type_name, 'a & b'))}</{name}>"


def xml_members(shape: StructureShape, random: Random, depth: int = 0) -> str:
    found = ["<unknown><a>1</a></unknown>"] if random.random() < 0.2 else []
    for member, kind in shape.members.items():
        if random.random() < (0.5 if depth < DEEPEST else 0):
            found.append(as_xml(kind, kind.serialization.get("name", member), random, depth + 1))
    random.shuffle(found)
    return "".join(found)


def as_json(shape: Shape, random: Random, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return a value with some of what a shape can contain, with nulls, and with what it does not know."""
    if random.random() < 0.1:
        return None
    if isinstance(shape, StructureShape):
        return json_members(shape, random, depth)
    if isinstance(shape, ListShape):
        count = random.choice((0, 1, 1, 2)) if depth < DEEPEST else 0
        return [as_json(shape.member, random, depth + 1) for _ in range(count)]
    if isinstance(shape, MapShape):
        return {"k": as_json(shape.value, random, depth + 1) or {}} if depth < DEEPEST else {}
    return SCALARS.get(shape.type_name, "text")


def json_members(shape: StructureShape, random: Random, depth: int = 0) -> dict[str, Any]:
    members = list(shape.members.items())
    if shape.is_tagged_union:
        members = [random.choice(members)]
    found: dict[str, Any] = (
        {"unknown": {"a": 1}} if random.random() < 0.2 and not shape.is_tagged_union else {}
    )
    for member, kind in members:
        if shape.is_tagged_union or random.random() < (0.5 if depth < DEEPEST else 0):
            found[kind.serialization.get("name", member)] = as_json(kind, random, depth + 1)
    return found


def answer(protocol: str, shape: StructureShape | None, random: Random) -> bytes:
    """Return the body of an answer with this shape."""
    if protocol.endswith("json"):
        return json.dumps(json_members(shape, random) if shape else {}).encode()
    inner = xml_members(shape, random) if shape else ""
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    inner = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner
    told = "<requestId>r</requestId>"
    if protocol == "query":
        told = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
    return f'<Response xmlns="{NAMESPACE}">{told}{inner}</Response>'.encode()


def error(protocol: str, shape: Shape | None, random: Random) -> bytes:
    """Return the body of an error, with the members of its shape if it is known."""
    if protocol.endswith("json"):
        told = json_members(shape, random) if isinstance(shape, StructureShape) else {"message": "no"}
        return json.dumps({**told, "__type": "com.amazonaws#Refused"}).encode()
    inner = "<Code>Refused</Code><Message>no</Message>"
    if isinstance(shape, StructureShape):
        inner = xml_members(shape, random)
    if protocol == "ec2":
        return (
            f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>r</RequestID></Response>".encode()
        )
    inner = f"<Error>{inner}</Error><RequestId>r</RequestId>"
    return f'<ErrorResponse xmlns="{NAMESPACE}">{inner}</ErrorResponse>'.encode()


def read(parser: type[Any], body: bytes, shape: Shape | None, status: int) -> object:
    """Return what a parser reads, or its error."""
    headers = {"x-amzn-requestid": "r", "Content-Type": "text"}
    response = {"status_code": status, "headers": headers, "body": body, "context": {}}
    try:
        return parser().parse(response, shape)
    except (parsers.ResponseParserError, AttributeError, TypeError, ValueError) as failed:
        return type(failed), str(failed)


@settings(max_examples=10)
@given(SEEDS)
def test_every_answer_is_read_as_botocore_reads_it(seed: int) -> None:
    random, whole = Random(seed), 0  # noqa: S311 - no secret
    for protocol, operation in models():
        shape = operation.output_shape
        body = answer(protocol, shape, random)
        usual = read(USUAL[protocol], body, shape, 200)
        assert read(QUICK[protocol], body, shape, 200) == usual
        whole += isinstance(usual, dict)
    assert whole > 0.9 * len(models())


@settings(max_examples=5)
@given(SEEDS)
def test_every_error_is_read_as_botocore_reads_it(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    for protocol, operation in models():
        for shape in (None, *operation.error_shapes):
            body = error(protocol, shape, random)
            for kind in (operation.output_shape, shape):
                usual = read(USUAL[protocol], body, kind, 400)
                assert read(QUICK[protocol], body, kind, 400) == usual


def a_shape(members: dict[str, Any], **more: object) -> StructureShape:
    """Return a structure with members that are texts."""
    shapes = {"All": {"type": "structure", "members": members, **more}, "Text": {"type": "string"}}
    model = ServiceModel({"metadata": {}, "operations": {}, "shapes": shapes}, "made")
    shape = model.shape_for("All")
    assert isinstance(shape, StructureShape)
    return shape


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (
            a_shape(
                {"A": {"shape": "Text", "locationName": "x"}, "B": {"shape": "Text", "locationName": "x"}}
            ),
            {"x": "1"},
        ),
        (a_shape({"A": {"shape": "Text"}, "B": {"shape": "Text"}}, union=True), {"A": "1"}),
        (a_shape({"A": {"shape": "Text"}, "B": {"shape": "Text"}}, union=True), {"Z": "1"}),
        (a_shape({"A": {"shape": "Text"}, "B": {"shape": "Text"}}, union=True), {"A": "1", "B": "1"}),
        (a_shape({"A": {"shape": "Text"}}, document=True), {"Z": ["1"]}),
        (
            a_shape({"A": {"shape": "Text", "location": "header"}, "B": {"shape": "Text"}}),
            {"A": "1", "B": "2"},
        ),
        (a_shape({"A": {"shape": "Text", "xmlAttribute": True, "locationName": "x:a"}}), {"B": "2"}),
        (a_shape({"A": {"shape": "Text"}}, exception=True), {"A": "1"}),
    ],
)
def test_a_structure_with_further_rules_is_read_by_botocore(
    shape: StructureShape, body: dict[str, Any]
) -> None:
    elements = "".join(f"<{name}>1</{name}>" for name in body)
    bodies = {"json": json.dumps(body), "rest-json": json.dumps(body)}
    for protocol, usual in USUAL.items():
        text = bodies.get(
            protocol, f'<Answer xmlns="{NAMESPACE}" xmlns:x="y" x:a="1">{elements}</Answer>'
        ).encode()
        assert read(QUICK[protocol], text, shape, 200) == read(usual, text, shape, 200)


def test_of_a_large_structure_only_what_the_answer_contains_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    usual = parsers.BaseXMLResponseParser._member_key_name  # type: ignore[attr-defined]  # the stubs lack it

    def note(self: object, shape: Shape, name: str) -> str:
        asked.append(name)
        return str(usual(self, shape, name))

    monkeypatch.setattr(parsers.BaseXMLResponseParser, "_member_key_name", note)
    ((_, operation),) = [one for one in models() if one[1].name == "DescribeInstances"]
    inner = "<item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item>"
    body = f"<Response><reservationSet>{inner}</reservationSet></Response>".encode()
    parsing._xml_members.cache_clear()
    read(QUICK["ec2"], body, operation.output_shape, 200)
    first = len(asked)
    read(QUICK["ec2"], body, operation.output_shape, 200)
    assert first > 50
    assert len(asked) == first


def test_every_client_reads_so_after_the_installation() -> None:
    parsing.install()
    factory = parsers.ResponseParserFactory()
    assert {name: type(factory.create_parser(name)) for name in QUICK} == QUICK
