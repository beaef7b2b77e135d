"""Which techniques of D3FEND a recorded step belongs to, as its remediation declares them."""

from __future__ import annotations

from functools import cache

from ringfence.model.codec import recorded_name
from ringfence.model.resource_names import runbook_ids
from ringfence.model.runbook import unique
from ringfence.runbooks import runbook


@cache
def technique_ids(runbook_id: str, stage: str, step: str) -> tuple[str, ...]:
    """Return the ids of the techniques of a step. Empty if it has none, or if this version does not know it.

    Parameters
    ----------
    runbook_id, stage : str
        The runbook and the stage that the log names. Both can be those of another version.
    step : str
        The recorded name of the class of the step.

    Examples
    --------
    >>> technique_ids("contain-instance", "isolate", "SetSecurityGroups")
    ('D3-NI', 'D3-NTF')
    """
    if runbook_id not in runbook_ids():
        return ()
    stages = (one for one in runbook(runbook_id).stages if one.id == stage)
    remediations = (remediation for one in stages for remediation in one.remediations)
    takes = (one for one in remediations if step in map(recorded_name, one.steps))
    return unique(technique for one in takes for technique in one.countermeasures)
