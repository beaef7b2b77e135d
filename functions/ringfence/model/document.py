"""Read JSON-like documents from outside, with errors that name the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen


@frozen
class Document:
    """One JSON object and its dotted path.

    Accessors raise `BadInput` with the full path if a value is missing or has another type. The `optional_`
    forms return None for an absent or null value, and check the type as strictly.
    """

    value: Mapping[str, object]
    path: str = ""

    @classmethod
    def of(cls, value: object, path: str = "") -> Document:
        """Create it from an object. Raises BadInput for anything else."""
        if not isinstance(value, Mapping):
            raise BadInput(path or "(document)", "must be an object", value)
        return cls(value, path)

    def only(self, *known: str) -> Document:
        """Return it if it has no other fields. Raises BadInput that names the first other one.

        A misspelled field must change nothing. Its name is shortened and escaped: the sender chose it.
        """
        for _, flaw in self.others(*known):
            raise flaw
        return self

    def others(self, *known: str) -> Iterator[tuple[str, BadInput]]:
        """Yield each other field, with the error that names it."""
        for other in sorted(self.value.keys() - set(known)):
            name = ascii(other[:80])[1:-1] or '""'
            fields = f"the fields are {', '.join(known)}" if known else "there are none"
            fields = f"the field is {known[0]}" if len(known) == 1 else fields
            yield other, BadInput(self.at(name), f"is not a known field; {fields}")

    def at(self, key: str) -> str:
        """Return the dotted path of `key`."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Return whether `key` has a value other than null."""
        return self.value.get(key) is not None

    def text(self, key: str) -> str:
        """Return a non-empty string."""
        value = self.optional_text(key)
        if not value:
            raise BadInput(self.at(key), "is required and must be a non-empty string", self.value.get(key))
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a string or None."""
        value = self.value.get(key)
        if value is None or isinstance(value, str):
            return value
        raise BadInput(self.at(key), "must be a string", value)

    def text_if_given(self, key: str) -> str:
        """Return a non-empty string. Empty if the value is absent or null."""
        return self.text(key) if self.has(key) else ""

    def number(self, key: str) -> float:
        """Return a number."""
        value = self.value.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadInput(self.at(key), "is required and must be a number", value)
        try:
            return float(value)
        except OverflowError as error:
            raise BadInput(self.at(key), "is too large a number") from error

    def integer(self, key: str) -> int:
        """Return a whole number. In JSON, 3.0 is one as well: RFC 8259 has only one kind of number."""
        value = self.value.get(key)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadInput(self.at(key), "is required and must be a whole number", value)
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a boolean. The strings "true" and "false", which some relays send, are allowed."""
        value = self.value.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise BadInput(self.at(key), "must be true or false", value)

    def child(self, key: str) -> Document:
        """Return the object at `key`."""
        value = self.value.get(key)
        if not isinstance(value, Mapping):
            raise BadInput(self.at(key), "is required and must be an object", value)
        return Document(value, self.at(key))

    def optional_child(self, key: str) -> Document:
        """Return the object at `key`. Empty if it is absent."""
        return self.child(key) if self.has(key) else Document({}, self.at(key))

    def children(self, key: str) -> Iterator[Document]:
        """Yield the objects of the list at `key`. Yield nothing if it is absent."""
        for index, item in enumerate(self.items(key)):
            yield Document.of(item, f"{self.at(key)}[{index}]")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the strings of the list at `key`. Empty if it is absent."""
        items = self.items(key)
        for index, item in enumerate(items):
            if not isinstance(item, str):
                raise BadInput(f"{self.at(key)}[{index}]", "must be a string", item)
        return tuple(str(item) for item in items)

    def items(self, key: str) -> Sequence[object]:
        """Return the list at `key`. Empty if it is absent."""
        value = self.value.get(key)
        if value is None:
            return ()
        if isinstance(value, str | bytes) or not isinstance(value, Sequence):
            raise BadInput(self.at(key), "must be a list", value)
        return value
