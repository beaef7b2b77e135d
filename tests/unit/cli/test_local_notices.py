"""`ringfence local notices`: what is shown of each notice, on a terminal, in a pipe and as JSON."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.local.messages import notices_in
from ringfence.model.document import Document
from tests.support.served import served
from tests.support.transcripts.local import published_notices

if TYPE_CHECKING:
    from click.testing import Result

FAILED, UNUSABLE = 1, 2
PLACE = {"AWS_ACCOUNT_ID": "111122223333", "AWS_REGION": "eu-west-1"}


def message(subject: str, **form: object) -> dict[str, Any]:
    """Return a published message as the local AWS returns it; without a form, it is of another program."""
    attributes = {"notice": json.dumps(form)} if form else {}
    return {
        "at": "2026-03-01T12:00:00.5+00:00",
        "topic": "arn:aws:sns:eu-west-1:111122223333:ringfence-notices",
        "subject": subject,
        "text": "first line\n\nsecond \x1b[31mline",
        "attributes": attributes,
    }


URGENT = message("[URGENT] not contained", urgency="urgent", incident="inc-1")
OTHER = message("another program")
ACTION = message("[action] review", urgency="action", incident="")


def run(*words: str, messages: tuple[dict[str, Any], ...] = (URGENT, OTHER, ACTION), **env: str) -> Result:
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        """Answers as the local AWS does."""

        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"messages": messages}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(HTTPServer(("127.0.0.1", 0), Handler)) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        done = CliRunner(env={**PLACE, "AWS_ENDPOINT_URL": url, **env}).invoke(
            main, ["local", "notices", *words]
        )
    assert [path for path, _ in asked] == ["/local/messages"]
    assert all("Credential=111122223333/20260101/eu-west-1/sns/" in signed for _, signed in asked)
    return done


def test_notices_are_columns_in_a_pipe_the_newest_first_and_other_messages_are_left_out() -> None:
    result = run()
    assert result.exit_code == 0, result.output
    cells = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(one[0], one[1], one[2], one[3]) for one in cells] == [
        ("2026-03-01T12:00:00+00:00", "action", "ringfence-notices", "[action] review"),
        ("2026-03-01T12:00:00+00:00", "urgent", "ringfence-notices", "[URGENT] not contained"),
    ]
    assert {one[4] for one in cells} == {"first line\\n\\nsecond \\x1b[31mline"}


def test_one_urgency_can_be_chosen_and_the_number_is_limited() -> None:
    assert run("--urgency", "urgent").stdout.count("\n") == 1
    result = run("--limit", "1")
    assert result.stdout.count("\n") == 1
    assert "1 older notice not shown. To show all: --limit 2" in result.stderr


def test_json_has_the_text_and_the_form_for_programs() -> None:
    (newest, _) = map(json.loads, run("--json").stdout.splitlines())
    assert newest["notice"] == {"urgency": "action", "incident": ""}
    assert newest["text"] == "first line\n\nsecond \x1b[31mline"


def test_on_a_terminal_the_text_is_below_the_subject_and_the_next_command_is_last() -> None:
    lines = run(FORCE_COLOR="1", COLUMNS="80").stdout.splitlines()
    assert lines[1:5] == ["[action] review", "    first line", "", "    second \\x1b[31mline"]
    assert lines[-1] == "ringfence incidents show inc-1"


def test_without_notices_it_says_so() -> None:
    assert "No notice was published" in run(messages=(OTHER,)).stderr
    shown = run(messages=(), FORCE_COLOR="1", COLUMNS="80").stdout
    assert "No notice was published" in shown
    assert shown.splitlines()[-1] == "ringfence samples events"


def test_only_a_local_aws_is_asked() -> None:
    done = CliRunner().invoke(main, ["local", "notices", "--endpoint", "https://sns.eu-west-1.amazonaws.com"])
    assert done.exit_code == UNUSABLE
    assert "--endpoint: must be a local AWS" in done.stderr
    done = CliRunner().invoke(main, ["local", "notices", "--endpoint", "http://127.0.0.1:1"])
    assert done.exit_code == FAILED
    assert "To start one: ringfence local" in done.stderr


def test_another_program_at_the_endpoint_is_named() -> None:
    with served(HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        done = CliRunner().invoke(main, ["local", "notices", "--endpoint", url])
    assert done.exit_code == UNUSABLE
    assert "must be an AWS that ringfence local started" in done.stderr


def test_what_a_deployment_publishes_is_read_back_whole() -> None:
    found = published_notices()
    assert found
    assert all(one.subject and one.text and one.urgency and one.incident for one in found)
    assert notices_in(Document.of(one) for one in (OTHER,)) == ()
