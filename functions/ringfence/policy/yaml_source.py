"""YAML with the line and column of each value, for error messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Flaw:
    """An error and its position. Lines and columns count from 1. After `FILE:`, it is in the usual form."""

    line: int
    column: int
    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.field}: {self.problem}"


@dataclass(frozen=True)
class Located:
    """A YAML document: its data, and its nodes with their positions."""

    plain: object
    node: object

    def in_file(self, path: Path) -> Path:
        """Return the path in the file. That of a part of a document differs."""
        return path

    def flaw(self, path: Path, problem: str) -> Flaw:
        """Return an error at the line of `path`, or of its nearest existing parent."""
        line, column = _place(self.node, path)
        return Flaw(line + 1, column + 1, field_of(path), problem)


class _Constructor(RoundTripConstructor):
    """Reads dates as texts: the check reports a date that does not exist, with its line."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_scalar)


@lru_cache(maxsize=64)
def read_yaml(text: str, file: str = "yaml") -> Located:
    """Read one YAML document. Raises BadInput that names `file` and the position of an error.

    A command reads the shipped files more than once. Nobody changes what is returned.
    """
    try:
        yaml = YAML(typ="rt", pure=True)
        yaml.Constructor = _Constructor
        node = yaml.load(text)
        return Located(_plain(node), node)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise BadInput(where, f"is not YAML: {error.problem}") from error
    except ReaderError as error:
        lines = text[: error.position].split("\n")
        where = f"{file}:{len(lines)}:{len(lines[-1]) + 1}"
        raise BadInput(where, f"is not YAML: {error.reason}: #x{error.character:04x}") from error
    except (YAMLError, ValueError) as error:
        raise BadInput(file, f"is not YAML: {ascii(str(error))[1:80]}") from error
    except RecursionError as error:
        raise BadInput(file, "is nested too deeply or contains itself") from error


def field_of(path: Sequence[str | int]) -> str:
    """Write a path as `rules[0].mode`."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{ascii(key)[1:-1]}" for key in path)
    return "".join(parts).lstrip(".") or "(document)"


def _plain(node: object) -> object:
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(item) for item in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return ascii(node)  # a tagged scalar: no schema accepts it


def _place(node: object, path: Path) -> tuple[int, int]:
    place = (0, 0)
    for key in path:
        if isinstance(node, CommentedMap):
            name = next((known for known in node if str(known) == key), None)
            if name is None or name not in node.lc.data:
                break
            place, node = node.lc.key(name), node[name]
        elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
            place, node = node.lc.item(key), node[key]
        else:
            break
    return place
