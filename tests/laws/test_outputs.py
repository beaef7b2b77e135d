"""Laws: outputs make exactly the calls they declare, and their own write-backs start nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.output import Site, Told
from ringfence.handlers.outputs import every_output, output
from ringfence.record.chain import ChainKey
from ringfence.record.facts import FindingReceived
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.operations import operations_of
from tests.support.conversing import Conversing
from tests.support.every_fact import kinds
from tests.support.fakes.conversations import model
from tests.support.fakes.security_hub import FakeSecurityHub
from tests.support.recorded_chains import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.handlers.output import Output
    from ringfence.model.call import Call
    from ringfence.record.chain import Entry

CHAINS = {(id_, name): chain for id_ in CATALOGUE for name, chain in read(id_).items()}
EACH = pytest.mark.parametrize("one", every_output(), ids=lambda one: one.id)
ACCOUNT = "111122223333"
NAMES = {"events_bus": "ringfence-events", "events_bucket": "bucket-1"}


def site(of: Output) -> Site:
    return Site(ACCOUNT, "eu-west-1", frozenset((ACCOUNT,)), of.choose({}), NAMES)


def answer(_account: str, _region: str, call: Call) -> Mapping[str, object]:
    """Answer so that the calls go on: there is a detector, and findings are found in one of the hubs."""
    asked: Any = call.parameters
    if call.operation == "GetFindings":
        named = {name: one[0]["Value"] for name, one in asked["Filters"].items()}
        found = [{**named, "Resources": []}] if len(named["Id"]) % 2 else []
        return {"Findings": found}
    if call.operation == "GetFindingsV2":
        uid = asked["Filters"]["CompositeFilters"][0]["StringFilters"][0]["Filter"]["Value"]
        product = {"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/guardduty"}
        return {"Findings": [{"finding_info": {"uid": uid}, "metadata": {"uid": "v2", "product": product}}]}
    return {"DetectorIds": ["d-1"]}


def key_of(chain: tuple[Entry, ...]) -> ChainKey:
    body = json.loads(chain[0].body)
    return ChainKey(body["runbook"], body["subject"])


def told(chain: tuple[Entry, ...], number: int) -> Told:
    return Told(key_of(chain), chain[:number], range(number))


def everything(of: Output) -> Conversing:
    """Let an output handle every entry of every recorded chain."""
    made = Conversing(answer)
    for chain in CHAINS.values():
        for extra in ("", "x"):
            made.run(of.errands(told(with_ids(chain, extra), len(chain)), site(of)))
    return made


def with_ids(chain: tuple[Entry, ...], extra: str) -> tuple[Entry, ...]:
    """Return a chain whose findings have ids of another length."""
    return tuple(
        replace(one, body=json.dumps(_with_id(json.loads(one.body), extra)))
        if isinstance(one.fact, FindingReceived)
        else one
        for one in chain
    )


def _with_id(body: dict[str, Any], extra: str) -> dict[str, Any]:
    body["fact"]["finding"]["id"] += extra
    body["fact"]["finding"]["source"] = "aws.guardduty"
    return body


@EACH
def test_an_output_makes_every_call_that_it_declares_and_no_other(one: Output) -> None:
    made = {(call.service, call.operation) for call in everything(one).calls}
    allowed = {(service, name) for service, names in operations_of(one.permissions).items() for name in names}
    assert made == {call for call in allowed if call[1] not in {"CreateSession", "HeadBucket"}}


@EACH
def test_the_parameters_of_each_call_are_those_of_the_api(one: Output) -> None:
    from botocore.validate import ParamValidator

    for call in everything(one).calls:
        shape = model(call.service).operation_model(call.operation).input_shape
        assert shape is not None
        report = ParamValidator().validate(dict(call.parameters), shape)
        assert not report.has_errors(), report.generate_report()


@EACH
def test_an_output_is_about_facts_that_exist(one: Output) -> None:
    assert one.facts
    assert one.facts <= {kind.__name__ for kind in kinds()}


@pytest.mark.parametrize(("id_", "name"), CHAINS)
def test_what_was_written_back_is_not_written_again(id_: str, name: str) -> None:
    """Security Hub sends an event for each write. The finding in it has the same id and time as before.

    So the incident has it already, nothing is recorded, and no output learns of anything. If one did, it
    would have nothing to write.
    """
    chain, hub = with_ids(CHAINS[id_, name], ""), output("security-hub")
    at = FakeSecurityHub([_finding(one) for one in chain if isinstance(one.fact, FindingReceived)])
    Conversing(at).run(hub.errands(told(chain, len(chain)), site(hub)))
    written = at.sent
    for _ in range(2):
        Conversing(at).run(hub.errands(told(chain, len(chain)), site(hub)))
    assert at.sent == written


def _finding(entry: Entry) -> dict[str, Any]:
    found = json.loads(entry.body)["fact"]["finding"]
    region, account = found["region"], found["account"]
    detector = (found.get("claim") or {}).get("detector", "")
    return {
        "Id": f"arn:aws:guardduty:{region}:{account}:detector/{detector}/finding/{found['id']}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/guardduty",
        "Resources": [],
    }
