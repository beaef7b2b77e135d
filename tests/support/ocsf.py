"""The published schema of OCSF, offline, and whether events are valid by it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from ringfence.record.ocsf import VERSION
from ringfence.record.ocsf.base import PROFILES

if TYPE_CHECKING:
    from ringfence.record.ocsf import Event


def check(event: Event) -> None:
    """Raise for an event that is not valid, or that is no JSON."""
    assert json.loads(json.dumps(event)) == event
    uid = event["class_uid"]
    assert isinstance(uid, int)
    if found := best_match(validator(uid).iter_errors(event)):
        raise AssertionError(f"class {uid}: {found.json_path}: {found.message[:300]}")


@cache
def validator(class_uid: int) -> Any:  # noqa: ANN401 - its types come from another package
    """Return the validator of a class, without fields that the class does not have."""
    name = _schema().lookup_class_name_from_uid(class_uid)
    return Draft202012Validator(_schema().get_class_schema(class_name=name, profiles=list(PROFILES)))


@cache
def _schema() -> Any:  # noqa: ANN401 - the package has no types
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
