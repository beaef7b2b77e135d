"""`ringfence local send` sends files of events to a local AWS, GuardDuty's through its held findings."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.calls import call_event

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from ringfence.local import LocalAws

Json = dict[str, Any]
ACCOUNT, REGION = "666677778888", "eu-north-1"


def send(aws: LocalAws, *files: object, stdin: str = "") -> Result:
    words = ["local", "send", *map(str, files), "--endpoint", aws.endpoint]
    return CliRunner().invoke(main, words, input=stdin)


def finding() -> Json:
    return {
        **samples.instance_finding()["detail"],
        "id": uuid.uuid4().hex,
        "accountId": ACCOUNT,
        "region": REGION,
    }


def test_findings_are_held_and_other_events_are_put_on_the_bus(aws: LocalAws, tmp_path: Path) -> None:
    sqs, name = aws.client("sqs", ACCOUNT, REGION), f"t-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    events = aws.client("events", ACCOUNT, REGION)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.guardduty"]}))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}])
    details = [finding() for _ in range(12)]
    call = {
        **call_event("guardduty", "DeleteDetector", {"detectorId": "0" * 32}),
        "account": ACCOUNT,
        "region": REGION,
    }
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, (*details, call))))
    done = send(aws, file)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{file}: 13 events sent to account {ACCOUNT} in {REGION}\n"
    assert "Ringfence is not deployed there" in done.stderr
    heard: list[Json] = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        heard += [json.loads(one["Body"]) for one in got]
    assert [one["detail-type"] for one in heard].count("GuardDuty Finding") == 12
    assert len(heard) == 13
    guardduty = aws.client("guardduty", ACCOUNT, REGION)
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    ids = [one["id"] for one in details]
    answers = guardduty.get_findings(DetectorId=detector, FindingIds=ids)["Findings"]
    assert {one["Id"] for one in answers} == set(ids)
    printed = json.dumps({"Findings": answers}, default=str)  # as the AWS CLI prints it
    again = send(aws, "-", stdin=printed)
    assert again.exit_code == 0, again.output


def test_a_folder_of_samples_is_sent(aws: LocalAws, tmp_path: Path) -> None:
    where = ("--account", ACCOUNT, "--region", REGION, "--runbook", "contain-instance")
    assert CliRunner().invoke(main, ["samples", str(tmp_path / "events"), *where]).exit_code == 0
    done = send(aws, tmp_path / "events")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == len(list((tmp_path / "events").rglob("*.json")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "-: (document): is empty"),
        ("[]", "-: (document): contains no event"),
        ("[{}]", "-, item 1: (document): must be an event"),
        (
            f"{json.dumps(samples.instance_finding())}\n{{",
            "-, line 2: (document): is not one complete JSON document",
        ),
        (json.dumps({"Findings": [{"Id": ""}]}), "-, item 1: (document): must be an event"),
    ],
)
def test_what_is_no_event_is_refused_with_its_place_before_anything_is_sent(
    aws: LocalAws, text: str, said: str
) -> None:
    done = send(aws, "-", stdin=text)
    assert done.exit_code == 2
    assert said in done.output
    assert "sent" not in done.output


def test_a_finding_that_guardduty_refuses_is_bad_input(aws: LocalAws) -> None:
    done = send(aws, "-", stdin=json.dumps({**finding(), "severity": "high"}))
    assert done.exit_code == 2
    assert "severity: must be a double, not 'high'" in done.output


def test_a_file_that_cannot_be_read_is_named(aws: LocalAws, tmp_path: Path) -> None:
    done = send(aws, tmp_path / "none.json")
    assert done.exit_code == 2
    assert "none.json: (file): cannot be read: No such file" in done.output


@pytest.mark.parametrize("url", ["https://events.eu-west-1.amazonaws.com", "http://10.0.0.1:4566", ""])
def test_events_go_to_this_machine_alone(url: str) -> None:
    done = CliRunner().invoke(main, ["local", "send", "-", "--endpoint", url or "nothing"], input="{}")
    assert done.exit_code == 2
    assert "--endpoint: must be a local AWS" in done.output


def test_a_local_aws_that_does_not_run_is_an_error() -> None:
    words = ["local", "send", "-", "--endpoint", "http://127.0.0.1:9"]
    done = CliRunner().invoke(main, words, input=json.dumps(finding()))
    assert done.exit_code == 1
    assert "does not respond" in done.output
