"""Pages of HTML: one file without scripts, in which every text is escaped.

Characters that cannot be printed are escaped as well: some of them change the order of the text around them.
"""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

MOST_ROWS = 200
"""The rows of a table on a page that has no other limit. The page says how many more there are."""


def rendered(template: str, **values: object) -> str:
    """Return a page. `template` is a file of `cli/templates`. A value that it names and lacks is an error."""
    environment = Environment(
        loader=PackageLoader("ringfence.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
    )
    return environment.get_template(template).render(**values)


def _printable(value: object) -> object:
    """Return a value of a page, with the characters of a text escaped that are not printed."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in value)
