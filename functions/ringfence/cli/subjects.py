"""The resource that a person means: by its id, its ARN or its Name tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.kinds import kind_of, kinds_of, parse_key, ref_of
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from ringfence.cli.operator_command import Environment
    from ringfence.cli.settings import Home
    from ringfence.model.arn import Arn
    from ringfence.model.subject import Ref
    from ringfence.record.chain import ChainKey

ANY_ACCOUNT = "0" * 12
"""The account while it is not known. The account of the credentials replaces it."""
_MOST = 5


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


def responses_named(home: Home, incident: str, text: str) -> ChainKey:
    """Return the response of an incident to the resource that a text means: an id, an ARN or a Name tag."""
    from ringfence.cli.incident_filters import names_of
    from ringfence.cli.incident_reads import entries_of
    from ringfence.cli.log import find, reader_of
    from ringfence.record.brief import Brief
    from ringfence.record.summary import Summary

    reader = reader_of(home)
    responses = find(reader, None, incident, home.place)
    briefs = {chain: Brief(Summary.of(each)) for chain, each in entries_of(reader, responses)}
    id_ = text.rpartition(":")[2].rpartition("/")[2] if text.startswith("arn:") else text
    keys = [
        one.key
        for one in responses
        if id_ == one.key.subject.split("/", 3)[-1]
        or (one.key.text in briefs and text in names_of(briefs[one.key.text]))
    ]
    if len(keys) != 1:
        known = ", ".join(one.key.subject for one in responses)
        raise BadInput("--subject", f"must mean one of the responses of {incident}: {known}", text)
    return keys[0]


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
        raise _with(
            error, "With --yes, it cannot be a Name tag, because an intruder can choose that"
        ) from error
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
