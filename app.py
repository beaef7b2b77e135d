"""The CDK app: in the home account all stacks, in any other protected account its roles alone."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "functions"))


def main() -> None:
    """Synthesize; a wrong setting or policy ends in one message, not in a traceback."""
    # jsii warns, as it is imported, of a Node that is out of support; Node 20 is the oldest that works here.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    from aws_cdk import App

    from ringfence.aws.bootstrap import read_bootstrap
    from ringfence.handlers.self_checks import missing
    from ringfence.model.errors import BadInput
    from stacks.application import build
    from stacks.bootstrapped import check_bootstrap
    from stacks.policy_warnings import warn_of_policy
    from stacks.prerequisites import warn_of_missing
    from stacks.settings import check_names, settings

    app = App()
    try:
        check_names(app.node.get_all_context())
        given = settings(app.node.try_get_context, os.environ)
        build(app, given)
    except BadInput as error:
        sys.exit(f"ringfence: {error}")
    warn_of_policy(app, given, datetime.now(UTC).date())
    # The CDK sets it from the credentials. Without credentials there is nothing to ask.
    if os.environ.get("CDK_DEFAULT_ACCOUNT") == given.account:
        check_bootstrap(app, lambda region: read_bootstrap(region, given.qualifier))
        warn_of_missing(app, given, missing)
    app.synth()


if __name__ == "__main__":
    main()
