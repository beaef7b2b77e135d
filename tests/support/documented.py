"""The commands that the first pages show, and where each of them is run.

A command is in one of these tables, so a new one on a page makes a test fail until somebody decides.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.local.deploy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = tuple(
    REPOSITORY / name
    for name in ("README.md", "docs/tutorial.md", "docs/deploy.md", "docs/upgrade.md", "docs/remove.md")
)
UPGRADE = ("npx cdk diff", "npx cdk deploy --all", "ringfence doctor --assembly cdk.out")
"""The commands of an upgrade after `make setup`, in their order."""
RUN = MappingProxyType(
    {
        "python -m tools.scp --help": (0, "--home-account"),
        'eval "$(_RINGFENCE_COMPLETE=bash_source ringfence)"': (0, ""),
        ". .venv/bin/activate": (0, ""),
        "ringfence policy check policy.yaml": (0, "0 errors, 0 warnings"),
        "ringfence policy diff policy.yaml next.yaml": (1, "approve -> auto"),
        "ringfence replay findings.json --against next.yaml": (0, "contain-instance"),
        "ringfence samples": (0, "Backdoor:EC2/C&CActivity.B"),
        "ringfence samples events": (0, "events"),
        "ringfence explain events": (0, "dry-run"),
        "ringfence explain event.json": (0, "Backdoor:EC2/C&CActivity.B"),
        "ringfence local send events/RUNBOOK/EVENT.json": (0, "1 event sent"),
        'ringfence run contain-instance i-0a1b2c3d4e5f60718 --reason "a drill" --dry-run': (0, "nothing was"),
        'ringfence run contain-instance "$INSTANCE" --reason "a drill"': (0, "complete"),
        "ringfence approvals": (0, "INCIDENT"),
        "ringfence approve INCIDENT [--plan DIGEST]": (0, "INCIDENT"),
        "ringfence incidents list": (0, "INCIDENT"),
        "ringfence incidents list --open": (0, ""),
        "ringfence incidents show INCIDENT": (0, "INCIDENT"),
        "ringfence audit verify --all": (0, "verified"),
        "ringfence audit verify --all --save-checkpoint checkpoint.txt": (0, "verified"),
        'ringfence release INCIDENT --reason "…"': (0, "released"),
        'ringfence pause --for 2h --reason "…"': (0, "paused"),
        "ringfence doctor --assembly cdk.out --send": (1, "subscriptions: is none"),
        "ringfence doctor": (1, "subscriptions: is none"),
        "ringfence uninstall-plan": (1, "Ringfence-Audit"),
    }
)
"""The commands that are run one after another on a local deployment: their exit code, and what they print."""
OTHER_TESTS = MappingProxyType(
    {
        "npx cdk bootstrap": "tests/e2e/test_documented_commands.py",
        **dict.fromkeys(UPGRADE, "tests/e2e/test_documented_commands.py"),
        'ringfence run contain-instance i-… --reason "…"': "tests/e2e/test_documented_commands.py",
        "make demo": "tests/e2e/test_demo_command.py",
        "make demo SCENARIO=credentials": "tests/e2e/credentials/test_demo_of_a_key.py",
        "make demo SCENARIO=approval": "tests/e2e/credentials/test_approvals.py",
        "make check": "tests/unit/tools/test_makefile.py",
        "make laws": "tests/unit/tools/test_makefile.py",
        "make new": "tests/unit/tools/test_new.py",
        "make site": "tests/unit/docs/test_site.py",
        "make local": "tests/local/test_command.py",
        "ringfence local": "tests/local/test_command.py",
        "ringfence dead-letters replay": "tests/unit/cli/test_transcripts.py",
        "ringfence audit verify": "tests/e2e/containment/test_tutorial.py",
        "ringfence incidents export": "tests/unit/cli/test_incident_export.py",
        "ringfence incidents report": "tests/unit/cli/test_incident_report.py",
        "ringfence release INCIDENT": "tests/e2e/test_documented_commands.py",
        "npx cdk deploy": "tests/e2e/test_documented_commands.py",
        "npx cdk bootstrap aws://<account>/<region>": "tests/e2e/test_documented_commands.py",
        "npx cdk bootstrap aws://ACCOUNT/REGION": "tests/e2e/test_documented_commands.py",
        "npx cdk deploy --all --context home_account=<the security account>": "tests/e2e/test_doctor.py",
        "npx cdk deploy --all --require-approval never --context policy=tutorial.yaml": (
            "tests/e2e/test_documented_commands.py"
        ),
        "npx cdk deploy Ringfence-Detection --context detection_log_group=aws-cloudtrail-logs": (
            "tests/unit/stacks/test_detection.py"
        ),
        "aws cloudformation delete-stack --stack-name Ringfence-Forward-eu-west-3 --region eu-west-3": (
            "tests/e2e/test_doctor.py"
        ),
        "aws cloudformation update-termination-protection --no-enable-termination-protection "
        "--stack-name Ringfence-Audit": "tests/e2e/test_doctor.py",
    }
)
"""The commands that a test of their own runs, maybe with other values."""
NOT_RUN = MappingProxyType(
    {
        "make setup": "it installs packages; each make target does the same before it runs tests",
        "make test": "it would run itself",
        "make bench": "it measures for minutes; tests/unit/benchmarks tests its parts",
        "npx cdk deploy --all --context notices_email=you@example.com": "AWS must send an email",
        "npx cdk destroy --all": "it asks; tests/e2e/test_doctor.py removes the stacks by the printed plan",
    }
)
"""The commands that no test runs, and why."""
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_TYPED = re.compile(r"(?:make|npx cdk|ringfence|aws|python|eval|\.) \S")
_NOTE = re.compile(r" {2,}.*$")
"""What a command does, beside it."""


def commands_of(page: Path) -> Iterator[str]:
    """Yield the commands in blocks without a language, then those in sentences.

    `tests/e2e/containment/test_tutorial.py` runs the blocks of bash.
    """
    text = page.read_text("utf-8")
    for language, block in _FENCE.findall(text):
        if not language and _TYPED.match(block.strip()):
            lines = (" ".join(_NOTE.sub("", line.strip()).split()) for line in block.splitlines())
            yield from filter(_TYPED.match, lines)
    spans = (" ".join(one.split()) for one in _INLINE.findall(_FENCE.sub("", text)))
    yield from filter(_TYPED.match, spans)
