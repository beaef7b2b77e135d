"""Flow logs of VPCs."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import NetworkRef, RecordedCalls, in_request, in_response


@value
class FlowLogRef(NetworkRef):
    """A flow log, which can be deleted already. Its settings are then read from records."""

    kind: ClassVar = "flow-log"
    form: ClassVar = "a flow log's id, fl- and 8 or 17 hexadecimal digits"
    pattern: ClassVar = re.compile(r"fl-(?:[0-9a-f]{8}|[0-9a-f]{17})")
    example: ClassVar = "fl-0a1b2c3d4e5f60718"
    arn_form: ClassVar = "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}"
    calls: ClassVar = (
        RecordedCalls(
            "ec2",
            ("DeleteFlowLogs",),
            in_request("DeleteFlowLogsRequest.FlowLogId"),
            failed=in_response("DeleteFlowLogsResponse.unsuccessful.item.resourceId"),
        ),
    )
    records_activity: ClassVar = True
