"""What the audit log asks of DynamoDB, and what it makes of its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from ringfence.aws.audit_items import (
    CHAIN,
    CONTROL_KEY,
    ENTRY,
    MAC,
    MONTH,
    provided_key,
    provided_text,
)
from ringfence.aws.dynamo import PERMISSIONS, DynamoAuditLog
from ringfence.model.errors import AccessDenied, Conflict, InternalError, Retryable
from ringfence.model.symbol import QuarantineGroup
from ringfence.record.chain import ChainKey, Lease, Slot
from ringfence.record.facts import Outcome
from ringfence.record.history import History
from ringfence.record.seal import Proof
from tests.support.fakes.audit_home import AUDIT, CONTROL, dynamo_log, in_turn, session, tables
from tests.support.fakes.chains import INCIDENT, KEY, LATER, lease, more, notes, opened
from tests.support.fakes.seals import OTHER, FixedSeals, unsealed
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.record.chain import Entry

NOTHING = History()


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield tables()


class Wire:
    """Writes down the calls that a client makes."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.calls: list[tuple[str, Mapping[str, object]]] = []
        client.meta.events.register("provide-client-params.dynamodb", self._note, unique_id="wire")

    def _note(self, params: Mapping[str, object], model: object, **_: object) -> None:
        self.calls.append((str(getattr(model, "name", "")), params))

    @property
    def operations(self) -> list[str]:
        """Return the operations in order."""
        return [name for name, _ in self.calls]

    def actions(self) -> set[tuple[str, str]]:
        """Return each IAM action with its table: a transaction needs those of its items."""
        return {used for name, params in self.calls for used in _actions(name, params)}


def _actions(name: str, params: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    items = params.get("TransactItems")
    if isinstance(asked := params.get("RequestItems"), dict):
        yield from ((f"dynamodb:{name}", table) for table in asked)
        return
    if not isinstance(items, list):
        yield f"dynamodb:{name}", str(params["TableName"])
        return
    for item in items:
        for kind, inner in item.items():
            action = {"Put": "PutItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}[kind]
            yield f"dynamodb:{action}", inner["TableName"]


@pytest.fixture
def wire(client: DynamoDBClient) -> Iterator[Wire]:
    wire = Wire(client)
    yield wire
    client.meta.events.unregister("provide-client-params.dynamodb", unique_id="wire")


def test_declared_permissions_are_those_used(client: DynamoDBClient, wire: Wire) -> None:
    """Opening, continuing, losing a race, giving the lease back: every path, and nothing beside them."""
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(), lease())
    seen = log.read(KEY)
    log.append(KEY, seen, more(opened(), *notes(1)), None)
    with pytest.raises(Conflict):
        log.append(KEY, seen, more(opened(), *notes(1, start=5)), lease("attempt-2"))
    for _ in range(2):
        log.append(KEY, seen, (), Lease(incident=INCIDENT))
    log.append(KEY, log.read(KEY), more(log.read(KEY).entries, created("vpc-1", "sg-1")), None)
    named = {"{audit_table}": AUDIT, "{control_table}": CONTROL}
    declared = {(one.action, named[table]) for one in PERMISSIONS for table in one.resources}
    assert wire.actions() == declared


def test_permissions_reach_the_runbooks_own_chains_the_limits_and_to_read_what_is_paused() -> None:
    for permission in PERMISSIONS:
        reads = ("pause#newest",) if permission.action == "dynamodb:BatchGetItem" else ()
        is_control = permission.resources == ("{control_table}",)
        limits = ("limit/*", "breaker/*") if is_control else ()
        own = ("{runbook}#*", "{provided}") if is_control else ("{runbook}#*",)
        assert permission.conditions == (
            ("ForAllValues:StringLike", "dynamodb:LeadingKeys", (*own, *reads, *limits)),
        )


def test_reading_takes_two_calls_at_once_and_appending_one(client: DynamoDBClient, wire: Wire) -> None:
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(), lease())
    assert wire.operations == ["Query", "BatchGetItem", "TransactWriteItems"]


def test_reads_are_strongly_consistent(client: DynamoDBClient, wire: Wire) -> None:
    dynamo_log(client).read(KEY)
    (_, query), (_, batch) = wire.calls
    assert [query["ConsistentRead"], batch["RequestItems"][CONTROL]["ConsistentRead"]] == [True, True]  # type: ignore[index]  # as sent


class Sparing:
    """Leaves all keys unprocessed for some calls, as DynamoDB may."""

    def __init__(self, client: DynamoDBClient, times: int) -> None:
        self._client, self._times = client, times

    def batch_get_item(self, **asked: Any) -> Any:  # noqa: ANN401 - botocore's
        self._times -= 1
        if self._times >= 0:
            return {"Responses": {}, "UnprocessedKeys": asked["RequestItems"]}
        return self._client.batch_get_item(**asked)

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)


def test_keys_that_dynamodb_leaves_unprocessed_are_asked_for_again(client: DynamoDBClient) -> None:
    """An item that was not read is not a missing one: the lease would seem free."""
    dynamo_log(client).append(KEY, NOTHING, opened(), lease())
    assert dynamo_log(cast("DynamoDBClient", Sparing(client, 2))).read(KEY).lease == lease()
    with pytest.raises(Retryable, match="DynamoDB did not read"):
        dynamo_log(cast("DynamoDBClient", Sparing(client, 3))).read(KEY)


def test_only_the_first_entry_of_an_incident_is_indexed(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    log.append(KEY, NOTHING, opened(), lease())
    items = client.scan(TableName=AUDIT)["Items"]
    assert [(item[ENTRY], item.get(MONTH)) for item in items] == [
        ({"S": f"{INCIDENT}#000000"}, {"S": "2025-11"}),
        ({"S": f"{INCIDENT}#000001"}, None),
    ]
    assert {item[CHAIN]["S"] for item in items} == {KEY.text}


def test_older_incidents_are_not_read_through(client: DynamoDBClient, wire: Wire) -> None:
    """A subject with a long past costs no more reads than a new one."""
    log = dynamo_log(client)
    log.append(KEY, NOTHING, opened(), lease())
    log.append(KEY, log.read(KEY), more(opened(), *notes(210)), None)
    log.append(KEY, log.read(KEY), opened(LATER), lease(incident=LATER))
    wire.calls.clear()
    assert unsealed(log.read(KEY)).entries == opened(LATER)
    assert wire.operations == ["Query", "BatchGetItem"]


def created(vpc: str, group: str, by: str = "call") -> Outcome:
    """The outcome of a group's creation."""
    return Outcome("a-1.0", "applied", by, provides=((QuarantineGroup(vpc).key, group),))


def test_what_ringfence_created_is_known_to_every_subject_of_the_account_and_region(
    client: DynamoDBClient,
) -> None:
    """What a read found is not: anybody can create a thing with the same name and tags."""
    log = dynamo_log(client)
    log.append(KEY, NOTHING, opened(), lease())
    facts = (created("vpc-1", "sg-1"), created("vpc-1", "sg-2"), created("vpc-2", "sg-3", "observation"))
    log.append(KEY, log.read(KEY), more(opened(), *facts), None)
    kind, account, region, id_ = KEY.subject.split("/")
    for place, known in (
        (f"{kind}/{account}/{region}/another-one", {QuarantineGroup("vpc-1").key: {"sg-1", "sg-2"}}),
        (f"{kind}/{account}/us-west-2/{id_}", {}),
        (f"{kind}/444455556666/{region}/{id_}", {}),
    ):
        assert log.read(ChainKey(KEY.runbook, place)).provided == known
    assert log.read(ChainKey("another-runbook", KEY.subject)).provided == {}


def test_what_two_create_at_once_is_recorded_of_both(client: DynamoDBClient) -> None:
    """The second one reads again: what it would have written does not know the first."""
    kind, account, region, _ = KEY.subject.split("/")
    other = ChainKey(KEY.runbook, f"{kind}/{account}/{region}/another-one")
    log = dynamo_log(client)
    log.append(KEY, NOTHING, opened(), lease())
    mine = log.read(KEY)
    log.append(other, NOTHING, opened(), lease())
    log.append(other, log.read(other), more(opened(), created("vpc-1", "sg-1")), None)
    facts = more(opened(), created("vpc-2", "sg-2"))
    with pytest.raises(Conflict):
        log.append(KEY, mine, facts, None)
    log.append(KEY, log.read(KEY), facts, None)
    assert {id_ for ids in log.read(other).provided.values() for id_ in ids} == {"sg-1", "sg-2"}


def test_the_lease_goes_with_the_first_of_several_transactions(client: DynamoDBClient, wire: Wire) -> None:
    log = dynamo_log(client)
    log.append(KEY, NOTHING, (*opened(), *more(opened(), *notes(200))), lease())
    sizes = [len(params["TransactItems"]) for _, params in wire.calls]  # type: ignore[arg-type]  # a list
    assert sizes == [100, 100, 3]
    leases = ["lease" if CONTROL in str(params["TransactItems"]) else "" for _, params in wire.calls]
    assert leases == ["lease", "", ""]


def test_a_transaction_stays_under_its_size(client: DynamoDBClient, wire: Wire) -> None:
    log = dynamo_log(client)
    log.append(KEY, NOTHING, opened(), lease())
    large = more(opened(), *(type(note)(note.what, "x" * 390_000) for note in notes(12)))
    wire.calls.clear()
    log.append(KEY, log.read(KEY), large, None)
    written = [params for name, params in wire.calls if name == "TransactWriteItems"]
    assert len(written) > 1
    assert all(len(str(params)) < 4_000_000 for params in written)
    assert unsealed(log.read(KEY)).entries == (*opened(), *large)


def test_an_incident_opened_between_the_two_reads_is_seen(client: DynamoDBClient) -> None:
    """Entries read before, lease read after: together they would show a free subject."""
    opener, busy = dynamo_log(client), iter(range(1))

    def interrupted(functions: Sequence[Callable[[], object]]) -> Sequence[object]:
        entries = functions[0]()
        for _ in busy:
            opener.append(KEY, NOTHING, opened(), lease())
            opener.append(KEY, opener.read(KEY), (), Lease(incident=INCIDENT))
        return entries, *(function() for function in functions[1:])

    log = DynamoAuditLog(client, AUDIT, CONTROL, interrupted, FixedSeals())
    assert unsealed(log.read(KEY)) == History(opened(), Lease(incident=INCIDENT))


def test_deleted_entries_do_not_keep_a_subject_from_being_contained(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    log.append(KEY, NOTHING, opened(), lease())
    for item in client.scan(TableName=AUDIT)["Items"]:
        client.delete_item(TableName=AUDIT, Key={CHAIN: item[CHAIN], ENTRY: item[ENTRY]})
    assert unsealed(log.read(KEY)) == History((), lease())
    log.append(KEY, log.read(KEY), opened(LATER), lease(incident=LATER))
    assert unsealed(log.read(KEY)).entries == opened(LATER)


@pytest.mark.parametrize("sort", ["something else", f"{INCIDENT}#000002", f"{INCIDENT}#2", f"{LATER}#000000"])
def test_what_is_no_entry_is_a_fault_and_keeps_nothing_from_being_read(
    client: DynamoDBClient, sort: str
) -> None:
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(), lease())
    assert log.read(KEY).proof == Proof()
    client.put_item(TableName=AUDIT, Item={CHAIN: {"S": KEY.text}, ENTRY: {"S": sort}})
    found = log.read(KEY)
    assert found.incident == INCIDENT
    assert bool(found.proof.fault) == sort.startswith(INCIDENT)


def test_what_botocore_will_not_send_is_a_bug(client: DynamoDBClient) -> None:
    with pytest.raises(InternalError):
        DynamoAuditLog(client, "", "", in_turn, FixedSeals()).read(KEY)


def _append_refused(code: str, reasons: Sequence[str] = (), found: Sequence[Entry] = ()) -> None:
    """Append to a table that refuses the transaction and then shows the entries in `found`."""
    client = session().client("dynamodb")
    items = [
        {"entry": {"S": f"{e.incident}#{e.seq:06d}"}, "body": {"S": e.body}, "hash": {"S": e.hash}}
        for e in found
    ]
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items",
            code,
            modeled_fields={"CancellationReasons": [{"Code": one} for one in reasons]} if reasons else None,
        )
        stub.add_response("query", {"Items": items})
        dynamo_log(client).append(KEY, NOTHING, opened(), lease())


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict"])
def test_a_lost_race_is_a_conflict_unless_the_winner_was_oneself(reason: str) -> None:
    cancelled = "TransactionCanceledException", ("None", reason, "None")
    _append_refused(*cancelled, found=opened())
    for found in ((), opened()[:1], opened(LATER)):
        with pytest.raises(Conflict):
            _append_refused(*cancelled, found=found)


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("ThrottlingException", ()),
        ("ProvisionedThroughputExceededException", ()),
        ("InternalServerError", ()),
        ("TransactionInProgressException", ()),
        ("TransactionCanceledException", ("None", "ThrottlingError")),
        ("AccessDeniedException", ()),
        ("ResourceNotFoundException", ()),
    ],
)
def test_a_log_that_cannot_be_written_is_retried(code: str, reasons: Sequence[str]) -> None:
    """Nothing recorded, nothing done: the message goes back, and the queue's alarm tells a person."""
    with pytest.raises(Retryable, match=code) as raised:
        _append_refused(code, reasons)
    assert not isinstance(raised.value, Conflict)
    assert isinstance(raised.value, AccessDenied) == (code == "AccessDeniedException")


@pytest.mark.parametrize(
    ("code", "reasons"),
    [("ValidationException", ()), ("TransactionCanceledException", ("ValidationError",))],
)
def test_an_invalid_request_is_a_bug(code: str, reasons: Sequence[str]) -> None:
    with pytest.raises(InternalError):
        _append_refused(code, reasons)


def test_a_table_that_cannot_be_reached_is_retried() -> None:
    nowhere = session().client(
        "dynamodb", endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1})
    )
    log = DynamoAuditLog(nowhere, AUDIT, CONTROL, in_turn, FixedSeals())
    with pytest.raises(Retryable):
        log.append(KEY, NOTHING, opened(), lease())
    with pytest.raises(Retryable):
        log.read(KEY)
    backwards = DynamoAuditLog(
        nowhere, AUDIT, CONTROL, lambda functions: in_turn(functions[::-1]), FixedSeals()
    )
    with pytest.raises(Retryable):
        backwards.read(KEY)


def test_a_table_that_is_not_there_is_retried() -> None:
    with mock_aws():
        tables()
        with pytest.raises(Retryable):
            DynamoAuditLog(session().client("dynamodb"), "wrong", "wrong", in_turn, FixedSeals()).read(
                ChainKey("r", "s")
            )


def test_what_was_read_of_a_chain_is_not_read_again(client: DynamoDBClient) -> None:
    """The head is read once more, because its hash says that nothing before it has changed."""
    log, counted = dynamo_log(client, remembers=True), list[int]()
    client.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: counted.append(len(parsed["Items"])), unique_id="n"
    )
    log.append(KEY, NOTHING, opened(), lease())
    for number in range(3):
        known = log.read(KEY)
        log.append(KEY, known, more(known.entries, *notes(2, number)), None)
    assert len(log.read(KEY).entries) == 2 + 3 * 2
    client.meta.events.unregister("after-call.dynamodb.Query", unique_id="n")
    assert counted == [2, 3, 3, 3]


def test_a_chain_whose_head_was_altered_or_removed_is_read_as_a_whole(client: DynamoDBClient) -> None:
    log = dynamo_log(client, remembers=True)
    log.append(KEY, NOTHING, opened(), lease())
    first = log.read(KEY)
    key = {CHAIN: {"S": KEY.text}, ENTRY: {"S": f"{INCIDENT}#000001"}}
    client.delete_item(TableName=AUDIT, Key=key)
    assert log.read(KEY).entries == first.entries[:1]


def test_a_newer_incident_is_found_beside_a_remembered_one(client: DynamoDBClient) -> None:
    log = dynamo_log(client, remembers=True)
    log.append(KEY, NOTHING, opened(), lease())
    known = log.read(KEY)
    log.append(KEY, known, opened(LATER), lease(incident=LATER))
    assert unsealed(log.read(KEY)).entries == opened(LATER)
    assert unsealed(dynamo_log(client).read(KEY)).entries == opened(LATER)


def _slots(owner: str, most: int = 2) -> tuple[Slot, ...]:
    return tuple(
        Slot(f"limit/{name}/hour", owner, NOON, most) for name in ("overall", "account/111122223333")
    )


def test_limits_add_no_call_while_their_places_are_free(client: DynamoDBClient, wire: Wire) -> None:
    log = dynamo_log(client)
    log.append(KEY, History(), opened(), lease(), _slots("a"))
    assert wire.operations == ["TransactWriteItems"]


def test_a_used_place_costs_one_read_of_the_limits_places_and_another_try(
    client: DynamoDBClient, wire: Wire
) -> None:
    log, owners = dynamo_log(client), [f"owner-{number}" for number in range(9)]
    same = [one for one in owners if _slots(one)[0].place == _slots(owners[0])[0].place][:2]
    log.append(KEY, History(), opened(), lease(), _slots(same[0]))
    other = ChainKey(KEY.runbook, f"{KEY.subject[:-1]}1")
    log.append(other, History(), opened(), lease(), _slots(same[1]))
    assert wire.operations == [
        "TransactWriteItems",
        "TransactWriteItems",
        "BatchGetItem",
        "TransactWriteItems",
    ]


def test_a_place_that_another_transaction_is_about_to_take_is_left_to_it(client: DynamoDBClient) -> None:
    """DynamoDB cancels one of two transactions at the same time. The limit is not used up because of that."""
    log, taken = dynamo_log(client), list[int]()

    def busy(params: Mapping[str, Any], **_: object) -> None:
        slots = [one for one in params["TransactItems"] if "limit/" in str(one["Put"]["Item"].get("key"))]
        taken.append(len(slots))
        if len(taken) == 1:
            codes = ("TransactionConflict" if one in slots else "None" for one in params["TransactItems"])
            reasons = [{"Code": code} for code in codes]
            answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(answer, "TransactWriteItems")  # type: ignore[arg-type]  # what is used of it

    client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", busy, "busy")
    try:
        log.append(KEY, History(), opened(), lease(), _slots("a"))
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.TransactWriteItems", unique_id="busy")
    assert taken == [2, 2]
    assert unsealed(log.read(KEY)).entries == opened()


# Who wrote what Ringfence created


PLACE = provided_key(KEY)
GROUP = QuarantineGroup("vpc-1").key


def stored_ids(client: DynamoDBClient, place: str = PLACE) -> dict[str, Any]:
    """Return the item with what Ringfence created."""
    found: dict[str, Any] = client.get_item(TableName=CONTROL, Key={CONTROL_KEY: {"S": place}})["Item"]
    return found


def put_ids(client: DynamoDBClient, place: str = PLACE, **attributes: Any) -> None:  # noqa: ANN401 - an item
    client.put_item(TableName=CONTROL, Item={CONTROL_KEY: {"S": place}, **attributes})


def with_group(client: DynamoDBClient, seals: FixedSeals | None = None) -> DynamoAuditLog:
    """Return a log in which Ringfence has recorded a group."""
    log = dynamo_log(client, seals=seals or FixedSeals())
    log.append(KEY, log.read(KEY), opened(), lease())
    log.append(KEY, log.read(KEY), more(opened(), created("vpc-1", "sg-1")), None)
    assert log.read(KEY).provided == {GROUP: {"sg-1"}}
    return log


THEIRS = {"S": provided_text({GROUP: frozenset({"sg-1", "sg-mallory"})})}


@pytest.mark.parametrize("mac", ["kept", "removed", "of another key"])
def test_an_id_that_somebody_adds_names_no_group_of_ringfence(client: DynamoDBClient, mac: str) -> None:
    log, item = with_group(client), stored_ids(client)
    other = OTHER.keys[0].provided_mac(PLACE, THEIRS["S"])
    sealed = {"kept": {MAC: item[MAC]}, "removed": {}, "of another key": {MAC: {"S": other}}}[mac]
    put_ids(client, provided=THEIRS, **sealed)
    history = log.read(KEY)
    assert history.provided == {}
    log.append(KEY, history, more(history.entries, created("vpc-1", "sg-2")), None)
    assert log.read(KEY).provided == {GROUP: {"sg-2"}}, "the item of somebody else is replaced"


def test_an_item_of_another_region_names_nothing_here(client: DynamoDBClient) -> None:
    with_group(client)
    _, account, *_ = KEY.subject.split("/")
    elsewhere = ChainKey(KEY.runbook, f"instance/{account}/us-west-2/i-1")
    copied = {name: one for name, one in stored_ids(client).items() if name != CONTROL_KEY}
    put_ids(client, provided_key(elsewhere), **copied)
    assert dynamo_log(client).read(elsewhere).provided == {}


@pytest.mark.parametrize("strange", [{"N": "1"}, {"S": "["}, {"S": "[1]"}, {"L": []}])
def test_an_item_that_cannot_be_read_prevents_no_entry(client: DynamoDBClient, strange: Any) -> None:  # noqa: ANN401 - an attribute
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(), lease())
    put_ids(client, provided=strange)
    history = log.read(KEY)
    assert history.provided == {}
    log.append(KEY, history, more(opened(), created("vpc-1", "sg-2")), None)
    assert log.read(KEY).provided == {GROUP: {"sg-2"}}


def test_ids_without_a_mac_count_for_nothing_and_are_never_sealed(client: DynamoDBClient) -> None:
    """Somebody can have written them before Ringfence created anything there."""
    put_ids(client, provided=THEIRS)
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(), lease())
    history = log.read(KEY)
    assert history.provided == {}
    log.append(KEY, history, more(opened(), created("vpc-1", "sg-2")), None)
    assert MAC in stored_ids(client)
    assert dynamo_log(client).read(KEY).provided == {GROUP: {"sg-2"}}


def test_while_the_key_cannot_be_derived_ids_without_a_mac_count(client: DynamoDBClient) -> None:
    """Otherwise each response in that time would create another group, and there is no end of names."""
    seals = FixedSeals()
    seals.down = True
    log = dynamo_log(client, seals=seals)
    log.append(KEY, log.read(KEY), opened(), lease())
    log.append(KEY, log.read(KEY), more(opened(), created("vpc-1", "sg-1")), None)
    assert log.read(KEY).provided == {GROUP: {"sg-1"}}
    assert dynamo_log(client).read(KEY).provided == {}


def test_without_a_key_what_is_sealed_stays_and_entries_are_written(client: DynamoDBClient) -> None:
    seals = FixedSeals()
    log = with_group(client, seals)
    before = stored_ids(client)
    seals.forget()
    seals.down = True
    history = log.read(KEY)
    assert history.provided == {GROUP: {"sg-1"}}, "the key that would check it exists"
    log.append(KEY, history, more(history.entries, created("vpc-2", "sg-3")), None)
    assert stored_ids(client) == before
    assert log.read(KEY).entries[-1].fact == created("vpc-2", "sg-3")
