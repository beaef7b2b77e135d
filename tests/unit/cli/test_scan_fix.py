"""`ringfence scan --fix`: which failing resources are handed over, in which mode, and what follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.cli.scan_scope import ScanEnvironment
from ringfence.engine.routing import answering
from ringfence.events.sent.form import finding_of
from ringfence.events.sent.parser import finding_from
from ringfence.events.sent.sealed import Sent, Way
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.model.place import Place
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.file import load_policy
from ringfence.policy.mappings import OFF, Mapped
from ringfence.policy.selection import portions
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.config_items import NOW, ConfigItems, item

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HOME, REGION = "111122223333", "eu-west-1"
HERE = Place(HOME, REGION)
BUCKET = "AWS::S3::Bucket"
ROLE = f"arn:aws:iam::{HOME}:role/scanner"
RULE = """\
  - name: {name}
    resource_types: [AWS::S3::Bucket]
    required_properties: {{AWS::S3::Bucket: {{VersioningConfiguration: {{Status: Enabled}}}}}}
    severity: high
    remediation: {remediation}
    mode: {mode}
"""
VERSIONED = {"BucketVersioningConfiguration": {"status": "Enabled"}}


def rules(mode: str = "auto", remediation: str = "version-bucket", name: str = "versions") -> str:
    return f"compliance_rules:\n{RULE.format(name=name, mode=mode, remediation=remediation)}"


class Api:
    """The API for findings. `refuses`: it accepts none."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.requests = 0
        self.refuses = False
        self.asked: list[Any] = []
        self.fails: list[Exception] = []

    def run(self, body: Any) -> Any:  # noqa: ANN401 - JSON
        self.asked.append(body)
        if self.fails:
            raise self.fails.pop(0)
        steps = [{"words": "keep versions", "before": "Off", "after": "Enabled"}]
        plan = {"stage": "harden", "title": "Harden", "steps": steps, "residual_risk": []}
        return {"incident": "inc-1", "status": "dry-run", "subject": body["subject"], "plans": [plan]}

    def send(self, some: tuple[Any, ...]) -> tuple[Document, ...]:
        self.requests += 1
        self.got.extend(some)
        for one in some:
            finding_of(one)
        if self.refuses:
            return tuple(Document.of({"status": 403, "error": {"message": "not let in"}}) for _ in some)
        return tuple(Document.of({"status": 202, "finding": "x"}) for _ in some)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigItems:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "states"))
    (tmp_path / "rules.yaml").write_text(rules(), "utf-8")
    made = ConfigItems()
    made.record(HERE, item(HERE, BUCKET, "bad-bucket"))
    made.record(HERE, item(HERE, BUCKET, "good-bucket", supplementaryConfiguration=VERSIONED))
    return made


def scan(config: ConfigItems, api: Api, *words: str, answer: str | None = None, fix: bool = True) -> Result:
    env = ScanEnvironment(
        *(lambda: HOME, lambda: REGION, config, lambda: NOW, config.waits.append),
        asks=lambda: answer is not None,
        send=api.send,
        run=api.run,
    )
    given = ["scan", "--live", "--rules", "rules.yaml", *(["--fix"] if fix else []), *words]
    return CliRunner().invoke(main, given, obj=env, input=answer)


def test_a_failing_resource_is_handed_over_in_the_form_of_the_api(config: ConfigItems, api: Api) -> None:
    done = scan(config, api, "--yes")
    assert done.exit_code == 0
    (one,) = api.got
    assert (one["product"], one["type"]) == ("ringfence-scan", "Config:s3-bucket-versioning-enabled")
    assert one["subjects"] == [f"bucket/{HOME}/{REGION}/bad-bucket"]
    assert one["severity"] == 7.0
    assert "highest_mode" not in one
    assert "1 failing resource handed over" in done.stderr


def test_nothing_is_handed_over_without_an_answer(config: ConfigItems, api: Api) -> None:
    assert scan(config, api).exit_code == 2
    assert scan(config, api, answer="n\n").exit_code == 0
    assert api.got == []
    assert scan(config, api, answer="y\n").exit_code == 0
    assert len(api.got) == 1


def test_the_next_scan_shows_a_fixed_resource_gone_and_a_failing_one_under_the_same_id(
    config: ConfigItems, api: Api
) -> None:
    scan(config, api, "--yes")
    scan(config, api, "--yes")
    first, second = api.got
    assert first["id"] == second["id"], "it is the same finding, with a newer version"
    config.items[HERE][0]["supplementaryConfiguration"] = VERSIONED
    done = scan(config, api, "--yes")
    assert "No failing resource is handed over." in done.stderr
    assert len(api.got) == 2


@pytest.mark.parametrize(
    ("mode", "handed_over", "highest"),
    [("approve", True, "approve"), ("dry-run", False, ""), ("notify", False, ""), ("off", False, "")],
)
def test_the_rules_mode_is_the_highest(
    config: ConfigItems, api: Api, tmp_path: Path, mode: str, highest: str, *, handed_over: bool
) -> None:
    (tmp_path / "rules.yaml").write_text(rules(f"'{mode}'"), "utf-8")
    done = scan(config, api, "--yes")
    assert [one["highest_mode"] for one in api.got] == ([highest] if handed_over else [])
    assert handed_over or f"versions: the rule sets the mode {mode}" in done.stderr


def test_what_is_not_accepted_is_named_with_its_reason(config: ConfigItems, api: Api) -> None:
    api.refuses = True
    done = scan(config, api, "--yes")
    assert done.exit_code == 1
    assert "bad-bucket fails the rule versions" in done.stderr
    assert "not let in" in done.stderr


def test_requests_have_no_more_findings_than_the_api_takes(config: ConfigItems, api: Api) -> None:
    config.record(HERE, *(item(HERE, BUCKET, f"bucket-{number}") for number in range(30)))
    scan(config, api, "--yes")
    assert (len(api.got), api.requests) == (31, 2)


def test_a_remediation_that_answers_no_setting_is_named(
    config: ConfigItems, api: Api, tmp_path: Path
) -> None:
    trail = "AWS::CloudTrail::Trail"
    text = rules(remediation="restart-trail").replace(BUCKET, trail)
    (tmp_path / "rules.yaml").write_text(
        text.replace("{VersioningConfiguration: {Status: Enabled}}", "{TrailName: x}"), "utf-8"
    )
    config.record(HERE, item(HERE, trail, "trail"))
    done = scan(config, api, "--yes")
    assert "versions: restart-trail answers no finding about such a resource" in done.stderr
    assert api.got == []


def test_hostile_names_are_escaped(config: ConfigItems, api: Api) -> None:
    """A name with control characters fits no kind, and a title is one line of printable characters."""
    config.record(HERE, item(HERE, BUCKET, "bad\x1b[2J\nbucket", resourceName="x\n"))
    done = scan(config, api, "--yes")
    assert "\x1b[2J" not in done.stderr
    assert len(api.got) == 1


def received(api: Api, way: Way = Way.API, sender: str = ROLE) -> Any:  # noqa: ANN401 - made at run time
    (one,) = api.got
    sent = Sent(way, sender, NOW, Document(one))
    return sent.event("1:key:00"), finding_from(sent)


def decided(api: Api, folder: Path, *senders: tuple[str, str]) -> dict[str, Mode]:
    """Return the mode of each remediation that runs. `senders` are subjects and modes."""
    event, finding = received(api)
    found = answering(event, CATALOGUE, {})
    assert isinstance(found, tuple)
    (runbook,) = found
    entries = "".join(
        f"  - role: {ROLE}\n    subjects: ['{subjects}']\n    mode: {mode}\n" for subjects, mode in senders
    )
    path = folder / "policy.yaml"
    given = f"senders:\n{entries}" if entries else ""
    path.write_text(f"version: 1\nscope: {{accounts: [home]}}\ndefault: auto\n{given}", "utf-8")
    policy = policy_from_json(load_policy(path, CATALOGUE).compile(HOME))
    (ref,) = finding.resources
    shares = portions(policy, CATALOGUE[runbook], finding, ref)
    return {id_: one.decision.mode for one in shares for id_ in one.runbook.ids}


EVERY_BUCKET = f"bucket/{HOME}/*"


def test_the_engine_answers_it_like_a_verdict_of_aws_config(
    config: ConfigItems, api: Api, tmp_path: Path
) -> None:
    scan(config, api, "--yes")
    event, _ = received(api)
    assert answering(event, CATALOGUE, {}) == ("harden-bucket",)
    modes = decided(api, tmp_path, (EVERY_BUCKET, "auto"))
    assert modes["version-bucket"] is Mode.AUTO
    assert "encrypt-bucket" not in modes, "only what the rule is about"


def test_a_sender_causes_no_more_than_the_policy_allows(
    config: ConfigItems, api: Api, tmp_path: Path
) -> None:
    scan(config, api, "--yes")
    assert set(decided(api, tmp_path, (EVERY_BUCKET, "approve")).values()) == {Mode.APPROVE}
    assert set(decided(api, tmp_path, ("instance/*", "auto")).values()) == {Mode.NOTIFY}
    assert set(decided(api, tmp_path).values()) == {Mode.NOTIFY}


def test_the_rules_mode_caps_that_of_the_policy(config: ConfigItems, api: Api, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(rules("approve"), "utf-8")
    scan(config, api, "--yes")
    assert set(decided(api, tmp_path, (EVERY_BUCKET, "auto")).values()) == {Mode.APPROVE}


def test_the_policys_mappings_come_first(config: ConfigItems, api: Api) -> None:
    scan(config, api, "--yes")
    event, _ = received(api)
    found = answering(event, CATALOGUE, {}, (Mapped("ringfence-scan", OFF),))
    assert not isinstance(found, tuple)


def test_a_type_about_another_kind_of_resource_is_only_reported(config: ConfigItems, api: Api) -> None:
    scan(config, api, "--yes")
    api.got[0]["type"] = "Config:restricted-ssh"
    event, _ = received(api)
    assert answering(event, CATALOGUE, {}) == ("report-findings",)
    assert json.dumps(event)


@pytest.mark.parametrize(
    ("default", "rule", "mode"),
    [
        ("auto", "auto", "auto"),
        ("dry-run", "auto", "dry-run"),
        ("auto", "approve", "approve"),
        ("auto", "'off'", "off"),
    ],
)
def test_each_failing_line_shows_the_mode_under_the_policy(
    config: ConfigItems, api: Api, tmp_path: Path, *, default: str, rule: str, mode: str
) -> None:
    (tmp_path / "rules.yaml").write_text(rules(rule), "utf-8")
    (tmp_path / "policy.yaml").write_text(
        f"version: 1\nscope: {{accounts: [home]}}\ndefault: {default}\n", "utf-8"
    )
    lines = scan(config, api, "--yes", "--format", "jsonl", "--html", "page.html").stdout.splitlines()
    found = {one["resource"]: (one["mode"], one["command"]) for one in map(json.loads, lines)}
    assert found["good-bucket"] == ("", "")
    assert found["bad-bucket"][0] == mode
    assert found["bad-bucket"][1].startswith("ringfence run harden-bucket bad-bucket ")
    assert f"version-bucket: {mode}" in (tmp_path / "page.html").read_text("utf-8")


def test_the_plan_of_each_failing_resource_is_a_dry_run_of_its_remediation(
    config: ConfigItems, api: Api
) -> None:
    done = scan(config, api, "--plans", fix=False)
    assert "keep versions" in done.stderr
    (asked,) = api.asked
    assert asked["dry_run"] is True
    assert (asked["runbook"], asked["remediations"]) == ("harden-bucket", ["version-bucket"])
    assert asked["subject"]["id"] == "bad-bucket"
    assert api.got == [], "nothing is handed over"


def test_a_plan_that_cannot_be_read_is_named_and_the_next_one_is_shown(config: ConfigItems, api: Api) -> None:
    config.record(HERE, item(HERE, BUCKET, "other-bucket"))
    api.fails = [Retryable("throttled")]
    done = scan(config, api, "--plans", fix=False)
    assert f"The plan for bucket/{HOME}/{REGION}/bad-bucket cannot be read: throttled" in done.stderr
    assert "keep versions" in done.stderr
    api.fails = [AccessDenied("execute-api:Invoke: no")]
    api.asked.clear()
    denied = scan(config, api, "--plans", "--yes")
    assert "The plans cannot be read: execute-api:Invoke: no" in denied.stderr
    assert len(api.asked) == 1, "a denial is not repeated for each resource"
    assert len(api.got) == 2, "what fails is handed over all the same"
