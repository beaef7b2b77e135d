"""What a command prints with `--json` has the documented form."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ringfence.cli.schemas.commands import FORMS, schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def check(words: Sequence[str], output: str) -> None:
    """Raise if a command printed something else than its form says. Do nothing without `--json`."""
    command = command_of(words)
    if "--json" not in words or command is None:
        return
    printed = output.splitlines() if FORMS[command].lines else [output]
    for one in printed:
        errors = validator(command).iter_errors(json.loads(one))
        if found := best_match(errors):
            raise AssertionError(f"{command} --json: {found.json_path}: {found.message[:300]}")


def command_of(words: Sequence[str]) -> str | None:
    """Return the command of a command line that has a form."""
    typed = (" ".join(words[:length]) for length in (2, 1))
    return next((one for one in typed if one in FORMS), None)


@cache
def validator(command: str) -> Any:  # noqa: ANN401 - its types come from another package
    """Return the validator of a command's output."""
    return Draft202012Validator(dict(schema_of(command)))
