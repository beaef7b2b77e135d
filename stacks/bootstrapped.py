"""Check at synthesis that each region is bootstrapped, so that no deployment stops halfway.

An error of a stack stops `cdk deploy` before its first stack. `cdk bootstrap` and `cdk destroy` ignore it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from aws_cdk import Annotations, Stack, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import App

    from ringfence.aws.bootstrap import Bootstrap

_AT_ONCE = 16
"""How many regions are read at a time. Without a network, each takes seconds."""


def check_bootstrap(app: App, read: Callable[[str], Bootstrap]) -> None:
    """Give each stack of a region without bootstrap an error. What cannot be read is only reported.

    `read` returns what is known of a region. It is called once for each region.
    """
    stacks = [one for one in app.node.children if isinstance(one, Stack)]
    regions = sorted({one.region for one in stacks if not Token.is_unresolved(one.region)})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(regions, pool.map(read, regions), strict=True))
    for stack in stacks:
        state, where = found.get(stack.region), f"aws://{stack.account}/{stack.region}"
        if state is None or state.exists:
            continue
        if state.unknown:
            Annotations.of(stack).add_info(f"It is unknown whether {where} is bootstrapped: {state.unknown}")
        else:
            Annotations.of(stack).add_error(f"{where} is not bootstrapped: run `npx cdk bootstrap {where}`")
