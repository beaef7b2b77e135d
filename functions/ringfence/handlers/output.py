"""An output: what it wants to know of incidents, how it renders that, and which calls it makes.

An output is one module of `ringfence.handlers.outputs`. Its rendering is pure, and its calls are a generator
like those of steps, so that nothing in the module does I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput, InternalError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ringfence.model.call import Permission, SansIO
    from ringfence.model.remediation import Option
    from ringfence.record.chain import ChainKey, Entry

    Talk = Callable[[], SansIO[None]]


@frozen
class Told:
    """What an output learns: a response, and which of its entries are new.

    Attributes
    ----------
    key : ChainKey
        The runbook and the resource.
    entries : tuple of Entry
        The whole response, oldest entry first.
    new : range
        The numbers of the entries that the message is about.
    """

    key: ChainKey
    entries: tuple[Entry, ...]
    new: range

    def since_each(self) -> Iterable[tuple[Entry, ...]]:
        """Return the response up to each new entry."""
        return (self.entries[: number + 1] for number in self.new if number < len(self.entries))


@frozen
class Site:
    """Where an output sends to.

    Attributes
    ----------
    home, region : str
        The home account and its region.
    accounts : frozenset of str
        The accounts of the policy's scope.
    options : mapping of str to str
        A value for each option of the output.
    names : mapping of str to str
        The names of the deployment's own resources, by the placeholders of the output's permissions.
    """

    home: str
    region: str
    accounts: frozenset[str]
    options: Mapping[str, str]
    names: Mapping[str, str]


@frozen
class Errand:
    """Calls in one account and region, one after another.

    Attributes
    ----------
    account, region : str
        Where the calls are made.
    talk : function
        Returns the generator that yields the calls. It raises Retryable.
    """

    account: str
    region: str
    talk: Talk


@frozen
class Output:
    """The declaration of an output.

    Attributes
    ----------
    id : str
        The name of its file, with hyphens. The section `outputs` of the policy file names it.
    title : str
        What it sends and where, for the documentation.
    facts : frozenset of str
        The names of the facts about which it is sent a message.
    permissions : tuple of Permission
        The permissions of its calls. A placeholder names a resource of the stack: see `stacks/outputs.py`.
    errands : function of Told and Site
        Renders, and returns the calls to make. It is pure.
    options : tuple of Option
        What the policy file can choose.
    standing : bool
        Whether it sends how an incident stands now, and not each entry. Then it reads the log again after it
        has sent, and sends once more if there are new entries. So the newest state is what stays.
    elsewhere : bool
        Whether it makes its calls with the role `ringfence-outputs` in the account of the errand. Otherwise
        it makes them with the role of the function, in the home account.
    at_home : bool
        Whether its calls are made in the home account only, although with that role.
    cost : str
        What it costs for each incident, for the documentation.

    See Also
    --------
    ringfence.handlers.outputs.guardduty_archive : a short example
    """

    id: str
    title: str
    facts: frozenset[str]
    permissions: tuple[Permission, ...]
    errands: Callable[[Told, Site], Iterable[Errand]]
    options: tuple[Option, ...] = ()
    standing: bool = False
    elsewhere: bool = False
    at_home: bool = False
    cost: str = ""

    def choose(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return a value for every option: the given one or the default. Raises BadInput."""
        known = {one.name: one for one in self.options}
        for name, chosen in given.items():
            if name not in known:
                raise BadInput(f"outputs.{self.id}.{name}", f"must be one of {', '.join(known) or 'none'}")
            if not known[name].allows(chosen):
                raise BadInput(f"outputs.{self.id}.{name}", f"must be {known[name].allowed()}", chosen)
        return {name: given.get(name, one.values[0]) for name, one in known.items()}


def checked(id_: str, found: object) -> Output:
    """Return a declaration. Raises InternalError if the module does not declare this output."""
    if not isinstance(found, Output) or found.id != id_:
        raise InternalError(f"handlers/outputs/{id_.replace('-', '_')}.py does not declare {id_}")
    return found
