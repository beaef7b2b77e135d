"""Law: no text says `1 findings`. What counts things in words uses one helper, `counted`."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "functions" / "ringfence"
VIEWS = sorted((ROOT / "tests/support/golden").rglob("*.txt"))
BETWEEN = r"(?:(?:more|new|newer|other|further|open|whole|old|older|single) )?"
PLURAL = re.compile(rf" {BETWEEN}([a-z]+s)(?![a-z-])")
ONE = re.compile(rf"(?<![\w.,:/-])1 {BETWEEN}([a-z]+s)\b")
CONSTANT = re.compile(
    r"_?[A-Z][A-Z0-9_]*(\.\w+)?( // \d+)?|len\(_[A-Z]+\)|fact\.covered|minutes|wait"
    r"|self\.(most|least|low|high)"
)
"""What is the same in every text, and more than one."""
VERBS = frozenset(
    {
        *("access", "acts", "allows", "always", "answers", "applies", "as", "belongs", "changes"),
        *("comes", "contains", "covers", "declares", "delivers", "denies", "deploys", "does", "encrypts"),
        *("exists", "fails", "explains", "has", "holds", "is", "its", "keeps", "launches", "leads"),
        *("less", "lets", "limits", "lists", "logs", "manages", "monitors", "mutes", "names"),
        *("needs", "receives", "replaces", "runs", "says", "sets", "stays", "this", "unless"),
        *("uses", "was", "works", "yields"),
    }
)
"""Words that end with s after a value, and that are no plural of a noun."""
FOREIGN = "in an answer of the local AWS"
EXPRESSIONS = ("local/hooks/", FOREIGN), ("policy/sweeps.py", "an expression of EventBridge Scheduler")
"""Files whose texts other programs read, and why."""


def plurals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of each text with a plural behind a number that can be one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for value, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                    shown = ast.unparse(value.value)
                    found = PLURAL.match(str(after.value))
                    if found and found[1] not in VERBS and not CONSTANT.fullmatch(shown):
                        yield node.lineno, f"{{{shown}}}{found[0]}"


def files() -> list[Path]:
    names = {path: path.relative_to(SOURCES).as_posix() for path in sorted(SOURCES.rglob("*.py"))}
    return [path for path, name in names.items() if not any(name.startswith(one) for one, _ in EXPRESSIONS)]


def test_no_text_puts_a_plural_behind_a_number_that_can_be_one() -> None:
    found = {f"{path.relative_to(ROOT)}:{line}": words for path in files() for line, words in plurals(path)}
    assert found == {}, "use ringfence.model.step.counted"


def test_a_wrong_text_is_found(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text('f"{len(found)} findings"\nf"{name} lists them"\nf"{MOST} findings"\nf"{n} more rules."')
    assert list(plurals(path)) == [(1, "{len(found)} findings"), (4, "{n} more rules")]


@pytest.mark.parametrize("path", VIEWS, ids=lambda one: one.stem)
def test_no_view_says_one_with_a_plural(path: Path) -> None:
    found = [one[0] for one in ONE.finditer(path.read_text("utf-8")) if one[1] not in VERBS]
    assert found == []


@pytest.mark.parametrize(
    ("number", "what", "words"),
    [
        (1, "finding", "1 finding"),
        (2, "finding", "2 findings"),
        (0, "entry", "0 entries"),
        (2, "day", "2 days"),
        (1, "other entry is", "1 other entry is"),
        (3, "other entry is", "3 other entries are"),
        (3, "rule that was", "3 rules that were"),
        (2, "is", "2 are"),
        (1, "is", "1 is"),
        (12000, "event", "12,000 events"),
    ],
)
def test_a_number_is_counted_in_words(number: int, what: str, words: str) -> None:
    assert counted(number, what) == words
