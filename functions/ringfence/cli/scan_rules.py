"""The rules and manual controls that the options `--rules`, `--library` and `--profile` choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.posture.file import Loaded
    from ringfence.posture.manual import ManualControl
    from ringfence.runbooks.compliance import Framework

library_option = click.option(
    "--library", is_flag=True, help="Use the shipped rules in addition to those of --rules."
)
profile_option = click.option(
    "--profile",
    default="",
    metavar="NAME",
    help="Use only the rules of this framework, or of this profile in the files of --rules.",
)


def rules_of(
    paths: tuple[Path, ...], profile: str, *, library: bool
) -> tuple[list[Loaded], tuple[ManualControl, ...]]:
    """Return the rules and the manual controls of a profile. Raises BadInput if none is left."""
    from ringfence.cli.rules import framework_profile
    from ringfence.posture.known import load_files
    from ringfence.posture.library import LIBRARY

    found = load_files((*paths, LIBRARY) if library or not paths else paths)
    if not profile:
        return list(found.rules), found.manual
    own = {one.name: one for one in found.profiles}
    chosen = own[profile] if profile in own else framework_profile(profile, own)
    rules = [one for one in found.rules if chosen.has(one.rule)]
    manual = tuple(one for one in found.manual if chosen.has(one.rule))
    if not rules and not manual:
        raise BadInput("--profile", "must leave at least one rule", profile)
    return rules, manual


def framework_of(profile: str) -> Framework | None:
    """Return the framework of a profile. None if it is a profile of the files, or if there is none."""
    from ringfence.runbooks.compliance import framework

    try:
        return framework(profile) if profile else None
    except BadInput:
        return None
