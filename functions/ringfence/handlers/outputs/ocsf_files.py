"""Write what was done to a bucket, as JSON Lines of OCSF, in the layout of Amazon Security Lake.

One object holds the events of one entry of the audit log, and its name follows from the entry. So a repeated
message writes the same bytes to the same object.

https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources-best-practices.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.handlers.output import Errand, Output
from ringfence.model.call import Call, Permission
from ringfence.model.output_places import DAYS, EVENTS_BUCKET
from ringfence.model.remediation import Option
from ringfence.record.ocsf import FACTS, events
from ringfence.record.ocsf.layout import path_of
from ringfence.runbooks.countermeasures import technique_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.handlers.output import Site, Told
    from ringfence.model.call import SansIO

KEPT = Option(
    DAYS,
    ("365",),
    "After how many days an object is deleted. `0`: never.",
    pattern="0|[1-9][0-9]{0,4}",
)


def objects(told: Told) -> Iterator[tuple[str, bytes]]:
    """Yield the key and the content of each object, in order."""
    for response in told.since_each():
        if found := events(response, technique_ids):
            lines = "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in found)
            yield path_of(told.key, response[-1], found[0]), lines.encode("utf-8", "backslashreplace")


def _errands(told: Told, site: Site) -> tuple[Errand, ...]:
    return (Errand(site.home, site.region, lambda: _put(site.names[EVENTS_BUCKET], tuple(objects(told)))),)


def _put(bucket: str, files: tuple[tuple[str, bytes], ...]) -> SansIO[None]:
    for key, content in files:
        yield (
            Call(
                "s3",
                "PutObject",
                {"Bucket": bucket, "Key": key, "Body": content, "ContentType": "application/x-ndjson"},
            ),
        )


OUTPUT = Output(
    id="ocsf-files",
    title="What was done, as JSON Lines of OCSF in a bucket, in the layout of Amazon Security Lake",
    facts=FACTS,
    permissions=(
        Permission("s3:PutObject", (f"{{{EVENTS_BUCKET}}}/ext/*",), reason="each entry has its own object"),
    ),
    errands=_errands,
    options=(KEPT,),
    cost="one S3 PUT request for each change, each finding and each new status",
)
