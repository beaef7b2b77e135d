"""Law 7: inward only, and decisions are made of values: without I/O, clock or environment."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
PACKAGE = FUNCTIONS / "ringfence"
SOURCES = sorted([ROOT / "app.py", *FUNCTIONS.rglob("*.py"), *(ROOT / "stacks").rglob("*.py")])

PURE_ROOMS = (
    "engine",
    "events",
    "model",
    "observations",
    "policy",
    "record",
    "remediations",
    "self_check",
    "steps",
)
READS_FILES = {
    PACKAGE / f"policy/{name}.py" for name in ("check", "extend", "file", "schema", "shape", "yaml_source")
}
"""What reads and checks the policy file where it is deployed: no function of the deployment imports it."""
DISCOVERS = PACKAGE / "model/discovery.py"
"""What finds declarations in their folders and imports them, as an import statement would."""
NOT_PURE = {*READS_FILES, DISCOVERS}
MODULES_BY_ROOM = {room: sorted({*(PACKAGE / room).rglob("*.py")} - NOT_PURE) for room in PURE_ROOMS}
PURE = sorted(path for paths in MODULES_BY_ROOM.values() for path in paths)
VALUES = {"collections", "dataclasses", "datetime", "enum", "functools", "itertools", "types", "typing"}
TEXTS = {"base64", "difflib", "fnmatch", "hashlib", "hmac", "ipaddress", "json", "math", "re"}
"""What decisions may be made of: of the standard library, the parts that reach nothing outside."""
TABLES = {"functions/ringfence/policy/windows.py: zoneinfo"}
"""The one module that reads the table of time zones. The bundle contains that table, pinned."""
CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.sleep"}
ENVIRONMENT = {"os.environ", "os.getenv"}
CHANCE = {"random.random", "random.choice", "secrets.token_hex", "uuid.uuid4"}
BUILT_IN = {"open", "input", "print", "eval", "exec", "compile", "__import__", "import_module"}
"""What makes two runs of the same function differ."""
CLIENTS = {"client", "create_client", "own_client", "resource"}


@pytest.fixture(scope="module", autouse=True)
def _trees() -> Iterator[None]:
    """Several laws read all sources. Afterwards their trees are not needed."""
    yield
    parsed.cache_clear()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 11))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the package that each import names, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def named(node: ast.AST) -> str:
    """Write a name or an attribute as it stands: `datetime.now`; empty for what is neither."""
    if isinstance(node, ast.Attribute):
        return f"{named(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def reaches_outside(node: ast.AST) -> bool:
    """Say whether an expression reads the clock, the environment, a file or chance."""
    if isinstance(node, ast.Call) and named(node.func) in BUILT_IN:
        return True
    return isinstance(node, ast.Attribute) and any(
        f".{named(node)}".endswith(f".{one}") for one in CLOCK | ENVIRONMENT | CHANCE
    )


def makes_a_client(node: ast.AST) -> bool:
    """Say whether an expression makes a client of AWS."""
    return isinstance(node, ast.Call) and named(node.func).split(".")[-1] in CLIENTS


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: all but the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Lambda):
            continue
        yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*child.decorator_list, *child.args.defaults, *child.args.kw_defaults):
                if part is not None:
                    yield from (part, *run_at_import(part))
        else:
            yield from run_at_import(child)


def places(path: Path, nodes: Iterable[ast.AST]) -> list[str]:
    """Say where these expressions stand."""
    return [f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}" for node in nodes]


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_no_room_is_empty(room: str) -> None:
    """A room that was renamed would be looked at in vain."""
    assert len(MODULES_BY_ROOM[room]) > 1


def test_every_import_points_inward() -> None:
    """The contracts stand in pyproject.toml; a module that no layer names breaks them."""
    linted = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo', '--no-cache'])",
        ],
        cwd=ROOT,
        env={"PYTHONPATH": str(FUNCTIONS), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


def test_source_is_valid_on_python_311() -> None:
    assert all(isinstance(parsed(path), ast.Module) for path in SOURCES)


def test_decisions_import_nothing_that_reaches_outside() -> None:
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in PURE
        for name in imported(parsed(path))
        if name not in {"ringfence", "__future__"} | VALUES | TEXTS
    }
    assert foreign == TABLES


def test_decisions_read_neither_clock_nor_environment_nor_files_nor_chance() -> None:
    found = [
        place for path in PURE for place in places(path, filter(reaches_outside, ast.walk(parsed(path))))
    ]
    assert found == []


def test_what_discovers_looks_at_names_alone() -> None:
    """It is no way around the laws above: it names no way to a file's contents, and no other module."""
    tree = parsed(DISCOVERS)
    assert set(imported(tree)) == {"__future__", "collections", "importlib", "pathlib", "types", "typing"}
    called = {named(node.func).split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.Call)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert called & BUILT_IN == {"import_module"}
    assert attributes & set(dir(Path)) <= {"parents", "joinpath", "iterdir", "name", "replace"}


def test_importing_does_nothing() -> None:
    """No I/O, no clock, no environment, no client of AWS: a module can be imported anywhere."""
    doing = [
        place
        for path in SOURCES
        for place in places(
            path, (one for one in run_at_import(parsed(path)) if reaches_outside(one) or makes_a_client(one))
        )
    ]
    assert doing == []


def test_only_the_adapters_name_boto3() -> None:
    """The handlers too, which import-linter does not look at; the local AWS builds an estate with it."""
    naming = {path for path in SOURCES if {"boto3", "botocore"} & set(imported(parsed(path)))}
    assert {path.parent.relative_to(FUNCTIONS).parts[:2] for path in naming} <= {
        ("ringfence", "aws"),
        ("ringfence", "local"),
    }


MODES = {mode.name for mode in Mode}


def compares_modes(node: ast.AST) -> bool:
    """Say whether an expression compares with members of `Mode`, or matches them."""
    if not isinstance(node, ast.Compare | ast.MatchValue):
        return False
    inner = (named(one).removesuffix(".value").split(".")[-2:] for one in ast.walk(node))
    return any(one[:1] == ["Mode"] and one[-1] in MODES for one in inner)


def test_only_the_policy_compares_modes() -> None:
    """Elsewhere a mode is asked what it does: another mode then changes nothing else."""
    found = [
        place
        for path in SOURCES
        if not path.is_relative_to(PACKAGE / "policy")
        for place in places(path, filter(compares_modes, ast.walk(parsed(path))))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "compares"),
    [
        ("mode is Mode.AUTO", True),
        ("decision.mode != policy.Mode.OFF", True),
        ("mode in (Mode.OFF, Mode.NOTIFY)", True),
        ("text == Mode.AUTO.value", True),
        ("mode.changes", False),
        ("Decision(Mode.AUTO, reason)", False),
        ("mode is other", False),
    ],
)
def test_a_comparison_of_modes_is_seen(text: str, *, compares: bool) -> None:
    assert any(map(compares_modes, ast.walk(ast.parse(text)))) is compares


def test_every_remediation_is_a_file_of_its_name_and_named_in_one_runbook() -> None:
    """But for those that are for every kind of subject: they run with any runbook."""
    from ringfence.model.subject import Ref
    from ringfence.runbooks import load
    from ringfence.runbooks.catalogue import CATALOGUE

    files = {path.stem.replace("_", "-") for path in (PACKAGE / "remediations").glob("*.py")} - {"--init--"}
    listed = Counter(id_ for runbook in CATALOGUE.values() for id_ in runbook.ids)
    assert files == listed.keys()
    assert {id_ for id_, times in listed.items() if times > 1} <= {
        id_ for id_ in listed if load(id_).subject is Ref
    }


def test_these_checks_see_what_they_look_for() -> None:
    guilty = ast.parse(
        "import boto3.session\n"
        "NOW = datetime.now(UTC)\n"
        "def f(at=os.environ['X']):\n"
        "    return open('f')\n"
        "EC2 = boto3.client('ec2')\n"
        "FINE = re.compile('x')\n"
    )
    at_import = [node for node in run_at_import(guilty) if reaches_outside(node) or makes_a_client(node)]
    assert sorted(getattr(node, "lineno", 0) for node in at_import) == [2, 3, 5]
    anywhere = [node for node in ast.walk(guilty) if reaches_outside(node)]
    assert sorted(getattr(node, "lineno", 0) for node in anywhere) == [2, 3, 4]
    assert list(imported(guilty)) == ["boto3"]
