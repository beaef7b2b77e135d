"""The app, synthesized once for all tests of a session."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

# Read when the CDK is first imported: the machine's Node may be older than jsii likes.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")

from ringfence.model.scan_places import RULES_FILE
from stacks.names import (
    ACTIVITY_STACK,
    AUDIT_STACK,
    DASHBOARD_STACK,
    DETECTION_STACK,
    INTAKE_STACK,
    MEMBER_STACK,
    NETWORK_STACK,
    NOTICES_STACK,
    RESPONSE_STACK,
    SCANS_STACK,
)
from tests.support.synthesis import (
    HOME,
    MEMBER,
    OPTIONAL,
    Template,
    synthesize,
    synthesize_without_code,
    templates_in,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from stacks.settings import Settings
    from tests.support.bundles import Store


@pytest.fixture(scope="session")
def scoped() -> Settings:
    """Two accounts in the scope: home and another. Everything optional is on."""
    return replace(told(**OPTIONAL), accounts=(HOME, MEMBER))


@pytest.fixture(scope="session")
def out(tmp_path_factory: pytest.TempPathFactory, scoped: Settings, bundles: Store) -> Path:
    """The cloud assembly of the home account, bundle and all."""
    folder = tmp_path_factory.mktemp("cdk.out")
    synthesize(folder, scoped, bundles.bundle(scoped.policy), validated=True)
    return folder


@pytest.fixture(scope="session")
def bundle(out: Path) -> Path:
    """The folder that all stacks deploy but that of scheduled scans."""
    (folder,) = (one for one in out.glob("asset.*") if not (one / RULES_FILE).exists())
    return folder


@pytest.fixture(scope="session")
def templates(out: Path) -> dict[str, Template]:
    return templates_in(out)


@pytest.fixture(scope="session")
def audit(templates: Mapping[str, Template]) -> Template:
    return templates[AUDIT_STACK]


@pytest.fixture(scope="session")
def response(templates: Mapping[str, Template]) -> Template:
    return templates[RESPONSE_STACK]


@pytest.fixture(scope="session")
def intake(templates: Mapping[str, Template]) -> Template:
    return templates[INTAKE_STACK]


@pytest.fixture(scope="session")
def routed(templates: Mapping[str, Template]) -> Template:
    return templates[NOTICES_STACK]


@pytest.fixture(scope="session")
def dashboard(templates: Mapping[str, Template]) -> Template:
    return templates[DASHBOARD_STACK]


@pytest.fixture(scope="session")
def detection(templates: Mapping[str, Template]) -> Template:
    return templates[DETECTION_STACK]


@pytest.fixture(scope="session")
def activity(templates: Mapping[str, Template]) -> Template:
    return templates[ACTIVITY_STACK]


@pytest.fixture(scope="session")
def network(templates: Mapping[str, Template]) -> Template:
    return templates[NETWORK_STACK]


@pytest.fixture(scope="session")
def scans(templates: Mapping[str, Template]) -> Template:
    return templates[SCANS_STACK]


@pytest.fixture(scope="session")
def member(templates: Mapping[str, Template]) -> Template:
    return templates[MEMBER_STACK]


@pytest.fixture
def variant(tmp_path: Path) -> Callable[[Settings], dict[str, Template]]:
    """Give the function that synthesizes other settings, without the code."""
    return lambda given: synthesize_without_code(tmp_path, given)
