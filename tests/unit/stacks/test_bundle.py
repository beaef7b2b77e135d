"""The functions' code: pure Python, complete, small, and the same bytes for the same input."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.compiled import policy_from_json
from stacks.application import services
from stacks.bundle import FUNCTIONS, Bundle, BundleError, models, requirements, sources
from tests.support.synthesis import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.synthesis import Template

HANDLERS = sorted(path.stem for path in FUNCTIONS.glob("*.py"))
LARGEST = 25_000_000
"""Bytes, unzipped; the quota is ten times that, but a cold start reads what it imports."""


@pytest.fixture(scope="session")
def bundle(out: Path) -> Path:
    """The folder that the stacks deploy."""
    (folder,) = out.glob("asset.*")
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


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
    program = (
        f"import sys; sys.path.append({str(bundle)!r}); sys.dont_write_bytecode = True; import {handler}"
    )
    run = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-I", "-S", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert run.returncode == 0, run.stderr


def test_it_is_pure_python(bundle: Path) -> None:
    assert not [name for name in files(bundle) if name.endswith((".so", ".pyd", ".dylib"))]


def test_it_holds_our_sources_without_the_command_line_and_the_local_aws(bundle: Path) -> None:
    ours = {name for name in files(bundle) if name.startswith("ringfence/")}
    assert "ringfence/engine/run.py" in ours
    assert not [name for name in ours if name.startswith(("ringfence/cli/", "ringfence/local/"))]
    assert ours < {str(path.relative_to(FUNCTIONS)) for path in sources()}


def test_it_is_small_and_has_no_leftovers(bundle: Path) -> None:
    assert sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file()) < LARGEST
    assert not [name for name in files(bundle) if "__pycache__" in name or name.startswith(("bin/", "."))]


def test_it_keeps_the_licences_of_what_it_carries(bundle: Path) -> None:
    infos = list(bundle.glob("*.dist-info"))
    assert infos
    assert all((info / "METADATA").exists() for info in infos)


def test_it_carries_the_compiled_policy(bundle: Path) -> None:
    policy = policy_from_json(json.loads((bundle / "policy.json").read_text()))
    assert policy.accounts == ("111122223333",)


def called(name: str) -> Iterator[ast.Call]:
    """Find where a function is called in the sources that go to Lambda."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node


def calls() -> Iterator[str]:
    """Yield the service of every call that facets and steps ask for, as written in the sources."""
    for call in called("Call"):
        yield str(ast.literal_eval(call.args[0]))


def clients() -> Iterator[str]:
    """Yield the service of every client that the functions make for themselves."""
    for call in called("own_client"):
        if isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def test_it_keeps_the_service_models_that_are_called(bundle: Path) -> None:
    kept = {path.name for path in (bundle / "botocore" / "data").iterdir() if path.is_dir()}
    assert kept == models(services())
    assert kept == {*calls(), *clients()}


def test_of_each_service_it_keeps_the_latest_model_alone(bundle: Path) -> None:
    for service in (path for path in (bundle / "botocore" / "data").iterdir() if path.is_dir()):
        assert len(list(service.iterdir())) == 1


def test_the_same_input_gives_the_same_bytes_and_the_same_name(tmp_path: Path) -> None:
    first, second = (Bundle(services(), told().policy) for _ in range(2))
    first.make(tmp_path / "first")
    second.make(tmp_path / "second")
    assert files(tmp_path / "first") == files(tmp_path / "second")
    assert first.digest == second.digest


def test_another_policy_is_another_bundle() -> None:
    policy = told().policy
    assert Bundle((), policy).digest != Bundle((), {**policy, "default": "auto"}).digest


def test_every_dependency_is_pinned_with_its_hash() -> None:
    wanted = [line for line in requirements().splitlines() if not line.startswith((" ", "#"))]
    assert {line.partition("==")[0] for line in wanted} >= {"boto3", "botocore", "aws-lambda-powertools"}
    assert requirements().count("--hash=sha256:") >= len(wanted)


def test_a_service_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model for nonesuch"):
        Bundle(("nonesuch",), {}).make(tmp_path)
