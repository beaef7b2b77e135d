"""Restore the logging of an account from the recorded baseline.

Its incidents do not end on their own, because they contain the baseline.
"""

from __future__ import annotations

from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.log_group import LogGroupRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.reviews import Review
from ringfence.model.runbook import Runbook
from ringfence.model.subject import LoggingRef
from ringfence.observations.logging.logging_subjects import PERMISSIONS, REVIEW, logging_subjects
from ringfence.runbooks import only, stage

RESTORE_LOGGING = Runbook(
    id="restore-logging",
    title="Restore the logging of an account",
    subject=LoggingRef,
    position=50,
    stages=(
        stage(
            "restore",
            "Restore logging and record the baseline",
            only("restart-trail", TrailRef),
            only("recreate-trail", TrailRef),
            only("restore-trail", TrailRef),
            only("restore-recorder", RecorderRef),
            only("restore-detector", DetectorRef),
            only("keep-log-key", KeyRef),
            only("report-log-group", LogGroupRef),
            "record-logging-baseline",
        ),
    ),
    review=Review(REVIEW, "rate(1 hour)", logging_subjects, PERMISSIONS),
)
