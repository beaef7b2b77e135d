"""What is kept of botocore's data describes the same calls and the same endpoints as all of it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, StructureShape
from botocore.regions import EndpointResolver
from botocore.utils import ArgumentGenerator

from stacks.operations import operations
from stacks.service_models import (
    MODEL,
    PAGINATORS,
    RULES,
    UnknownOperationError,
    follow_from_region,
    model_of,
    trim,
)
from tests.support.examples import with_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient
    from botocore.model import Shape

    Json = dict[str, Any]

OPERATIONS = operations()
SERVICES = pytest.mark.parametrize("service", OPERATIONS)
FULL = Loader()
UNREAD = ("documentation", "documentationUrl", "enum", "pattern")
VARIANTS: tuple[tuple[bool, bool], ...] = ((False, False), (True, False), (False, True))
"""Whether an endpoint is dual-stack, and whether it is validated by FIPS 140."""
OF_ARNS = "operationContextParams"
"""Where a request to DynamoDB names tables by ARN. Ringfence names tables by name."""
RANDOM = ("amz-sdk-invocation-id",)
"""Headers that differ from request to request."""
FUTURE = "eu-west-9"
"""A region that is not listed; its endpoints follow from the partition's pattern."""


@pytest.fixture(scope="session")
def kept(bundle: Path) -> Loader:
    """Read the bundle's data and no other, as the bundle's botocore does: as its own."""
    data = str(bundle / "botocore" / "data")
    loader = Loader(extra_search_paths=[data], include_default_search_paths=False)
    # Data elsewhere would count as a user's, whose endpoint replaces what the rules say.
    loader.BUILTIN_DATA_PATH = data
    return loader


@cache
def model(service: str) -> Json:
    """Return the full model, with what botocore merges into it."""
    read: Json = FULL.load_service_model(service, MODEL)
    return read


def without_documentation(document: object) -> object:
    if isinstance(document, dict):
        return {
            key: without_documentation(value)
            for key, value in document.items()
            if key not in UNREAD or isinstance(value, dict)
        }
    return [without_documentation(one) for one in document] if isinstance(document, list) else document


def reached(service: str) -> set[str]:
    """Name the shapes that botocore finds when it follows the kept operations."""
    whole, found = ServiceModel(model(service), service), set[str]()

    def follow(shape: Shape | None) -> None:
        if shape is None or shape.name in found:
            return
        found.add(shape.name)
        for member in parts(shape):
            follow(member)

    for name in OPERATIONS[service]:
        one = whole.operation_model(name)
        for shape in (one.input_shape, one.output_shape, *one.error_shapes):
            follow(shape)
    return found


def parts(shape: Shape) -> Iterator[Shape]:
    if isinstance(shape, StructureShape):
        yield from shape.members.values()
    elif isinstance(shape, ListShape):
        yield shape.member
    elif isinstance(shape, MapShape):
        yield from (shape.key, shape.value)


@SERVICES
def test_the_operations_are_described_as_before(kept: Loader, service: str) -> None:
    found = kept.load_service_model(service, MODEL)
    assert tuple(sorted(found["operations"])) == OPERATIONS[service]
    for name, one in found["operations"].items():
        before = without_documentation(model(service)["operations"][name])
        assert isinstance(before, dict)
        assert one == {key: value for key, value in before.items() if key != OF_ARNS}
    assert found["metadata"] == without_documentation(model(service)["metadata"])


@SERVICES
def test_the_shapes_are_those_that_the_operations_reach_and_as_before(kept: Loader, service: str) -> None:
    found = kept.load_service_model(service, MODEL)
    assert set(found["shapes"]) == reached(service)
    for name, one in found["shapes"].items():
        assert one == without_documentation(model(service)["shapes"][name])


@SERVICES
def test_pages_are_read_as_before(kept: Loader, service: str) -> None:
    before = FULL.load_service_model(service, PAGINATORS)["pagination"]
    assert kept.load_service_model(service, PAGINATORS)["pagination"] == {
        name: one for name, one in before.items() if name in OPERATIONS[service]
    }


REGIONAL = tuple(one for one in OPERATIONS if follow_from_region(FULL.load_service_model(one, RULES)))
"""The services whose endpoint depends on nothing but the region."""


def test_rules_that_read_requests_are_kept() -> None:
    assert OPERATIONS.keys() - set(REGIONAL) == {"dynamodb", "events", "s3", "sts"}


@SERVICES
def test_the_rules_of_endpoints_are_as_before_or_follow_from_the_region(kept: Loader, service: str) -> None:
    before = FULL.load_service_model(service, RULES)
    if service in REGIONAL:
        with pytest.raises(UnknownServiceError):
            kept.load_service_model(service, RULES)
    else:
        assert kept.load_service_model(service, RULES) == without_documentation(before)


@pytest.mark.parametrize("service", REGIONAL)
def test_the_endpoint_is_the_one_of_the_rules_in_every_region(kept: Loader, service: str) -> None:
    rules = FULL.load_service_model(service, RULES)
    provider = EndpointProvider(rules, FULL.load_data("partitions"))
    resolver = EndpointResolver(kept.load_data("endpoints"))
    prefix = model(service)["metadata"]["endpointPrefix"]
    for region in regions():
        by_rules = provider.resolve_endpoint(Region=region, UseDualStack=False, UseFIPS=False)
        found = resolver.construct_endpoint(prefix, region)
        assert found is not None
        assert f"https://{found['hostname']}" == by_rules.url
        schemes = by_rules.properties.get("authSchemes", [{}])
        signed_for = found.get("credentialScope", {}).get("region", region)
        assert signed_for == schemes[0].get("signingRegion", region)


def regions() -> tuple[str, ...]:
    """Return every region that botocore knows, and one that it does not."""
    listed = {name for one in FULL.load_data("endpoints")["partitions"] for name in one["regions"]}
    known = {name for one in FULL.load_data("partitions")["partitions"] for name in one["regions"]}
    found = tuple(sorted(name for name in listed | known if not name.endswith("-global")))
    assert len(found) > 40
    return (*found, FUTURE)


@SERVICES
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", FUTURE])
def test_a_client_signs_for_the_same_endpoint_as_before(kept: Loader, service: str, region: str) -> None:
    operation = OPERATIONS[service][0]
    found = []
    for loader in (FULL, kept):
        made = client(loader, service, account="111122223333", region=region)
        shape = made.meta.service_model.operation_model(operation).input_shape
        skeleton = ArgumentGenerator(use_member_names=True).generate_skeleton(shape) if shape else {}
        _, url, headers, _ = sent_parts(made, operation, with_bytes(skeleton))
        scope = headers["Authorization"].decode().split("/")
        found.append((url, scope[2:4]))
    assert found[0] == found[1]


def test_the_partitions_are_as_before(kept: Loader) -> None:
    assert kept.load_data("partitions") == FULL.load_data("partitions")


def resolvers(kept: Loader) -> tuple[EndpointResolver, EndpointResolver]:
    one, other = (EndpointResolver(loader.load_data("endpoints")) for loader in (FULL, kept))
    return one, other


def test_every_partition_and_region_is_known(kept: Loader) -> None:
    before, after = (loader.load_data("endpoints")["partitions"] for loader in (FULL, kept))
    assert [{**one, "services": {}} for one in after] == [{**one, "services": {}} for one in before]


@SERVICES
def test_the_endpoint_in_every_region_is_as_before(kept: Loader, service: str) -> None:
    before, after = resolvers(kept)
    prefix = model(service)["metadata"]["endpointPrefix"]
    regions = [name for one in FULL.load_data("endpoints")["partitions"] for name in one["regions"]]
    assert len(regions) > 40
    for region in (*regions, FUTURE, "aws-global"):
        for dual_stack, fips in VARIANTS:
            given: Json = {"use_dualstack_endpoint": dual_stack, "use_fips_endpoint": fips}
            assert outcome(after, prefix, region, given) == outcome(before, prefix, region, given)


def outcome(resolver: EndpointResolver, prefix: str, region: str, given: Json) -> object:
    """Return what a service's endpoint in a region comes to, an error as its text."""
    try:
        return resolver.construct_endpoint(prefix, region, **given)
    except botocore.exceptions.BotoCoreError as error:
        return str(error)


class Sent(Exception):
    """A request, in place of its answer: method, URL, headers, body."""


def client(
    loader: Loader, service: str, account: str = "", region: str = "eu-west-1", **settings: object
) -> BaseClient:
    """Return a client that sends nothing. With an account, it has credentials of it."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    if account:
        session.set_credentials("AKIAEXAMPLE", "example", account_id=account)
    else:
        settings["signature_version"] = UNSIGNED
    config = Config(parameter_validation=False, **settings)  # type: ignore[arg-type]  # any settings
    made = session.create_client(service, region, config=config)

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        headers = {name: one for name, one in request.headers.items() if name not in RANDOM}
        body = request.body
        if not isinstance(body, (str, bytes, bytearray, type(None))):  # botocore wraps it for a checksum
            body = body.read()
        raise Sent(request.method, request.url, headers, body)

    made.meta.events.register("before-send", stop)
    return made


def sent(made: BaseClient, operation: str, parameters: Json) -> str:
    """Return the request, or why there is none."""
    with pytest.raises((Sent, botocore.exceptions.BotoCoreError)) as stopped:
        getattr(made, xform_name(operation))(**parameters)
    return repr(stopped.value)


def sent_parts(made: BaseClient, operation: str, parameters: Json) -> Any:  # noqa: ANN401 - what `Sent` holds
    """Return the method, URL, headers and body of a request."""
    with pytest.raises(Sent) as stopped:
        getattr(made, xform_name(operation))(**parameters)
    return stopped.value.args


@SERVICES
def test_every_request_is_as_before(kept: Loader, service: str) -> None:
    """With each parameter that an operation has: what it is called, or the least of its kind."""
    before, after = client(FULL, service), client(kept, service)
    examples = ArgumentGenerator(use_member_names=True)
    requests = []
    for operation in OPERATIONS[service]:
        shape = before.meta.service_model.operation_model(operation).input_shape
        parameters = with_bytes(examples.generate_skeleton(shape)) if shape else {}
        requests.append(sent(before, operation, parameters))
        assert sent(after, operation, parameters) == requests[-1]
    assert any(one.startswith("Sent(") for one in requests)


@pytest.mark.parametrize("mode", ["preferred", "disabled"])
def test_a_table_is_found_by_its_name_at_the_endpoint_as_before(kept: Loader, mode: str) -> None:
    """With credentials that name an account, the endpoint can be that of the account."""
    item = {"TableName": "audit", "Item": {"key": {"S": "x"}}}
    requests: dict[str, Json] = {
        "BatchGetItem": {"RequestItems": {"control": {"Keys": [{"key": {"S": "x"}}]}}},
        "TransactWriteItems": {"TransactItems": [{"Put": item}]},
    }
    for operation, parameters in requests.items():
        urls = set()
        for loader in (FULL, kept):
            made = client(loader, "dynamodb", account="111122223333", account_id_endpoint_mode=mode)
            urls.add(sent(made, operation, parameters).split(", ")[1])
        (url,) = urls
        assert ("111122223333" in url) == (mode == "preferred")


def test_a_member_that_is_called_like_what_is_not_read_stays() -> None:
    shape = {"type": "structure", "members": {"pattern": {"shape": "Text", "documentation": "<p>One.</p>"}}}
    operation = {"name": "Do", "input": {"shape": "In"}}
    shapes = {"In": shape, "Text": {"type": "string", "pattern": ".*"}, "Other": {"type": "string"}}
    found = model_of({"operations": {"Do": operation, "No": {"name": "No"}}, "shapes": shapes}, ["Do"])
    assert found["operations"] == {"Do": operation}
    assert found["shapes"] == {
        "In": {"type": "structure", "members": {"pattern": {"shape": "Text"}}},
        "Text": {"type": "string"},
    }


def test_an_operation_that_botocore_does_not_know_is_named(tmp_path: Path) -> None:
    latest = tmp_path / "sts" / "2011-06-15"
    latest.mkdir(parents=True)
    (latest / f"{MODEL}.json").write_text(json.dumps({"operations": {}, "shapes": {}}))
    with pytest.raises(UnknownOperationError, match="botocore's model of sts has no AssumeRoles"):
        trim(tmp_path, {"sts": ("AssumeRoles",)})
