"""The code of all functions: one folder, built without Docker, with the same bytes for the same input.

Dependencies come from `uv.lock` with their hashes, as wheels for Lambda's platform. The bundle contains
only the botocore service models that permissions name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from stacks.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FUNCTIONS = ROOT / "functions"
PYTHON, PLATFORM = "3.13", "aarch64-manylinux2014"
GROUP = "lambda"
LEFT_OUT = ("cli", "local")
"""Packages of `ringfence` that functions do not import."""
POLICY = "policy.json"

_MODELS = Path("botocore", "data")
_ELSEWHERE = {"elasticloadbalancing": "elbv2"}
"""botocore's names of services that IAM names differently."""
_UNUSED = (
    "**/__pycache__",
    "bin",
    "boto3/data",
    "boto3/examples",
    "**/examples-1.*",
    "**/py.typed",
    "**/*.pyi",
)
_KEPT_OF_DIST_INFO = ("METADATA", "licenses")


class BundleError(RuntimeError):
    """The bundle cannot be built. The message contains the tool's output."""


@jsii.implements(ILocalBundling)
class Bundle:
    """One bundle: IAM's names of its services, and the policy."""

    def __init__(self, services: Iterable[str], policy: Mapping[str, object]) -> None:
        self.services = tuple(sorted(set(services)))
        self.policy = json.dumps(policy, indent=1, sort_keys=True) + "\n"

    def code(self) -> lambda_.Code:
        """Return the asset for the functions of a stack. All stacks share the folder."""
        return lambda_.Code.from_asset(
            str(FUNCTIONS),
            asset_hash=self.digest,
            asset_hash_type=AssetHashType.CUSTOM,
            # The CDK requires an image and never uses this one.
            bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=self),
        )

    @cached_property
    def digest(self) -> str:
        """Return a hash of the bundle's input."""
        told = hashlib.sha256()
        for part in (*self.services, self.policy, requirements(), Path(__file__).read_text(encoding="utf-8")):
            told.update(part.encode() + b"\0")
        for path in sources():
            told.update(str(path.relative_to(FUNCTIONS)).encode() + b"\0" + path.read_bytes() + b"\0")
        return told.hexdigest()

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill the folder. The CDK calls this instead of Docker."""
        self.make(Path(output_dir))
        return True

    def make(self, folder: Path) -> None:
        """Fill a folder. Raises BundleError."""
        _install(folder)
        _trim(folder, models(self.services))
        for path in sources():
            target = folder / path.relative_to(FUNCTIONS)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (folder / POLICY).write_text(self.policy, encoding="utf-8")


def sources() -> Iterator[Path]:
    """Yield our modules for Lambda, in order."""
    out = tuple(FUNCTIONS / "ringfence" / name for name in LEFT_OUT)
    for path in sorted(FUNCTIONS.rglob("*.py")):
        if not any(path.is_relative_to(folder) for folder in out):
            yield path


def models(services: Iterable[str]) -> frozenset[str]:
    """Return botocore's names of the services."""
    return frozenset(_ELSEWHERE.get(service, service) for service in services)


@cache
def requirements() -> str:
    """Return the locked dependencies of the functions with their hashes."""
    return export("--only-group", GROUP)


def export(*choice: str) -> str:
    """Return some of the locked dependencies in the format of requirements.txt."""
    return _uv(
        "export",
        "--frozen",
        "--no-emit-project",
        "--no-header",
        "--no-annotate",
        *choice,
        "--directory",
        str(ROOT),
    )


def _install(folder: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as wanted:
        wanted.write(requirements())
        wanted.flush()
        words = ("--python-platform", PLATFORM, "--python-version", PYTHON, "--only-binary", ":all:")
        _uv(
            *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--link-mode", "copy", *words),
            *("--target", str(folder), "--requirements", wanted.name),
        )


def _trim(folder: Path, kept: frozenset[str]) -> None:
    """Remove files that Lambda does not need, mostly service models."""
    offered = {path.name for path in (folder / _MODELS).iterdir() if path.is_dir()}
    if unknown := sorted(kept - offered):
        raise BundleError(
            f"botocore has no model for {', '.join(unknown)}: add its name in botocore to stacks/bundle.py"
        )
    for name in offered - kept:
        shutil.rmtree(folder / _MODELS / name)
    for name in kept:
        _, *older = sorted((folder / _MODELS / name).iterdir(), reverse=True)
        for version in older:
            shutil.rmtree(version)
    for path in [path for pattern in _UNUSED for path in folder.glob(pattern)]:
        _remove(path)
    for path in [path for info in folder.glob("*.dist-info") for path in info.iterdir()]:
        if path.name not in _KEPT_OF_DIST_INFO:
            _remove(path)
    for path in (path for path in folder.iterdir() if path.name.startswith(".")):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _uv(*words: str) -> str:
    run = subprocess.run(  # noqa: S603 - the pinned uv, with words of our own
        [sys.executable, "-m", "uv", "--no-progress", *words], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise BundleError(f"uv {words[0]} failed:\n{run.stderr.strip()}")
    return run.stdout
