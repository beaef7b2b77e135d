"""Pages of HTML: one file without scripts, in which every text is escaped."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def rendered(template: str, **values: object) -> str:
    """Return a page. `template` is a file of `cli/templates`. A value that it names and lacks is an error."""
    environment = Environment(
        loader=PackageLoader("ringfence.cli"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(template).render(**values)
