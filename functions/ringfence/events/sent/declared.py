"""Declare the fields of a document once: the reader, the JSON Schema and the documentation follow from it.

Each form of a value reads it strictly, and raises BadInput that names the field and the value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Protocol

from ringfence.events import fields
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.suggestions import closest, similar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, object]
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair. It is no character, and no table and no queue stores it."""


class Form(Protocol):
    """The form of a value."""

    @property
    def words(self) -> str:
        """What the value must be, in words: it follows `must be`."""
        ...

    def schema(self) -> Json:
        """Return the JSON Schema."""
        ...

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless the value has this form."""
        ...


def refuse(form: Form, field: str, value: object) -> BadInput:
    """Return the error for a value without this form."""
    return BadInput(field, f"must be {form.words}", value)


@frozen
class Text:
    """A text that a pattern matches as a whole. The pattern is a regular expression of ECMA-262, too."""

    what: str
    pattern: str
    longest: int

    @property
    def words(self) -> str:
        """What it must be."""
        return self.what

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {"type": "string", "pattern": f"^{self.pattern}$", "minLength": 1, "maxLength": self.longest}

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless it is such a text."""
        fits = isinstance(value, str) and 1 <= len(value) <= self.longest
        if not fits or not re.fullmatch(self.pattern, str(value)) or _HALF.search(str(value)):
            raise refuse(self, field, value)


@frozen
class Number:
    """A number in a range. `whole`: without decimals."""

    low: int
    high: int
    whole: bool = False

    @property
    def words(self) -> str:
        """What it must be."""
        return f"a {'whole ' if self.whole else ''}number from {self.low} to {self.high}"

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {
            "type": "integer" if self.whole else "number",
            "minimum": self.low,
            "maximum": self.high,
        }

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless it is such a number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refuse(self, field, value)
        # A JSON document says 3.0 for a whole number, too.
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            raise refuse(self, field, value)


@frozen
class Constant:
    """One number."""

    value: int

    @property
    def words(self) -> str:
        """What it must be."""
        return str(self.value)

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {"type": "integer", "const": self.value}

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless it is this number."""
        if isinstance(value, bool) or value != self.value:
            raise refuse(self, field, value)


@frozen
class Flag:
    """True or false."""

    words = "true or false"

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {"type": "boolean"}

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless it is true or false."""
        if not isinstance(value, bool):
            raise refuse(self, field, value)


@frozen
class Instant:
    """A time with its offset from UTC, as RFC 3339 writes it."""

    words = "a time such as 2027-01-31T23:59:59Z"
    _DATE: ClassVar[str] = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    _CLOCK: ClassVar[str] = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
    _OFFSET: ClassVar[str] = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"

    @property
    def pattern(self) -> str:
        """The regular expression of the text."""
        return f"{self._DATE}T{self._CLOCK}{self._OFFSET}"

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {"type": "string", "format": "date-time", "pattern": f"^{self.pattern}$"}

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless it is a time that exists."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise refuse(self, field, value)
        try:
            fields.instant(Document({field: value}), field)
        except BadInput as error:
            raise refuse(self, field, value) from error


@frozen
class ListOf:
    """A list of different values of one form."""

    each: Form
    least: int
    most: int

    @property
    def words(self) -> str:
        """What it must be."""
        return f"a list of {self.least} to {self.most} different values; each must be {self.each.words}"

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {
            "type": "array",
            "items": self.each.schema(),
            "minItems": self.least,
            "maxItems": self.most,
            "uniqueItems": True,
        }

    def check(self, field: str, value: object) -> None:
        """Raise BadInput unless it is such a list."""
        for flaw in self.flaws(field, value):
            raise flaw

    def flaws(self, field: str, value: object) -> Iterator[BadInput]:
        """Yield everything that is wrong with it."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            yield refuse(self, field, value)
            return
        for index, one in enumerate(value):
            yield from flaws_of(self.each, f"{field}[{index}]", one)
        if len({str(one) for one in value}) != len(value):
            yield refuse(self, field, value)


def flaws_of(form: Form, field: str, value: object) -> Iterator[BadInput]:
    """Yield everything that is wrong with a value."""
    if isinstance(form, ListOf):
        yield from form.flaws(field, value)
        return
    try:
        form.check(field, value)
    except BadInput as error:
        yield error


@frozen
class Field:
    """One field: its form, what it says, and an example. `required`: every document has it."""

    name: str
    form: Form
    about: str
    example: object
    required: bool = True


@frozen
class Declared:
    """A document with these fields and no others."""

    title: str
    about: str
    fields: tuple[Field, ...]

    def read(self, value: object, path: str = "") -> Document:
        """Return the document. Raises BadInput that names the first field that is wrong, and its value."""
        document = Document.of(value, path)
        for flaw in self.flaws(document):
            raise flaw
        return document

    def flaws(self, document: Document) -> Iterator[BadInput]:
        """Yield everything that is wrong, each with its field and value.

        A required field is not missing if an unknown field has nearly its name: the name is what is wrong.
        """
        known = {one.name: one for one in self.fields}
        absent = [name for name in known if name not in document.value]
        meant: set[str] = set()
        for name, flaw in document.others(*known):
            yield BadInput(flaw.field, flaw.problem, hint=similar(name, absent))
            meant.update(closest(name, absent)[:1])
        for one in self.fields:
            if one.name in document.value:
                yield from flaws_of(one.form, document.at(one.name), document.value[one.name])
            elif one.required and one.name not in meant:
                yield BadInput(document.at(one.name), f"is required and must be {one.form.words}")

    def schema(self) -> Json:
        """Return the JSON Schema."""
        return {
            "title": self.title,
            "description": self.about,
            "type": "object",
            "properties": {one.name: {**one.form.schema(), "description": one.about} for one in self.fields},
            "required": [one.name for one in self.fields if one.required],
            "additionalProperties": False,
        }

    def example(self, *, whole: bool = True) -> dict[str, object]:
        """Return a document. `whole`: with the fields that are not required."""
        return {one.name: one.example for one in self.fields if whole or one.required}


def only(given: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that have a value."""
    return {name: value for name, value in given.items() if value is not None}
