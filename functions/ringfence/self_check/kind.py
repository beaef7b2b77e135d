"""One type of resource: what is declared of it, how it is read, and what to do about a difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.self_check.compare import differences
from ringfence.self_check.findings import Problem, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Permission, SansIO
    from ringfence.self_check.template import Resource

Settings = Mapping[str, object]
"""The judged settings of a resource by name. Lists without an order are tuples."""

REVERT = "npx cdk deploy {stack} --revert-drift"
"""The CDK puts back whatever differs from the template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
"""
_EXISTENCE = "existence"


@frozen
class Kind:
    """One CloudFormation type.

    Attributes
    ----------
    type : str
        The CloudFormation type.
    noun : str
        What people call it.
    permissions : tuple of Permission
        The permissions of its reads. Resources can contain `{account}` and `{region}`.
    declared : function of a resource
        The settings that its template declares.
    read : generator function of a resource
        The settings as they are now; None if the resource does not exist.
    remedies : mapping from setting to text
        Commands, with `{id}`, `{name}`, `{region}`, `{account}` and `{stack}`. Default: the CDK puts it back.
        That of "existence" is for a resource that does not exist.
    """

    type: str
    noun: str
    permissions: tuple[Permission, ...]
    declared: Callable[[Resource], Settings]
    read: Callable[[Resource], SansIO[Settings | None]]
    remedies: Mapping[str, str]

    def judge(self, resource: Resource, found: Settings | None) -> Iterator[Problem]:
        """Yield a problem for each difference."""
        if found is None:
            remedy = self.remedies.get(_EXISTENCE, REVERT)
            yield problem(resource, self.noun, _EXISTENCE, "does not exist", remedy)
            return
        declared = self.declared(resource)
        for aspect, value in found.items():
            for words in differences(declared.get(aspect), value):
                yield problem(resource, self.noun, aspect, words, self.remedies.get(aspect, REVERT))


def problem(  # noqa: PLR0913, PLR0917 - the parts of a problem
    resource: Resource,
    noun: str,
    aspect: str,
    words: str,
    remedy: str,
    standing: Standing = Standing.FAULT,
) -> Problem:
    """Return a problem of a resource. `remedy` may contain the placeholders of `Kind.remedies`."""
    at = resource.stack
    places = {
        "id": resource.id,
        "name": resource.name,
        "region": at.region,
        "account": at.account,
        "stack": at.name,
    }
    return Problem(
        standing,
        at.account,
        at.region,
        at.name,
        f"{noun} {resource.name}",
        aspect,
        words,
        remedy.format_map(places),
    )
