"""Law 3, as it happens: the actions of every call that leaves are those that are declared, in all scenarios.

What no scenario here comes by (races, refusals) is in `test_permissions_are_exact.py`: there, too, every
declared action is called.
"""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from moto import mock_aws

from ringfence.aws import archive, dynamo, incidents, log_files, log_sequence, notice, schedules, sessions
from ringfence.aws.archive import S3Archive
from ringfence.aws.incidents import IncidentReader, Response
from ringfence.aws.log_files import LogFiles
from ringfence.aws.log_sequence import LogSequence
from ringfence.aws.notice import Topic
from ringfence.aws.schedules import Schedules
from ringfence.cli.main import main
from ringfence.cli.settings import AUDIT_STACK, SCANS_STACK
from ringfence.model.errors import Retryable
from ringfence.model.place import Place
from ringfence.observations.iam.revocation_list import LIST, revocation_list
from ringfence.observations.iam.revocations import Revocation, revocation_named
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.record.history import History
from ringfence.record.notices import Notice
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.status import IncidentStatus
from stacks import needs
from tests.support.fakes.audit_home import (
    ARCHIVE,
    AUDIT,
    CONTROL,
    REGION,
    bucket,
    dynamo_log,
    dynamodb,
    in_turn,
    s3,
    session,
    tables,
)
from tests.support.fakes.chains import INCIDENT, KEY, LATER, NOON, contained, lease, opened
from tests.support.fakes.config_items import item
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.moto_world import Builder, Clients, FullRole, clients, fill_role, world
from tests.support.fakes.scanned import HOME, Scanned
from tests.support.laws.permissions import declared
from tests.support.posture import SHIPPED
from tests.support.strategies.contain_instance import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client


def names_on_role() -> set[str]:
    """Return the names of the role's inline and attached policies."""
    iam = Builder().client("iam")
    (name,) = (one["RoleName"] for one in iam.list_roles()["Roles"])
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    inline: list[str] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return {*inline, *(one["PolicyName"] for one in attached)}


def move_revocations() -> Revocation:
    """Move the role's revocations to the list beside another one, as the next incident with the role does."""
    iam, other = Builder().client("iam"), Revocation(NOON, "f" * 10)
    (role,) = (one["RoleName"] for one in iam.list_roles()["Roles"])
    names = {one: found for one in names_on_role() if (found := revocation_named(one))}
    assert names
    document = json.dumps(revocation_list((*names.values(), other)))
    iam.put_role_policy(RoleName=role, PolicyName=LIST, PolicyDocument=document)
    for name in names:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    return other


def test_responding_and_releasing_take_the_declared_actions_and_no_others() -> None:
    """With everything switched on, in both ways, and again: a redelivery looks and takes nothing new."""
    responding, releasing = set[str](), set[str]()
    for number, way in enumerate(("detach", "standby")):
        with mock_aws():
            here = world(tagged=bool(number))
            for _ in range(2):
                report = here.respond(EVERYTHING, "f-1", way)
                assert report.status is IncidentStatus.COMPLETE
            responding |= clients().actions()
            assert here.release(report.incident).status is IncidentStatus.RELEASED
            releasing |= clients().actions()
    with mock_aws():
        here = world()
        ended = fill_role()
        for _ in range(2):
            with suppress(Retryable):
                report = here.respond(EVERYTHING, "f-1", "detach", FullRole(clients(), here.clock, in_turn))
        responding |= clients().actions()
        assert report.status is IncidentStatus.COMPLETE
        other = move_revocations()
        clients().noted.clear()
        assert here.release(report.incident).status is IncidentStatus.RELEASED
        releasing |= clients().actions()
        assert not ended & names_on_role()
        (use,) = here.cloud.observe(here.ref, (RoleSessions,))[RoleSessions].roles
        assert use.listed == {other}
    # GuardDuty is asked for more than the finding only if it does not have it: see test_claims_are_asked.py.
    # Security Hub is asked for findings of other products only: see the tests of its claims.
    rest = {"guardduty:GetDetector", "guardduty:ListDetectors", "securityhub:GetFindings"}
    assert responding == (declared(EVERYTHING.permissions()) - rest) | declared(dynamo.PERMISSIONS)
    assert releasing == declared(EVERYTHING.release_permissions()) | declared(dynamo.PERMISSIONS)


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        clients().noted.clear()
        yield


def made(service: str) -> Any:  # noqa: ANN401 - made at run time
    return clients().client(None, service)


@pytest.mark.usefixtures("aws")
def test_archiving_and_verifying_take_the_declared_actions_and_no_others() -> None:
    bucket()
    kept = S3Archive(made("s3"), ARCHIVE)
    for _ in range(2):
        assert kept.keep(KEY.text, opened()) == frozenset()
    assert clients().actions() == declared(archive.WRITE_PERMISSIONS)
    assert len(kept.first_versions(KEY, INCIDENT, in_turn)) == len(opened())
    assert kept.chains(INCIDENT) == (KEY,)
    assert clients().actions() == declared(archive.READ_PERMISSIONS)


@pytest.mark.usefixtures("aws")
def test_publishing_the_transparency_log_takes_the_declared_actions_and_no_others() -> None:
    """KMS is in memory: moto has no Ed25519 keys."""
    bucket()
    tables()
    home = log_home(made("s3"), LogSequence(made("dynamodb"), CONTROL))
    home.write(KEY, *contained())
    archived = clients().actions()
    assert archived == declared((*archive.WRITE_PERMISSIONS, *log_sequence.APPEND_PERMISSIONS)) - {
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
    }
    for _ in range(3):
        home.publish()
        home.clock.wait(hours=1)
    used = (*log_files.WRITE_PERMISSIONS, *log_sequence.PUBLISH_PERMISSIONS, *archive.READ_PERMISSIONS)
    assert clients().actions() == declared(used)


@pytest.mark.usefixtures("aws")
def test_reading_the_log_takes_the_declared_actions_and_no_others() -> None:
    tables()
    reader = IncidentReader(made("dynamodb"), AUDIT)
    assert (*reader.opened(NOON, NOON), *reader.responses(INCIDENT)) == ()
    assert reader.entries(Response(KEY, INCIDENT)) == ()
    assert clients().actions() == declared(incidents.PERMISSIONS) == declared(incidents.ENTRIES_PERMISSIONS)


def log_home(client: S3Client, sequence: LogSequence) -> LogHome:
    """Return what archives and publishes, with these clients, as of now."""
    home = LogHome()
    home.clock.now = datetime.now(UTC)
    kept = S3Archive(client, ARCHIVE)
    home.archiving = replace(home.archiving, archive=kept, sequence=sequence)
    home.publishing = replace(
        home.publishing, archive=kept, sequence=sequence, files=LogFiles(client, ARCHIVE), copies=None
    )
    return home


@pytest.fixture
def terminal(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Commands make clients of their own: what those call is noted, too."""
    del aws
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    made_once = (sessions.session, sessions.own_client)
    for one in made_once:
        one.cache_clear()
    noting = Clients()
    noting.listen(sessions.session())
    yield noting
    for one in made_once:
        one.cache_clear()


def scanned_bucket() -> str:
    """Return a bucket with the files of a scheduled scan."""
    made, place = Scanned(tuple(one.rule for one in SHIPPED), (HOME,)), Place(HOME, REGION)
    made.config.record(place, item(place, "AWS::S3::Bucket", "files", configuration={"name": "files"}))
    made.run()
    s3().create_bucket(Bucket="scans", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name, text in made.files.objects.items():
        content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        s3().put_object(Bucket="scans", Key=name, Body=content)
    return "scans"


def test_the_commands_of_an_auditor_take_the_declared_actions_and_no_others(terminal: Clients) -> None:
    """With nothing in the environment, so that the stack is asked where things are."""
    dynamo_log(tables()).append(KEY, History(), contained(), lease())
    kept = S3Archive(bucket(), ARCHIVE)
    assert kept.keep(KEY.text, contained()) == frozenset()
    home = log_home(s3(), LogSequence(dynamodb(), CONTROL))
    home.write(KEY, *contained())
    home.publish()
    kms = session().client("kms")
    arn = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["Arn"]
    template = {
        "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {
            "AuditTable": {"Value": AUDIT},
            "ArchiveBucket": {"Value": ARCHIVE},
            "ControlTable": {"Value": CONTROL},
            "LogKey": {"Value": arn},
        },
    }
    create = session().client("cloudformation").create_stack
    create(StackName=AUDIT_STACK, TemplateBody=json.dumps(template))
    template["Outputs"] = {"ScanResults": {"Value": scanned_bucket()}}
    create(StackName=SCANS_STACK, TemplateBody=json.dumps(template))
    for words, ends in (
        (("incidents", "list", "--since", "2020-01-01"), 0),
        (("incidents", "show", INCIDENT), 0),
        (("audit", "verify", INCIDENT, "--log-key", home.signer.key.text), 0),
        (("audit", "verify", "--all", "--log-key", home.signer.key.text), 0),
        (("audit", "verify", "--all"), 2),  # the key of the stack is of another kind: moto has no Ed25519
        (("audit", "verify", INCIDENT, "--without-archive"), 0),
        (("scans", "list"), 0),
        (("report", "--since", "2020-01-01", "--format", "json"), 1),  # no recorder sees IAM there
        (("audit", "verify", LATER), 2),  # unknown to the table: the whole archive is gone through
    ):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == ends, done.output
    # What is paused is in a chain of the home account. STS names the account without a permission:
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    assert terminal.actions() == {*declared(needs.AUDIT), "sts:GetCallerIdentity"}


@pytest.mark.usefixtures("aws")
def test_telling_takes_the_declared_actions_and_no_others() -> None:
    arn = session().client("sns").create_topic(Name="notices")["TopicArn"]
    Topic(made("sns"), arn).publish(Notice(NoticeKind.CONTAINED, "contained"))
    assert clients().actions() == declared(notice.PERMISSIONS)


@pytest.mark.usefixtures("aws")
def test_what_follows_an_approval_takes_the_declared_actions_and_no_others() -> None:
    arn = session().client("sns").create_topic(Name="notices")["TopicArn"]
    session().client("scheduler").create_schedule_group(Name="approvals")
    role = "arn:aws:iam::111122223333:role/schedule"
    given = Schedules(made("scheduler"), "approvals", role)
    assert Topic(made("sns"), arn).confirmed() == 0
    for _ in range(2):  # a repetition creates nothing
        given.at("one-expiry", NOON, "arn:aws:sqs:eu-west-1:111122223333:queue", "{}")
    assert clients().actions() == declared((*notice.SUBSCRIBED_PERMISSIONS, *schedules.PERMISSIONS))
    kept = session().client("scheduler").get_schedule(Name="one-expiry", GroupName="approvals")
    assert (kept["Target"]["RoleArn"], kept["ActionAfterCompletion"]) == (role, "DELETE")
