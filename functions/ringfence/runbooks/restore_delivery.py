"""Switch on Ringfence's own resources again that somebody switched off."""

from __future__ import annotations

from ringfence.model.kinds.event_rule import EventRuleRef
from ringfence.model.kinds.event_source_mapping import EventSourceMappingRef
from ringfence.model.kinds.function import FunctionRef
from ringfence.model.reviews import Review
from ringfence.model.runbook import Runbook
from ringfence.model.subject import DeliveryRef
from ringfence.observations.delivery.listing import PERMISSIONS, REVIEW, switched_off_subjects
from ringfence.runbooks import only, stage

RESTORE_DELIVERY = Runbook(
    id="restore-delivery",
    title="Restore the delivery of events to Ringfence",
    subject=DeliveryRef,
    position=55,
    stages=(
        stage(
            "restore",
            "Switch on what somebody switched off",
            only("enable-event-rule", EventRuleRef),
            only("enable-event-source-mapping", EventSourceMappingRef),
            only("restore-concurrency", FunctionRef),
        ),
    ),
    closes_when_complete=True,
    review=Review(REVIEW, "rate(1 hour)", switched_off_subjects, PERMISSIONS),
)
