"""`ringfence explain`: exit codes, the JSON of each file, the words, and that nothing makes it fall over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.explain import explain
from ringfence.cli.main import COMMANDS, main
from ringfence.engine.explanation import Explainer, Explanation, Status
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.calls import by_root, call_event, sign_in
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import (
    changed,
    instance_finding,
    sequence_finding,
    sequence_resource,
    without,
)
from ringfence.local.samples.guardduty_callers import credentials_finding, stolen_finding
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import GLOBAL
from ringfence.policy.decision import Mode
from ringfence.policy.file import BUILT_IN, PolicyFile, load_policy
from ringfence.runbooks import catalogue
from ringfence.runbooks.harden_snapshot import HARDEN_SNAPSHOT
from tests.support.json_forms import check
from tests.support.samples.runbooks import CATALOGUE
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from click.testing import Result

Json = dict[str, Any]
OURS = Path(__file__).resolve().parents[2] / "support" / "samples" / "dry.yaml"
TAKEN = f"without --home-account, `home` is account {samples.ACCOUNT}"
HANDLED, BAD_INPUT, NOT_FOR_US = 0, 2, 3
AUTO = """\
version: 1
scope: {accounts: [home]}
rules:
  - {finding: "*:EC2/Spambot", mode: "off"}
  - {severity: high, mode: auto}
runbooks: {contain-instance: {enable: [imds-off]}}
"""
EVENT = instance_finding()


def run(*args: str | Path, stdin: bytes = b"") -> Result:
    words = [str(arg) for arg in args]
    done = CliRunner().invoke(explain, words, input=stdin, obj=CATALOGUE)
    check(("explain", *words), done.stdout)
    return done


def explained(event: object, policy: Path = OURS) -> tuple[Json, int]:
    """Return the JSON for an event on standard input, and the exit code."""
    result = run("-", "--json", "--policy", policy, stdin=json.dumps(event).encode())
    answer: Json = json.loads(result.stdout)
    return answer, result.exit_code


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder whose policy is valid for the runbooks of these tests."""
    folder = tmp_path_factory.mktemp("explain")
    (folder / "policy.yaml").write_bytes(OURS.read_bytes())
    monkeypatch.chdir(folder)


@pytest.fixture
def auto(tmp_path: Path) -> Path:
    path = tmp_path / "auto.yaml"
    path.write_text(AUTO, encoding="utf-8")
    return path


def test_a_compromise_would_be_contained(auto: Path) -> None:
    ref = {"account": samples.ACCOUNT, "region": samples.REGION, "id": samples.INSTANCE}
    assert explained(EVENT, auto) == (
        {
            "file": "-",
            "place": "-",
            "status": "handled",
            "finding": {
                "id": samples.FINDING,
                "type": "Backdoor:EC2/C&CActivity.B",
                "severity": 8.0,
                "account": samples.ACCOUNT,
                "region": samples.REGION,
                "title": "Activity of type Backdoor:EC2/C&CActivity.B.",
            },
            "subjects": [
                {
                    "kind": "instance",
                    "account": samples.ACCOUNT,
                    "region": samples.REGION,
                    "id": samples.INSTANCE,
                }
            ],
            "runbook": "contain-instance",
            "remediations": ["isolate-instance", "leave-group", "imds-off"],
            "mode": "auto",
            "reason": f"policy rule 2 sets mode auto. {TAKEN}",
            "answers": [
                {
                    "runbook": "contain-instance",
                    "finding": "Backdoor:EC2/C&CActivity.B",
                    "mode": "auto",
                    "subjects": [{"kind": "instance", **ref}],
                    "remediations": ["isolate-instance", "leave-group", "imds-off"],
                    "reason": "policy rule 2 sets mode auto",
                }
            ],
        },
        HANDLED,
    )


def test_without_a_rule_the_response_would_run_dry() -> None:
    answer, code = explained(EVENT)
    assert (answer["mode"], code) == ("dry-run", HANDLED)
    assert answer["remediations"] == ["isolate-instance", "leave-group"]


def test_the_target_of_a_brute_force_attack_would_be_notified_of_only(auto: Path) -> None:
    answer, code = explained(instance_finding("UnauthorizedAccess:EC2/SSHBruteForce"), auto)
    assert (answer["status"], answer["mode"], answer["remediations"], code) == (
        "handled",
        "notify",
        [],
        HANDLED,
    )
    assert "TARGET" in answer["reason"]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (instance_finding(archived=True), "archived"),
        (instance_finding(additionalInfo={"value": '{"sample":true}'}), "sample"),
        (instance_finding("Backdoor:EC2/Spambot"), "policy rule 1 sets mode off"),
    ],
)
def test_what_the_policy_rules_out_is_not_applicable(event: Json, why: str, auto: Path) -> None:
    answer, code = explained(event, auto)
    assert (answer["status"], answer["mode"], answer["remediations"], code) == (
        "not-applicable",
        "off",
        [],
        NOT_FOR_US,
    )
    assert why in answer["reason"]


def test_an_account_outside_the_scope_is_not_applicable(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text('version: 1\nscope: {accounts: ["444455556666"]}\n', encoding="utf-8")
    answer, code = explained(EVENT, path)
    assert (answer["status"], code) == ("not-applicable", NOT_FOR_US)
    assert answer["reason"] == f"account {samples.ACCOUNT} is not in the policy's scope"


def test_a_strangers_finding_is_out_of_scope_once_home_is_named() -> None:
    """Without `--home-account` the finding's own account is taken for home, and the reason says so."""
    stdin = json.dumps(EVENT).encode()
    assert run("-", "--policy", OURS, stdin=stdin).exit_code == HANDLED
    assert run("-", "--policy", OURS, "--home-account", samples.ACCOUNT, stdin=stdin).exit_code == HANDLED
    elsewhere = run("-", "--policy", OURS, "--home-account", "999988887777", stdin=stdin)
    assert elsewhere.exit_code == NOT_FOR_US
    assert "is not in the policy's scope" in elsewhere.stdout


def test_each_instance_of_a_sequence_is_judged_by_its_own_account(auto: Path) -> None:
    other = sequence_resource("i-0fedcba9876543210", "444455556666")
    answer, code = explained(sequence_finding(sequence_resource(), other), auto)
    assert (answer["mode"], code) == ("auto", HANDLED)
    assert [subject["account"] for subject in answer["subjects"]] == [samples.ACCOUNT, "444455556666"]
    assert "i-0fedcba9876543210: account 444455556666 is not in the policy's scope (off)" in answer["reason"]


def test_a_finding_about_something_else_is_not_applicable() -> None:
    answer, code = explained(instance_finding("Discovery:RDS/TorIPCaller"))
    assert (answer["status"], answer["runbook"], answer["mode"], code) == (
        "not-applicable",
        None,
        None,
        NOT_FOR_US,
    )
    assert answer["finding"]["type"] == "Discovery:RDS/TorIPCaller"
    assert answer["reason"] == "no runbook answers findings of type Discovery:RDS/TorIPCaller"


def test_a_finding_that_nothing_acts_on_is_handled_by_a_notice() -> None:
    explainer = Explainer(PolicyFile(BUILT_IN), catalogue.CATALOGUE)
    found = explainer.explain(json.dumps(instance_finding("Discovery:RDS/TorIPCaller")).encode())
    assert (found.status, found.mode, found.runbook) == (Status.HANDLED, Mode.NOTIFY, "report-findings")
    assert "a database" in found.reason


def test_a_finding_that_two_runbooks_answer_says_so() -> None:
    """Stolen credentials of an instance: the session is contained, and the instance."""
    explainer = Explainer(PolicyFile(BUILT_IN), catalogue.CATALOGUE)
    explanation = explainer.explain(json.dumps(stolen_finding()).encode())
    assert (explanation.status, explanation.runbook) == (Status.HANDLED, "contain-instance")
    assert "contain-credentials also answers (dry-run), for role-session AROA" in explanation.reason


def test_a_call_of_the_root_user_is_explained_as_what_it_did_and_as_who_made_it() -> None:
    """One event tells of both, and what answers either is named."""
    explainer = Explainer(PolicyFile(BUILT_IN), catalogue.CATALOGUE)
    stopped = call_event("cloudtrail", "StopLogging", {"name": "main"}, identity=by_root())
    told = explainer.explain(json.dumps(stopped).encode())
    assert (told.status, told.runbook) == (Status.HANDLED, "restore-logging")
    assert "harden-identity also answers Root:Call (notify), for root root" in told.reason


def test_a_call_that_nothing_answers_is_handled_where_the_root_user_made_it() -> None:
    used = call_event("s3", "PutBucketPolicy", {"bucketName": "a-bucket"}, identity=by_root())
    only_root = {"harden-identity": catalogue.CATALOGUE["harden-identity"]}
    told = Explainer(PolicyFile(BUILT_IN), only_root).explain(json.dumps(used).encode())
    assert (told.status, told.runbook) == (Status.HANDLED, "harden-identity")
    assert told.finding is not None
    assert told.finding.type == "Root:Call"


def test_a_finding_for_which_there_is_no_runbook_yet_names_its_subject() -> None:
    """The runbooks that are there decide what is answered, not what can be read."""
    answer, code = explained(credentials_finding())
    assert (answer["status"], answer["runbook"], code) == ("not-applicable", None, NOT_FOR_US)
    assert [one["kind"] for one in answer["subjects"]] == ["access-key"]
    assert "no runbook answers" in answer["reason"]


@pytest.mark.parametrize(
    ("region", "status", "mode"),
    [(samples.REGION, Status.HANDLED, Mode.AUTO), ("us-west-2", Status.NOT_APPLICABLE, Mode.OFF)],
)
def test_a_verdict_on_an_account_is_explained_as_one_on_what_the_review_lists(
    region: str, status: Status, mode: Mode, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        f"{{version: 1, scope: {{accounts: [home], regions: [{samples.REGION}]}}, default: auto}}"
    )
    runbooks = {HARDEN_SNAPSHOT.id: HARDEN_SNAPSHOT}
    rule = "ebs-snapshot-public-restorable-check"
    event = verdict(rule, "AWS::::Account", samples.ACCOUNT, samples.ACCOUNT, region)
    found = Explainer(load_policy(path, runbooks), runbooks).explain(json.dumps(event).encode())
    assert (found.status, found.runbook, found.mode) == (status, HARDEN_SNAPSHOT.id, mode)
    assert found.subjects == (AccountRef(samples.ACCOUNT, GLOBAL, samples.ACCOUNT),)
    assert f"each resource that its review public-snapshots lists in {region}" in found.reason


WHOLE = Explainer(PolicyFile(BUILT_IN, catalogue.CATALOGUE), catalogue.CATALOGUE)


def whole(event: object) -> Explanation:
    return WHOLE.explain(json.dumps(event).encode())


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("PutAccountPublicAccessBlock", {"publicAccessBlock": ""}),
        ("CreateAccessPoint", {"name": "mine"}),
        ("CreateJob", None),
    ],
)
def test_a_call_of_s3_on_no_bucket_is_not_for_us(name: str, parameters: Json | None) -> None:
    found = whole(call_event("s3", name, parameters))
    assert (found.status, found.reason) == (
        Status.NOT_APPLICABLE,
        f"the call s3:{name} is not on a bucket",
    )


@pytest.mark.parametrize("parameters", [{"Host": "x"}, {"omitted": True, "reason": "size exceeds limit"}])
def test_a_call_on_a_bucket_that_does_not_name_it_is_invalid(parameters: Json) -> None:
    found = whole(call_event("s3", "PutBucketPolicy", parameters))
    assert (found.status, found.field) == (Status.INVALID, "detail.requestParameters.bucketName")


def test_only_remediations_that_can_apply_to_the_subject_are_listed() -> None:
    deleted = {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-0a1b2c3d4e5f60718"}}}
    assert whole(call_event("ec2", "DeleteFlowLogs", deleted)).remediations == (
        "restore-flow-log",
        "evaluate-rule",
    )
    stopped = whole(call_event("cloudtrail", "StopLogging", {"name": "all"}))
    assert "restore-recorder" not in stopped.remediations
    assert "restart-trail" in stopped.remediations


def test_whom_a_bucket_policy_lets_in_is_said(tmp_path: Path) -> None:
    arn = "arn:aws:iam::999988887777:root"
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject"}]}
    parameters = {"bucketName": "reports", "bucketPolicy": policy}
    file = tmp_path / "event.json"
    file.write_text(json.dumps(call_event("s3", "PutBucketPolicy", parameters)))
    printed = CliRunner().invoke(explain, [str(file)], obj=catalogue.CATALOGUE).stdout
    assert "the policy lets account 999988887777 in" in printed


@pytest.mark.parametrize("policy", [None, "x", {"Statement": "x"}, {"Statement": [{"Principal": "*"}, 7]}])
def test_a_policy_that_is_not_understood_is_said_to_let_nobody_in(policy: object) -> None:
    found = whole(call_event("s3", "PutBucketPolicy", {"bucketName": "reports", "bucketPolicy": policy}))
    assert found.finding
    assert (
        found.finding.title
        == "CloudTrail:s3:PutBucketPolicy on reports by arn:aws:iam::111122223333:user/sample-admin"
    )


def test_a_lifecycle_rule_is_explained_as_a_notification() -> None:
    found = whole(call_event("s3", "PutBucketLifecycle", {"bucketName": "trail-logs"}))
    assert (found.status, found.mode, found.runbook) == (Status.HANDLED, Mode.NOTIFY, "harden-bucket")
    assert "report-log-bucket changes nothing" in found.reason


def test_a_failed_sign_in_says_so() -> None:
    assert "the sign-in failed" in whole(sign_in(succeeded=False)).reason


def test_the_json_has_every_runbook_with_its_subjects(tmp_path: Path) -> None:
    event = call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}, identity=by_root())
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event))
    printed = CliRunner().invoke(explain, [str(file), "--json"], obj=catalogue.CATALOGUE).stdout
    answers = {one["runbook"]: one for one in json.loads(printed)["answers"]}
    assert answers.keys() == {"harden-bucket", "harden-identity"}
    assert [one["kind"] for one in answers["harden-identity"]["subjects"]] == ["root"]
    assert answers["harden-identity"]["mode"] == "notify"


def test_central_root_access_is_no_use_of_root_credentials() -> None:
    identity = by_root()
    identity["sessionContext"]["assumedRoot"] = "true"
    found = whole(call_event("s3", "DeleteBucketPolicy", {"bucketName": "locked"}, identity=identity))
    assert "central root access (sts:AssumeRoot)" in found.reason
    assert "root credentials" not in found.reason


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_a_region_of_another_partition_is_not_handled(region: str) -> None:
    found = whole(changed(EVENT, "detail.region", region))
    assert found.status is Status.NOT_APPLICABLE
    assert f"region {region} is in a partition" in found.reason


def test_an_owners_name_of_a_rule_is_explained_as_the_managed_rule(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("{version: 1, scope: {accounts: [home]}, config-rules: {team-ssh: restricted-ssh}}")
    event = verdict("team-ssh", "AWS::EC2::SecurityGroup", "sg-0a1b2c3d")
    found = Explainer(load_policy(path, catalogue.CATALOGUE), catalogue.CATALOGUE).explain(
        json.dumps(event).encode()
    )
    assert (found.status, found.runbook) == (Status.HANDLED, "harden-network")
    assert "team-ssh is the managed rule INCOMING_SSH_DISABLED" in found.reason


def test_an_event_of_another_service_is_not_applicable() -> None:
    answer, code = explained(changed(EVENT, "source", "aws.health"))
    assert (answer["finding"], code) == (None, NOT_FOR_US)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (without(EVENT, "detail.id"), "detail.id"),
        (changed(EVENT, "detail.accountId", 12), "detail.accountId"),
        (changed(EVENT, "detail.severity", 10**300), "detail.severity"),
        ({"some": "thing"}, "(document)"),
        ([7], "(document)"),
        ([], "(document)"),
    ],
)
def test_bad_input_names_the_field(event: object, field: str) -> None:
    answer, code = explained(event)
    assert (answer["status"], answer["error"]["field"], code) == ("invalid", field, BAD_INPUT)
    assert answer["reason"].startswith(f"{field}: {answer['error']['problem']}")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "(document): is empty"),
        (b'{"source": "aws.guardduty", "det', "not one complete JSON document"),
        (b"\xff\xfe", "not UTF-8 text at byte 1"),
        (json.dumps(changed(EVENT, "detail.title", "x" * 2**20)).encode(), "longer than an event can be"),
    ],
)
def test_text_that_is_no_event_is_bad_input(data: bytes, why: str) -> None:
    result = run("-", "--json", stdin=data)
    assert result.exit_code == BAD_INPUT
    assert why in json.loads(result.stdout)["reason"]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert run("-", stdin=b"\xef\xbb\xbf" + json.dumps(EVENT).encode()).exit_code == HANDLED


@pytest.mark.parametrize("name", ["missing.json", "nul\0byte"])
def test_a_file_that_cannot_be_read_is_bad_input(name: str, tmp_path: Path) -> None:
    result = run(f"{tmp_path}/{name}", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["status"], answer["error"]["field"]) == (BAD_INPUT, "invalid", "(file)")


def test_each_file_gets_a_line_and_the_worst_decides_the_exit_code(tmp_path: Path) -> None:
    names = {}
    for name, event in {
        "good": EVENT,
        "other": changed(EVENT, "source", "aws.health"),
        "bad": without(EVENT, "detail.id"),
    }.items():
        names[name] = tmp_path / f"{name}.json"
        names[name].write_text(json.dumps(event), encoding="utf-8")
    assert run(names["good"], names["good"]).exit_code == HANDLED
    assert run(names["good"], names["other"]).exit_code == NOT_FOR_US
    result = run(names["bad"], names["other"], names["good"], "--json")
    assert result.exit_code == BAD_INPUT
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["status"] for answer in answers] == ["invalid", "not-applicable", "handled"]
    assert [Path(answer["file"]).stem for answer in answers] == ["bad", "other", "good"]


def test_no_file_at_all_is_a_mistake_of_the_caller() -> None:
    assert run().exit_code == BAD_INPUT


def test_the_words_for_a_person_say_it_all(auto: Path) -> None:
    result = run("-", "--policy", auto, stdin=json.dumps(EVENT).encode())
    assert result.stdout.splitlines() == [
        "-: handled",
        f"  finding       Backdoor:EC2/C&CActivity.B, severity 8, id {samples.FINDING}",
        "  title         Activity of type Backdoor:EC2/C&CActivity.B.",
        f"  account       {samples.ACCOUNT} in {samples.REGION}",
        f"  subject       instance {samples.INSTANCE}, account {samples.ACCOUNT} in {samples.REGION}",
        "  runbook       contain-instance",
        "  remediations  isolate-instance, leave-group, imds-off",
        "  mode          auto",
        f"  why           policy rule 2 sets mode auto. {TAKEN}",
    ]


def test_the_user_of_a_key_and_the_role_of_a_session_are_named() -> None:
    """What the policy says of them holds for the key and for the session as well."""
    said = run("-", "--policy", OURS, stdin=json.dumps(credentials_finding()).encode()).stdout
    assert (
        f"of iam-user {credentials_finding()['detail']['resource']['accessKeyDetails']['userName']}," in said
    )
    session = {**samples.OF_AN_INSTANCE, "principalId": f"{samples.ROLE_ID}:jane"}
    finding = credentials_finding(details=session)
    assert (
        f":jane of iam-role {samples.ROLE},"
        in run("-", "--policy", OURS, stdin=json.dumps(finding).encode()).stdout
    )


def test_words_that_are_cut_say_so() -> None:
    event = changed(changed(EVENT, "detail.severity", 99), "detail.type", "x" * 5000)
    answer, code = explained(event)
    assert code == BAD_INPUT
    assert answer["finding"]["type"] == "x" * 256 + "…"
    result = run("-", stdin=json.dumps(event).encode())
    assert "x" * 256 + "…, id" in result.stdout


@pytest.mark.parametrize("path", ["source", "detail.type", "detail.id", "detail.accountId", "detail.region"])
def test_hostile_text_does_not_reach_the_terminal(path: str) -> None:
    event = changed(EVENT, path, "\x1b]0;owned\x07\r\n\u202e\ud800")
    result = run("-", stdin=json.dumps(event).encode())
    assert result.exit_code in {BAD_INPUT, NOT_FOR_US}
    assert "owned" in result.stdout
    assert result.stdout.replace("\n", "").isprintable()


def test_a_policy_with_errors_is_told_whole_before_any_event(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("version: 1\nscope: {}\ndefault: maybe\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["explain", "-", "--policy", str(path)], obj=CATALOGUE)
    assert (result.exit_code, result.stdout) == (BAD_INPUT, "")
    assert "2:1: scope.accounts: is required" in result.stderr
    assert "3:1: default" in result.stderr


def test_without_a_policy_file_the_built_in_policy_runs_dry(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT), encoding="utf-8")
    with CliRunner().isolated_filesystem(tmp_path):
        answer = json.loads(run(file, "--json").stdout)
    assert answer["mode"] == "dry-run"
    assert "there is no policy.yaml in this folder" in answer["reason"]


def test_the_policy_of_the_folder_is_the_default(auto: Path, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT), encoding="utf-8")
    with CliRunner().isolated_filesystem(tmp_path):
        Path("policy.yaml").write_bytes(auto.read_bytes())
        assert json.loads(run(file, "--json").stdout)["mode"] == "auto"


EXPLAINER = Explainer(PolicyFile(BUILT_IN), CATALOGUE)


@given(st.binary())
def test_any_bytes_are_explained(data: bytes) -> None:
    assert EXPLAINER.explain(data).status is Status.INVALID


@given(data=st.data())
def test_any_damage_to_an_event_is_explained(data: st.DataObject) -> None:
    """Any stretch of the text is cut out, doubled, or replaced by other bytes."""
    text = json.dumps(
        data.draw(st.sampled_from([EVENT, sequence_finding(), samples.workload_finding()]))
    ).encode()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    between = data.draw(st.sampled_from([b"", text[start:end] * 2]) | st.binary(max_size=12))
    explanation = EXPLAINER.explain(text[:start] + between + text[end:])
    assert explanation.reason
    assert (explanation.status is Status.INVALID) == bool(explanation.field)


@pytest.mark.parametrize("depth", [*range(50, 80), 500, *range(900, 1010, 5), 100_000])
def test_no_depth_of_nesting_makes_it_fall_over(depth: int) -> None:
    """The text is hostile: neither reading, hashing nor showing it may exhaust the stack."""
    text = json.dumps(EVENT).replace('"sample-instance"', "[" * depth + "]" * depth)
    assert EXPLAINER.explain(text.encode()).status is (Status.HANDLED if depth < 59 else Status.INVALID)


def test_the_shared_corpus_is_explained(auto: Path) -> None:
    names = shared_events()
    folder = shared_file("events/events")
    result = run(*(folder / name for name in names), "--json", "--policy", auto)
    answers = {Path(one["file"]).name: one for one in map(json.loads, result.stdout.splitlines())}
    assert answers.keys() == names.keys()
    assert result.exit_code == BAD_INPUT
    for name, answer in answers.items():
        assert answer["reason"], name
        assert (answer["status"] == "invalid") == ("error" in answer), name
        assert (
            name.startswith(("gd-", "cfgrule-", "ct-", "eb-", "sh-")) or answer["status"] == "not-applicable"
        ), name


def test_explaining_needs_no_aws_and_no_terminal_library(tmp_path: Path) -> None:
    """A fresh process, as the command line starts it, with the real catalogue."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps(EVENT), encoding="utf-8")
    script = (
        "import sys; from ringfence.cli.main import main\n"
        f"try: main(['explain', {str(event)!r}, '--json'])\n"
        "finally: print(sorted({'boto3', 'botocore', 'rich', 'moto'} & sys.modules.keys()))"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": paths, "PYTHONIOENCODING": "ascii"},
    )
    answer, modules = done.stdout.splitlines()
    assert (json.loads(answer)["status"], modules, done.stderr) == ("handled", "[]", "")
    assert "isolate-instance" in json.loads(answer)["remediations"]


def test_help_offers_the_commands_that_are_installed() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "explain" in result.stdout
    assert COMMANDS["explain"] == "ringfence.cli.explain:explain"
    assert CliRunner().invoke(main, ["no-such-command"]).exit_code == BAD_INPUT


@pytest.mark.parametrize("group", ["incidents", "audit"])
def test_no_command_is_described_by_half_a_sentence(group: str) -> None:
    rows = CliRunner().invoke(main, [group, "--help"]).stdout.partition("Commands:")[2].splitlines()
    described = [row for row in rows if row.strip()]
    assert described
    assert not [row for row in described if row.endswith("...")]


@pytest.mark.parametrize(
    ("service", "name", "runbooks"),
    [
        ("ec2", "AttachNetworkInterface", "contain-instance"),
        ("iam", "UpdateAccessKey", "contain-credentials"),
        ("iam", "DeleteRolePolicy", "contain-instance and contain-credentials"),
    ],
)
def test_a_call_that_can_undo_a_containment_is_explained_as_verified_again(
    tmp_path: Path, service: str, name: str, runbooks: str
) -> None:
    event = {
        "source": f"aws.{service}",
        "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333",
        "detail": {
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/admin"},
            "eventTime": "2026-03-01T12:00:00Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "eventID": "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
            "requestParameters": {"roleName": "web"},
        },
    }
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    result = CliRunner().invoke(main, ["explain", str(path)])
    assert result.exit_code == 0, result.output
    assert f"each open contained incident of {runbooks} that recorded a name in this call" in result.output
    event["detail"]["errorCode"] = "AccessDenied"  # type: ignore[index]  # an object
    path.write_text(json.dumps(event))
    assert CliRunner().invoke(main, ["explain", str(path)]).exit_code == 3
