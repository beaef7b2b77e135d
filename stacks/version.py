"""The version of a deployment: that of the package, and a digest of the code that makes the stacks."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput

from ringfence.self_check.digest import policy_digest
from ringfence.self_check.stacks import POLICY, VERSION
from stacks.function_code import NOT_DEPLOYED, sources
from stacks.settings import ROOT

if TYPE_CHECKING:
    from aws_cdk import Stack

    from stacks.settings import Settings

_DIGITS = 12


@cache
def version() -> str:
    """Return the version. Stacks that were deployed from the same code have the same."""
    told = hashlib.sha256()
    for path in (*sources(NOT_DEPLOYED), *sorted((ROOT / "stacks").glob("*.py"))):
        told.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{installed('ringfence')}+{told.hexdigest()[:_DIGITS]}"


def show_version(stack: Stack, settings: Settings) -> None:
    """Add outputs with the version and the digest of the policy. The self-check compares them."""
    CfnOutput(stack, VERSION, value=version())
    CfnOutput(stack, POLICY, value=policy_digest(settings.policy))
