"""Policies that IAM Access Analyzer generates from what a principal did, according to a trail.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ringfence.aws.failures import raised
from ringfence.model.errors import Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

EVERY, TRIES = 10, 90
"""Seconds between two looks at a job, and how many looks there are."""
LONGEST_DAYS = 90
"""The longest time that Access Analyzer reads."""
_RUNS, _DONE = "IN_PROGRESS", "SUCCEEDED"


@frozen
class Wanted:
    """What to generate a policy from.

    Parameters
    ----------
    principal
        The ARN of the user or role.
    trail
        The ARN of the trail whose records are read, of all regions.
    access_role
        The ARN of the role with which Access Analyzer reads them.
    days
        How far back it reads.

    """

    principal: str
    trail: str
    access_role: str
    days: int


@dataclass(frozen=True)
class PolicyGeneration:
    """Generates policies. `sleep` waits for some seconds."""

    client: Any
    sleep: Callable[[float], None]

    def policies(self, wanted: Wanted, now: datetime) -> tuple[str, ...]:
        """Return the generated policies as JSON. Raises Retryable and Refused if there are none."""
        with raised("access-analyzer:StartPolicyGeneration"):
            started = self.client.start_policy_generation(
                policyGenerationDetails={"principalArn": wanted.principal},
                cloudTrailDetails={
                    "trails": [{"cloudTrailArn": wanted.trail, "allRegions": True}],
                    "accessRole": wanted.access_role,
                    "startTime": now - timedelta(days=wanted.days),
                    "endTime": now,
                },
            )
        found = self._waited(started["jobId"])
        return tuple(str(one["policy"]) for one in found.get("generatedPolicies", ()))

    def _waited(self, job: str) -> Mapping[str, Any]:
        for _ in range(TRIES):
            with raised("access-analyzer:GetGeneratedPolicy"):
                answer = self.client.get_generated_policy(
                    jobId=job, includeResourcePlaceholders=True, includeServiceLevelTemplate=False
                )
            details = answer["jobDetails"]
            if details["status"] == _DONE:
                result: Mapping[str, Any] = answer["generatedPolicyResult"]
                return result
            if details["status"] != _RUNS:
                error = details.get("jobError", {})
                why = f"{error.get('code', '')} {error.get('message', '')}".strip()
                raise Refused(f"the job of Access Analyzer is {details['status'].lower()}: {why}")
            self.sleep(EVERY)
        waited = counted(EVERY * TRIES // 60, "minute")
        raise Retryable(f"the job {job} of Access Analyzer did not end within {waited}")
