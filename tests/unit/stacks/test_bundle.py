"""The functions' code: pure Python, complete, small, and the same bytes for the same input."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cel
import pytest

from ringfence.local.hooks.function_code import remove_foreign_packages
from ringfence.model.scan_places import MANUAL_FILE, RULES_FILE
from ringfence.policy.compiled import policy_from_json
from ringfence.posture.compiled import rules_from_json
from ringfence.posture.compiled_manual import manual_from_json
from stacks.bundle import Bundle
from stacks.function_code import (
    FUNCTIONS,
    NOT_DEPLOYED,
    OF_SCANS,
    PYTHON,
    USED,
    BundleError,
    FunctionCode,
    requirements,
    sources,
)
from stacks.operations import operations
from tests.support.synthesis import told

if TYPE_CHECKING:
    from stacks.settings import Settings
    from tests.support.synthesis import Template

HANDLERS = sorted(path.stem for path in sources() if path.parent == FUNCTIONS)
LARGEST = 25_000_000
"""Bytes, unzipped; the quota is ten times that, but a cold start reads what it imports."""


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def imported(module: str, *path: Path) -> subprocess.CompletedProcess[str]:
    """Import a module in a new interpreter that has these folders and the standard library alone."""
    program = f"import sys; sys.path += {[str(one) for one in path]}; sys.dont_write_bytecode = True"
    return subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-I", "-S", "-W", "error", "-c", f"{program}; import {module}"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )


def test_every_function_of_every_stack_is_made_from_it(
    bundle: Path, audit: Template, response: Template
) -> None:
    digest = bundle.name.removeprefix("asset.")
    for template in (audit, response):
        for function in template.all("AWS::Lambda::Function").values():
            assert function["Properties"]["Code"]["S3Key"] == f"{digest}.zip"


def test_every_handler_of_the_stacks_is_in_it(bundle: Path, audit: Template, response: Template) -> None:
    for template in (audit, response):
        for function in template.all("AWS::Lambda::Function").values():
            module, _, name = function["Properties"]["Handler"].partition(".")
            defined = {
                node.name
                for node in ast.parse((bundle / f"{module}.py").read_text()).body
                if isinstance(node, ast.FunctionDef)
            }
            assert name in defined


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_is_imported_with_nothing_but_the_bundle(bundle: Path, handler: str) -> None:
    """No site packages, no environment; and a later Python than the sources are written for is Lambda's."""
    run = imported(handler, bundle)
    assert run.returncode == 0, run.stderr


def test_it_is_pure_python(bundle: Path) -> None:
    assert not [name for name in files(bundle) if name.endswith((".so", ".pyd", ".dylib"))]


def test_it_holds_our_sources_without_the_command_line_and_the_local_aws(bundle: Path) -> None:
    found = {name for name in files(bundle) if name.startswith("ringfence/")}
    ours = {name for name in found if "__pycache__" not in name}  # each is of a module that is looked at here
    assert "ringfence/engine/run.py" in ours
    out = (*NOT_DEPLOYED, *OF_SCANS)
    assert [name for name in ours if name.startswith(out) and not name.startswith(USED)] == []
    assert "ringfence/insights/activity/pack/access.py" in ours
    assert ours < {str(path.relative_to(FUNCTIONS)) for path in sources()}


def test_it_is_small_and_has_no_leftovers(bundle: Path) -> None:
    assert sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file()) < LARGEST
    assert not [name for name in files(bundle) if name.startswith(("bin/", "."))]


def test_its_bytecode_is_of_every_module_or_of_none_and_for_lambdas_python(bundle: Path) -> None:
    compiled = {name for name in files(bundle) if "__pycache__" in name}
    end = f".cpython-{PYTHON.replace('.', '')}.pyc"
    modules = {name for name in files(bundle) if name.endswith(".py")}
    assert {name.replace("__pycache__/", "").removesuffix(end) + ".py" for name in compiled} in (
        set(),
        modules,
    )


def test_it_keeps_the_licences_of_what_it_carries(bundle: Path) -> None:
    infos = list(bundle.glob("*.dist-info"))
    assert infos
    assert all((info / "METADATA").exists() for info in infos)


def test_it_carries_the_compiled_policy(bundle: Path) -> None:
    policy = policy_from_json(json.loads((bundle / "policy.json").read_text()))
    assert policy.accounts == ("111122223333",)


def test_the_same_input_gives_the_same_bytes_and_the_same_name(tmp_path: Path) -> None:
    first, second = (FunctionCode(operations(), told().policy) for _ in range(2))
    first.make(tmp_path / "first")
    second.make(tmp_path / "second")
    assert files(tmp_path / "first") == files(tmp_path / "second")
    assert first.digest == second.digest


def test_another_policy_is_another_bundle() -> None:
    policy = told().policy
    assert FunctionCode({}, policy).digest != FunctionCode({}, {**policy, "default": "auto"}).digest


def test_every_dependency_is_pinned_with_its_hash() -> None:
    wanted = [line for line in requirements().splitlines() if not line.startswith((" ", "#"))]
    assert {line.partition("==")[0] for line in wanted} >= {"boto3", "botocore", "aws-lambda-powertools"}
    assert requirements().count("--hash=sha256:") >= len(wanted)


def test_another_operation_is_another_bundle() -> None:
    one, other = ({"sts": (operation,)} for operation in ("AssumeRole", "GetCallerIdentity"))
    assert FunctionCode(one, {}).digest != FunctionCode(other, {}).digest


def test_what_botocore_does_not_know_is_an_error_that_says_where_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"no model for nonesuch: add its name in botocore to stacks/operations\.py"
    ):
        FunctionCode({"nonesuch": ("Do",)}, {}).make(tmp_path)


@pytest.fixture(scope="module")
def scans_bundle(tmp_path_factory: pytest.TempPathFactory, scoped: Settings) -> Path:
    folder = tmp_path_factory.mktemp("scans")
    Bundle(operations(), scoped.policy).of_scans(scoped.scans).make(folder)
    return folder


def test_the_function_of_scheduled_scans_alone_has_the_evaluator_of_cel_and_the_rules(
    scans_bundle: Path, scoped: Settings
) -> None:
    """Its bundle is another one, so that no other function starts more slowly because of it."""
    binaries = [name for name in files(scans_bundle) if name.startswith("cel/") and name.endswith(".so")]
    assert binaries == [f"cel/cel.cpython-{PYTHON.replace('.', '')}-aarch64-linux-gnu.so"]
    assert rules_from_json(json.loads((scans_bundle / RULES_FILE).read_text())) == scoped.scans.rules
    assert manual_from_json(json.loads((scans_bundle / MANUAL_FILE).read_text())) == scoped.scans.manual
    assert (scans_bundle / "scans.py").exists()
    found = [name for name in files(scans_bundle) if name.startswith(NOT_DEPLOYED)]
    assert [name for name in found if not name.startswith(USED)] == []
    assert "common-expression-language" not in requirements()


def test_the_local_aws_imports_it_with_the_evaluator_of_its_own_interpreter(
    scans_bundle: Path, tmp_path: Path
) -> None:
    """Lambda's evaluator is for another processor. Nothing else comes from outside of the bundle."""
    local, installed = tmp_path / "code", tmp_path / "installed"
    shutil.copytree(scans_bundle, local, copy_function=os.link)
    installed.mkdir()
    (installed / "cel").symlink_to(Path(cel.__file__).parent, target_is_directory=True)
    assert "cel.cel" in imported("scans", local, installed).stderr
    remove_foreign_packages(local)
    run = imported("scans", local, installed)
    assert run.returncode == 0, run.stderr
    assert len(files(scans_bundle)) > len(files(local))


def test_other_rules_are_another_bundle(scoped: Settings) -> None:
    plain = Bundle(operations(), scoped.policy)
    fewer = replace(scoped.scans, rules=scoped.scans.rules[1:])
    assert plain.of_scans(scoped.scans).digest != plain.of_scans(fewer).digest
