"""Which deployment a command is about: the policy's scope, and the home account and region."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    from ringfence.self_check.places import Deployment

_POLICY = Path("policy.yaml")


def policy_file(path: Path | None) -> Path | None:
    """Return the given policy file, or the one of this folder. None if there is none."""
    return path or (_POLICY if _POLICY.exists() else None)


def compiled(path: Path, home: str) -> dict[str, object]:
    """Compile a policy for a home account. Raises BadInput."""
    from ringfence.handlers.outputs import options
    from ringfence.policy.file import load_policy
    from ringfence.runbooks.catalogue import CATALOGUE

    return dict(load_policy(path, CATALOGUE, outputs=options()).compile(home))


def deployment_of(policy: Path | None, home: str, region: str) -> Deployment:
    """Return the deployment. Without a policy, only the home account is known to be in the scope.

    Raises BadInput.
    """
    from ringfence.policy.compiled import policy_from_json
    from ringfence.self_check.places import Deployment

    if not ACCOUNT.fullmatch(home):
        raise BadInput("--home-account", "must be a 12-digit account id", home)
    if not REGION.fullmatch(region):
        raise BadInput("--home-region", "must be a region such as eu-west-1", region or None)
    if policy is None:
        return Deployment(home, region, (home,))
    scope = policy_from_json(compiled(policy, home))
    return Deployment(home, region, scope.accounts, scope.regions)
