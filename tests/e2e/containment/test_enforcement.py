"""With IAM enforced: the function acts as its role alone, and what its role may not do is not done."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from ringfence.aws.identity import signed_identity
from ringfence.local.findings import InstanceFinding
from ringfence.local.inspection import NONE
from ringfence.local.sending import put_findings
from ringfence.model.claims import CONFIRMED, Verdict
from ringfence.model.signed_identity import HEADER
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.record.facts import DecisionMade, FindingReceived, Intended
from tests.e2e.operators import operator
from tests.e2e.world import Inbox, applied, not_applied, until
from tests.support.fakes.gateway import event as gateway_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.estate import Server
    from tests.e2e.operators import Operator
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
ROLE, POLICY = "ringfence-contain-instance", "declared"


@pytest.fixture
def server(enforcing: World) -> Server:
    builder = enforcing.builder()
    return builder.launch(builder.ground(), builder.name, builder.profile())


@contextmanager
def without(world: World, *taken: str) -> Iterator[None]:
    """Take actions from the role that acts in the account, for a while."""
    iam = world.client("iam")
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    statements = [
        {**one, "Action": actions}
        for one in policy["Statement"]
        if (actions := [each for each in listed(one["Action"]) if each not in taken])
    ]
    left = {each for one in statements for each in listed(one["Action"])}
    had = {each for one in policy["Statement"] for each in listed(one["Action"])}
    assert had - left == set(taken), "the role has what is taken from it"
    put(world, {**policy, "Statement": statements})
    try:
        yield
    finally:
        put(world, policy)


def put(world: World, policy: object) -> None:
    world.client("iam").put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(policy))


def listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def test_an_estate_is_contained_by_the_role_and_by_nobody_else(enforcing: World) -> None:
    estate, inspector = enforcing.builder().estate(), enforcing.inspector()
    neighbour = inspector.portrait(estate.bystander, estate.role)
    enforcing.send(estate.web)
    history = enforcing.complete(estate.web)
    assert set(applied(history).values()) == {1}
    assert not_applied(history) == []
    assert inspector.closed(estate.web)
    assert inspector.portrait(estate.bystander, estate.role) == neighbour
    assert enforcing.deployment.archived(estate.web.ref).sound
    for interface in estate.web.interfaces:
        (move,) = enforcing.calls("ModifyNetworkInterfaceAttribute", interface)
        assert move["userIdentity"]["type"] == "AssumedRole"
        assert move["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == ROLE


def test_without_the_right_to_isolate_nothing_is_contained_and_the_log_says_why(
    enforcing: World, server: Server
) -> None:
    with without(enforcing, "ec2:ModifyNetworkInterfaceAttribute"):
        enforcing.send(server)
        history = until(
            lambda: (found := enforcing.history(server)).verified and found, "the first try is verified"
        )
        assert history
        assert history.verified is not None
        assert not history.verified.contained
        assert any("UnauthorizedOperation" in words for words in not_applied(history))
        assert not enforcing.inspector().closed(server)
    # The message comes back: with the right given again the instance is contained.
    enforcing.complete(server)
    assert enforcing.inspector().closed(server)


def test_without_later_rights_the_instance_is_contained_and_not_called_complete(
    enforcing: World, server: Server
) -> None:
    taken = ("ec2:CreateSnapshots", "ec2:DisassociateIamInstanceProfile", "iam:PutRolePolicy")
    with without(enforcing, *taken):
        enforcing.send(server)
        refusals = until(lambda: refused(enforcing, server, len(taken)), "all are refused")
        for action in taken:
            assert any(action in words for words in refusals), refusals
        verified = until(lambda: enforcing.history(server).verified, "it is looked at again")
        assert verified is not None
        assert enforcing.inspector().closed(server)
        assert not verified.complete
    enforcing.complete(server)


def test_without_a_later_read_all_that_does_not_need_it_is_done(enforcing: World, server: Server) -> None:
    """Load balancers that cannot be read do not leave an intruder the instance's profile."""
    with without(enforcing, "elasticloadbalancing:DescribeTargetGroups"):
        enforcing.send(server)
        verified = until(
            lambda: (found := enforcing.history(server).verified) and found.whole and found,
            "every stage is looked at again",
        )
        assert verified
        assert (verified.contained, verified.complete) == (True, False)
        assert any(
            "elbv2:DescribeTargetGroups: AccessDenied" in words and "leave-target-groups" in words
            for words in verified.exposure
        )
        found = enforcing.inspector().portrait(server, f"{server.name}-server")
        assert (found["instance profile"], found["sessions of its role"]) == (NONE, "denied everything")
        assert found["incident tag"] != NONE, "the last stage went on as well"
    enforcing.complete(server, within=120)


def refused(world: World, server: Server, count: int) -> list[str]:
    """Return what was refused to the role, once it is so many different things."""
    found = [words for words in not_applied(world.history(server)) if "not authorized" in words]
    return found if len(set(found)) >= count else []


def decided(world: World, server: Server) -> DecisionMade | None:
    """Return the newest decision about a server."""
    return world.history(server).last(DecisionMade)


def make_up(world: World, finding: InstanceFinding) -> None:
    """Put the event of a finding that GuardDuty does not hold on the bus, as a constant input of a target."""
    entry = finding.entry()
    assert world.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_finding_that_guardduty_holds_is_confirmed_by_the_role(enforcing: World, server: Server) -> None:
    enforcing.send(server)
    enforcing.complete(server)
    made = decided(enforcing, server)
    assert made
    assert made.source == CONFIRMED
    (asked,) = enforcing.calls("GetFindings", enforcing.history(server).of(FindingReceived)[0].finding.id)[:1]
    assert asked["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == ROLE


def test_a_made_up_finding_changes_nothing_until_guardduty_has_it(enforcing: World, server: Server) -> None:
    inbox = Inbox(enforcing)
    enforcing.send(enforcing.builder().estate().web)  # there is a detector, older than what is made up
    finding = InstanceFinding.about(server)
    role = f"{server.name}-server"
    before = enforcing.inspector().portrait(server, role)
    make_up(enforcing, finding)
    made = until(lambda: decided(enforcing, server), "there is a decision")
    assert made
    assert (made.decision.mode, made.decision.code) == (Mode.NOTIFY, DecisionCode.REFUTED)
    assert made.source
    assert made.source.verdict is Verdict.ABSENT
    told = until(lambda: inbox.told(server.ref.id), "a person is told")
    assert told[0].startswith("[URGENT, high] finding unknown to its source")
    assert enforcing.history(server).of(Intended) == ()
    assert enforcing.inspector().portrait(server, role) == before
    # The message comes back. It is the finding's event, once GuardDuty has the finding.
    put_findings(
        enforcing.local.endpoint, [finding.detail()], enforcing.local.account, enforcing.local.region
    )
    enforcing.complete(server)
    assert enforcing.inspector().closed(server)


def test_the_finding_of_another_server_is_no_reason_to_contain_this_one(
    enforcing: World, server: Server
) -> None:
    builder = enforcing.builder()
    other = builder.launch(builder.ground(), builder.name, builder.profile())
    finding = enforcing.send(other)
    make_up(enforcing, replace(finding, server=server))
    made = until(lambda: decided(enforcing, server), "there is a decision")
    assert made
    assert made.source
    assert made.source.verdict is Verdict.REFUTED
    assert f"is not about {server.ref.key}" in made.source.reason
    enforcing.complete(other)
    assert enforcing.history(server).of(Intended) == ()
    assert not enforcing.inspector().closed(server)


def test_without_the_right_to_ask_guardduty_the_instance_is_contained_and_marked(
    enforcing: World, server: Server
) -> None:
    with without(enforcing, "guardduty:GetFindings"):
        enforcing.send(server)
        made = until(lambda: decided(enforcing, server), "there is a decision")
        assert made
        assert made.source
        assert made.source.verdict is Verdict.UNKNOWN
        assert "guardduty:GetFindings: AccessDenied" in made.source.reason
        until(lambda: enforcing.inspector().closed(server), "it is isolated")
    enforcing.complete(server)


def test_a_detector_that_was_deleted_leaves_it_to_a_person(enforcing: World, server: Server) -> None:
    enforcing.quiet()
    guardduty = enforcing.client("guardduty")
    for detector in guardduty.list_detectors()["DetectorIds"]:
        guardduty.delete_detector(DetectorId=detector)
    make_up(enforcing, InstanceFinding.about(server))
    made = until(lambda: decided(enforcing, server), "there is a decision")
    assert made
    assert (made.decision.mode, made.decision.code) == (Mode.DRY_RUN, DecisionCode.BLINDED)
    assert enforcing.history(server).of(Intended) == ()
    assert not enforcing.inspector().closed(server)


def test_an_operator_whom_iam_does_not_allow_is_refused_and_nothing_changes(
    enforcing: World, server: Server
) -> None:
    stranger, role = operator(enforcing), f"{server.name}-server"
    before = enforcing.inspector().portrait(server, role)
    words = ("run", "contain-instance", server.ref.id, "--yes", "--reason", "because I can")
    lost = stranger.types(*words)
    assert lost.returncode == 1, lost.stdout
    assert "stack Ringfence-Response cannot be read in account " in lost.stderr
    assert "The managed policy ringfence-operator of the home account allows it, or set --url" in lost.stderr
    refused = stranger.types(*words, "--url", enforcing.deployment.api)
    assert refused.returncode != 0, refused.stdout
    assert "execute-api:Invoke" in refused.stderr
    assert enforcing.inspector().portrait(server, role) == before


INNOCENT = "because I can"


@pytest.fixture(scope="module")
def mallory(enforcing: World) -> Operator:
    """Somebody who may invoke every function and send to every queue, and nothing else."""
    return operator(enforcing, allowed=("lambda:InvokeFunction", "sqs:*"))


@pytest.mark.parametrize(
    "function", [ROLE, f"{ROLE}-continuation", f"{ROLE}-recheck", "ringfence-operate", "ringfence-archive"]
)
def test_nobody_else_invokes_a_function_whatever_their_own_policies_allow(
    mallory: Operator, function: str
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        mallory.client("lambda").invoke(FunctionName=function, Payload=b"{}")


@pytest.fixture(scope="module")
def unguarded(enforcing: World) -> None:
    """Take from the functions the policies that deny everybody else, as somebody may who owns the account."""
    client = enforcing.client("lambda")
    for function in (ROLE, "ringfence-operate"):
        client.remove_permission(FunctionName=function, StatementId="NobodyElse")


def invoked(mallory: Operator, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a function's answer
    answer = mallory.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return json.load(answer["Payload"])


def message(body: str, receipt: str) -> dict[str, Any]:
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": receipt,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:111122223333:{ROLE}",
    }
    return {"Records": [record]}


@pytest.mark.parametrize(
    "receipt", ["", "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", "6f1d3a52-7c0e-4e0b-9d4f-2b8f0c6f5a11"]
)
@pytest.mark.usefixtures("unguarded")
def test_a_made_up_finding_contains_nothing(
    enforcing: World, server: Server, mallory: Operator, receipt: str
) -> None:
    """Everybody who may invoke the function can hand it an event that looks like the queue's."""
    entry = InstanceFinding.about(server).entry()
    told = {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "detail": json.loads(entry["Detail"]),
    }
    body = json.dumps({**told, "account": enforcing.local.account, "region": enforcing.local.region})
    before = enforcing.inspector().portrait(server, f"{server.name}-server")
    answer = invoked(mallory, ROLE, message(body, receipt))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}]}
    assert enforcing.inspector().portrait(server, f"{server.name}-server") == before
    assert not enforcing.history(server).entries
    enforcing.send(server)
    enforcing.complete(server)


def test_nobody_else_gets_a_receipt_handle_or_sends_a_message(mallory: Operator) -> None:
    sqs = mallory.client("sqs")
    for queue in (ROLE, f"{ROLE}-continuation", f"{ROLE}-recheck"):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.receive_message(QueueUrl=url)
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.send_message(QueueUrl=url, MessageBody="{}")
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.purge_queue(QueueUrl=url)


def test_nobody_disables_or_deletes_a_key_of_ringfence_whatever_their_own_policies_allow(
    enforcing: World,
) -> None:
    """Without them nothing could be recorded, and so nothing contained."""
    kms = operator(enforcing, allowed=("kms:*",)).client("kms")
    listed = enforcing.client("kms").list_aliases()["Aliases"]
    keys = {one["TargetKeyId"] for one in listed if one["AliasName"].startswith("alias/ringfence-")}
    assert keys
    for key in keys:
        for call in (kms.schedule_key_deletion, kms.disable_key):
            with pytest.raises(ClientError, match="AccessDenied"):
                call(KeyId=key)


@pytest.fixture(scope="module")
def scribe(enforcing: World) -> Operator:
    """Somebody with every right to tables and keys that IAM can give."""
    return operator(enforcing, allowed=("dynamodb:*", "kms:*"))


@pytest.mark.parametrize("table", ["audit", "control"])
def test_nobody_else_writes_to_a_table_whatever_their_own_policies_allow(
    enforcing: World, server: Server, scribe: Operator, table: str
) -> None:
    """Every test of a containment here shows that the functions still write."""
    enforcing.send(server)
    enforcing.complete(server)
    deployment, dynamodb = enforcing.deployment, scribe.client("dynamodb")
    names = {"audit": deployment.audit_table, "control": deployment.control_table}
    place = {"TableName": names[table]}
    item = dynamodb.scan(**place, Limit=1)["Items"][0]  # reading is allowed
    keys = ("chain", "entry") if table == "audit" else ("key",)
    key = {name: item[name] for name in keys}
    changes: dict[str, tuple[Any, dict[str, Any]]] = {
        "add": (dynamodb.put_item, {**place, "Item": {**item, keys[-1]: {"S": "forged"}}}),
        "add in a batch": (
            dynamodb.batch_write_item,
            {"RequestItems": {names[table]: [{"PutRequest": {"Item": item}}]}},
        ),
        "add in a transaction": (
            dynamodb.transact_write_items,
            {"TransactItems": [{"Put": {**place, "Item": item}}]},
        ),
        "change": (
            dynamodb.update_item,
            {
                **place,
                "Key": key,
                "UpdateExpression": "SET forged = :a",
                "ExpressionAttributeValues": {":a": {"S": "a"}},
            },
        ),
        "remove": (dynamodb.delete_item, {**place, "Key": key}),
        "remove in a transaction": (
            dynamodb.transact_write_items,
            {"TransactItems": [{"Delete": {**place, "Key": key}}]},
        ),
    }
    for what, (call, given) in changes.items():
        with pytest.raises(ClientError) as refused:
            call(**given)
        assert "AccessDenied" in refused.value.response["Error"]["Code"], what
    assert dynamodb.get_item(**place, Key=key).get("Item") is not None


def test_nobody_else_derives_the_key_of_the_seals_whatever_their_own_policies_allow(
    scribe: Operator,
) -> None:
    """Who can use it can forge entries. The functions do, or nothing here would be sealed."""
    kms = scribe.client("kms")
    given = {"KeyId": "alias/ringfence-record", "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    kms.describe_key(KeyId=given["KeyId"])
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_mac(**given)
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.verify_mac(**given, Mac=b"\0" * 32)


def test_nobody_else_signs_a_checkpoint_whatever_their_own_policies_allow(scribe: Operator) -> None:
    """The functions do, or no log of a deployment would verify."""
    kms, key = scribe.client("kms"), "alias/ringfence-log"
    assert kms.get_public_key(KeyId=key)["PublicKey"], "everybody who verifies needs it"
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.sign(KeyId=key, Message=b"m", MessageType="RAW", SigningAlgorithm="ED25519_SHA_512")


@pytest.mark.usefixtures("unguarded")
def test_a_request_in_somebody_elses_name_does_nothing(
    enforcing: World, server: Server, mallory: Operator
) -> None:
    """Who may invoke the function can make up whom the API names, and sign nothing but their own requests."""
    ciso = f"arn:aws:sts::{enforcing.local.account}:assumed-role/CISO/ciso"
    subject = {"account": server.ref.account, "region": server.ref.region, "id": server.ref.id}
    run = {
        "runbook": ROLE.removeprefix("ringfence-"),
        "subject": subject,
        "reason": INNOCENT,
        "dry_run": False,
    }
    body, local = json.dumps(run), enforcing.local
    keys = Credentials(mallory.environment["AWS_ACCESS_KEY_ID"], mallory.environment["AWS_SECRET_ACCESS_KEY"])
    own = signed_identity(keys.get_frozen_credentials(), local.region, local.endpoint, "/runs", body.encode())
    guessed = replace(own, signature="0" * 64)
    before = enforcing.inspector().portrait(server, f"{server.name}-server")
    for headers in ({}, {HEADER: own.header}, {HEADER: guessed.header}):
        asked = gateway_event("/runs", body, {"iam": {"userArn": ciso}})
        answer = invoked(mallory, "ringfence-operate", {**asked, "headers": headers})
        assert answer["statusCode"] == 403, answer
        assert json.loads(answer["body"])["error"]["kind"] == "forged"
    assert enforcing.inspector().portrait(server, f"{server.name}-server") == before
    assert not enforcing.history(server).entries
