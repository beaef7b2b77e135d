"""The resource that a person means: by its id, its ARN or its Name tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.text import safe
from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.kinds import kind_of, kinds_of, parse_key, ref_of
from ringfence.model.subject import GLOBAL
from ringfence.model.suggestions import similar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ringfence.cli.operator_command import Environment
    from ringfence.cli.settings import Home
    from ringfence.model.arn import Arn
    from ringfence.model.subject import Ref
    from ringfence.record.chain import ChainKey

ANY_ACCOUNT = "0" * 12
"""The account while it is not known. The account of the credentials replaces it."""
_MOST = 5
_NO_NAME = "With --yes, it cannot be a Name tag, because an intruder can choose that"


def subject_named(  # noqa: PLR0913 - what a person typed
    env: Environment, family: type[Ref], text: str, account: str | None, region: str | None, *, sure: bool
) -> Ref:
    """Return the resource that a text means.

    Parameters
    ----------
    env : Environment
        Finds Name tags and the default region.
    family : type of Ref
        The kinds that the runbook acts on.
    text : str
        An id, an ARN or a Name tag.
    account, region : str or None
        What the options say.
    sure : bool
        Nobody is asked. A Name tag is then not accepted, because an intruder can choose it.
    """
    if text.startswith("arn:"):
        arn, kind = _of_arn(family, text)
        account = _same("--account", account, arn.account)
        region = _same("--region", region, arn.region)
        return ref_of(family, account or ANY_ACCOUNT, _region(env, family, region), arn.id, kind)
    account, region = account or ANY_ACCOUNT, _region(env, family, region)
    try:
        return ref_of(family, account, region, text)
    except BadInput as error:
        return ref_of(family, account, region, _of_name(env, family, text, region, error, sure=sure))


def responses_named(home: Home, incident: str, text: str, *, sure: bool) -> ChainKey:
    """Return the response of an incident to the resource that a text means: an id, an ARN or a Name tag.

    If nobody is asked (`sure`), a Name tag is not accepted, because an intruder can choose it.
    """
    from ringfence.cli.incident_reads import entries_of
    from ringfence.cli.log import find, in_archive, reader_of
    from ringfence.record.brief import Brief
    from ringfence.record.summary import Summary

    reader = reader_of(home)
    responses = find(reader, in_archive(home), incident, home.place)

    def names() -> dict[str, str]:
        return {chain: Brief(Summary.of(each)).name for chain, each in entries_of(reader, responses)}

    return response_meant(incident, [one.key for one in responses], names, text, sure=sure)


def response_meant(
    incident: str, keys: Sequence[ChainKey], names: Callable[[], Mapping[str, str]], text: str, *, sure: bool
) -> ChainKey:
    """Return the only chain whose subject has this id or ARN, or else this Name tag. Raises BadInput.

    `names` returns the Name tag of each chain. It is not called for an exact id, which wins over Name tags.
    """
    found = [one for one in keys if _is(one.subject, text)]
    hint = ""
    if sure:
        hint = _NO_NAME
    elif not found and text:
        tagged = names()
        found = [one for one in keys if tagged.get(one.text) == text]
    if len(found) != 1:
        known = ", ".join(one.subject for one in keys)
        hint = " ".join(filter(None, (hint, similar(text, (one.subject.rpartition("/")[2] for one in keys)))))
        raise BadInput("--subject", f"must mean one of the responses of {incident}: {known}", text, hint)
    return found[0]


def _is(subject: str, text: str) -> bool:
    """Return whether a text is the id of a subject, or an ARN with its id, account and region."""
    id_, account, region, named = (*subject.split("/", 3), "", "", "")[:4]
    if text == named:
        return True
    kind = kind_of(id_)
    arn = read_arn(kind, text) if kind else None
    return arn is not None and (
        arn.id == named and arn.account in {"", account} and arn.region in {"", region}
    )


def _of_arn(family: type[Ref], text: str) -> tuple[Arn, str]:
    for id_, kind in kinds_of(family).items():
        if arn := read_arn(kind, text):
            return arn, id_
    forms = [one.arn_form for one in kinds_of(family).values() if one.arn_form]
    raise BadInput("ID", f"must have the form {' or '.join(forms)}" if forms else "has no ARN", text)


def _same(option: str, given: str | None, named: str) -> str | None:
    """Return what an ARN says. Raises BadInput if an option says something else."""
    if given and named and given != named:
        raise BadInput(option, f"must be {named}, as in the ARN", given)
    return named or given


def _region(env: Environment, family: type[Ref], region: str | None) -> str:
    region = region or env.region() or ("" if family.regional else GLOBAL)
    if not region:
        raise BadInput("--region", "is required if AWS_REGION is not set")
    return region


def _of_name(  # noqa: PLR0913 - what was tried, and why it failed
    env: Environment, family: type[Ref], text: str, region: str, error: BadInput, *, sure: bool
) -> str:
    """Return the id of the only resource with this Name tag. Raises BadInput, as for a wrong id."""
    kinds = [one for one in kinds_of(family).values() if ":ec2:" in one.arn_form]
    if not kinds or not text.isprintable():
        raise error
    if sure:
        raise _with(error, _NO_NAME) from error
    try:
        named = env.tagged(text, region)
    except RingfenceError as denied:
        raise _with(error, f"Name tags cannot be read: {denied}") from denied
    found = [one for one in named if any(kind.pattern.fullmatch(one) for kind in kinds)]
    if not found:
        raise _with(error, f"No such resource in {region} has this Name tag") from error
    if len(found) > 1:
        raise BadInput(error.field, f"is the Name tag of {', '.join(found[:_MOST])}: use an id", text)
    return found[0]


def _with(error: BadInput, hint: str) -> BadInput:
    return BadInput(error.field, error.problem, error.value, hint)


def key_of_subject(text: str) -> Ref | None:
    """Return the resource of a key, `kind/account/region/id`. None for any other text. Raises BadInput."""
    kind, slash, _ = text.partition("/")
    return parse_key(text) if slash and kind_of(kind) else None


def called_by(ref: Ref, given: str) -> str:
    """Return what a question calls a resource: its id, and what a person typed if that is another name."""
    return ref.id if ref.id in given else f"{ref.id} ({safe(given)})"
