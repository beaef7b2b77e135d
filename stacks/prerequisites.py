"""Warn at synthesis of services that are not on, whose events Ringfence answers.

A deployment succeeds without them, and then stays silent. So each region's stack has a warning for each one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, Stack

from ringfence.self_check.findings import Standing
from ringfence.self_check.places import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import App

    from ringfence.self_check.findings import Problem
    from stacks.settings import Settings

    Find = Callable[[Deployment], tuple[Problem, ...]]


def warn_of_missing(app: App, settings: Settings, find: Find) -> None:
    """Give the first stack of each region a warning for each service that is not on in this account.

    `find` returns a problem for each of them. What cannot be read is only reported.
    """
    home_region = settings.home_region or settings.region
    if home_region is None or settings.account not in settings.accounts:
        return
    stacks = [one for one in app.node.children if isinstance(one, Stack)]
    for one in find(Deployment(settings.home, home_region, (settings.account,), settings.regions)):
        stack = next((each for each in stacks if each.region == one.region), stacks[0])
        words = f"{one.resource} in {one.region}: {one.words}. {one.remedy}"
        if one.standing is Standing.UNKNOWN:
            Annotations.of(stack).add_info(words)
        else:
            Annotations.of(stack).add_warning_v2(f"ringfence:{one.resource}:{one.region}", words)
