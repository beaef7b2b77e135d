"""Print the service control policy for roles with other names: `python -m tools.scp --help`."""

from __future__ import annotations

import argparse
import sys

from stacks.service_control_policy import (
    ANY_HOME,
    BREAK_GLASS,
    DEPLOYER,
    EXECUTOR,
    service_control_policy,
    text,
)


def main() -> None:
    """Print the policy."""
    parser = argparse.ArgumentParser(prog="python -m tools.scp", description=main.__doc__)
    parser.add_argument("--break-glass", default=BREAK_GLASS, help="the role for emergencies")
    parser.add_argument("--deployer", default=DEPLOYER, help="the role that deploys the stacks")
    parser.add_argument("--executor", default=EXECUTOR, help="the role that CloudFormation assumes")
    parser.add_argument("--home-account", dest="home", default=ANY_HOME, help="the home account")
    parser.add_argument(
        "--api",
        action="append",
        default=[],
        help="the id of an API, from the outputs OperateUrl and FindingsUrl. Can be repeated.",
    )
    given = parser.parse_args()
    policy = service_control_policy(given.deployer, given.executor, given.break_glass, given.home, given.api)
    sys.stdout.write(text(policy))


if __name__ == "__main__":
    main()
