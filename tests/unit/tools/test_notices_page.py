"""docs/notices.md and docs/notice-schema.json are what the declarations say."""

from __future__ import annotations

import json

import jsonschema

from tools.generate import NOTICE_SCHEMA, NOTICES
from tools.notices import document, schema_text


def test_the_page_is_that_of_the_declarations() -> None:
    assert NOTICES.read_text("utf-8") == document(), "run `make docs`"


def test_the_schema_is_that_of_the_declarations_and_valid() -> None:
    assert NOTICE_SCHEMA.read_text("utf-8") == schema_text(), "run `make docs`"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))
