"""The quick serializer writes every request of the functions as botocore's does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.serialize import SERIALIZERS, JSONSerializer
from botocore.utils import ArgumentGenerator

from ringfence.aws.serializing import QuickJSONSerializer
from ringfence.aws.sessions import session
from stacks.operations import operations
from tests.support.examples import with_bytes

if TYPE_CHECKING:
    from botocore.model import OperationModel

LOADER = botocore.session.Session().get_component("data_loader")
MODELS = {one: ServiceModel(LOADER.load_service_model(one, "service-2"), one) for one in operations()}
JSON = tuple(one for one, model in MODELS.items() if model.resolved_protocol == "json")
VALUES: dict[str, Any] = {
    "text": {"S": "ä"},
    "number": {"N": "7"},
    "bytes": {"B": b"bytes"},
    "true": {"BOOL": True},
    "nothing": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "many bytes": {"BS": [b"a", b"b"]},
    "list": {"L": [{"S": "a"}, {"M": {"b": {"B": b"c"}, "l": {"L": []}}}]},
    "map": {"M": {"a": {"N": "1"}, "b": {"M": {"c": {"S": ""}}}}},
    "empty": {},
}


def written(kind: type[Any], parameters: dict[str, Any], operation: OperationModel) -> object:
    """Return the request, or the error of a member that the operation does not have."""
    try:
        return kind().serialize_to_request(parameters, operation)
    except (KeyError, AttributeError, TypeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("service", JSON)
def test_every_request_is_written_as_botocore_writes_it(service: str) -> None:
    examples = ArgumentGenerator(use_member_names=True)
    for name in operations()[service]:
        operation = MODELS[service].operation_model(name)
        shape = operation.input_shape
        parameters = with_bytes(examples.generate_skeleton(shape)) if shape else {}
        for given in (parameters, {}):
            usual = written(JSONSerializer, given, operation)
            assert isinstance(usual, dict)
            assert written(QuickJSONSerializer, given, operation) == usual


@pytest.mark.parametrize(
    "item", [VALUES, {"one": {"Unknown": "x"}}, {"one": "x"}, {"one": None}, {"one": {"L": "x"}}, "x"]
)
def test_every_kind_of_value_is_written_as_botocore_writes_it(item: Any) -> None:  # noqa: ANN401 - any item
    put = {"TableName": "audit", "Item": item, "ExpressionAttributeNames": {"#at": "at"}}
    operation = MODELS["dynamodb"].operation_model("TransactWriteItems")
    parameters = {"TransactItems": [{"Put": put}, {"Put": {"TableName": "control"}}]}
    usual = written(JSONSerializer, parameters, operation)
    assert isinstance(usual, dict) == (item is VALUES)
    assert written(QuickJSONSerializer, parameters, operation) == usual


def test_names_in_json_timestamps_and_documents_are_written_as_botocore_writes_them() -> None:
    shapes = {
        "Text": {"type": "string"},
        "At": {"type": "timestamp"},
        "Any": {"type": "structure", "members": {}, "document": True},
        "Inner": {
            "type": "structure",
            "members": {"A": {"shape": "Text", "locationName": "a"}, "At": {"shape": "At"}},
        },
        "Times": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "At"}},
        "In": {
            "type": "structure",
            "members": {"Inner": {"shape": "Inner"}, "Any": {"shape": "Any"}, "Times": {"shape": "Times"}},
        },
    }
    metadata = {"targetPrefix": "X", "jsonVersion": "1.0", "protocol": "json"}
    one = {"name": "Do", "input": {"shape": "In"}, "http": {"method": "POST", "requestUri": "/"}}
    model = ServiceModel({"metadata": metadata, "operations": {"Do": one}, "shapes": shapes}, "made")
    at = "2026-03-01T12:05:00Z"
    parameters = {"Inner": {"A": "x", "At": at}, "Any": {"B": [1]}, "Times": {"t": at}}
    usual = written(JSONSerializer, parameters, model.operation_model("Do"))
    assert isinstance(usual, dict)
    assert usual["body"].startswith(b'{"Inner": {"a": "x", "At": 1772366700}')
    assert written(QuickJSONSerializer, parameters, model.operation_model("Do")) == usual


def test_the_clients_of_a_session_write_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERIALIZERS, "json", JSONSerializer)
    session.cache_clear()
    session()
    made: object = SERIALIZERS["json"]
    assert made is QuickJSONSerializer
