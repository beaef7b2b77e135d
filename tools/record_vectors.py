"""Generate docs/record-format.json: test vectors for verifiers of the audit log."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

from ringfence.aws.archive_objects import object_key
from ringfence.model.incident import incident_id
from ringfence.record.chain import ChainKey, Stamp, digest, link
from ringfence.record.facts import RunRequested
from ringfence.record.merkle import leaf_hash
from ringfence.record.seal import SealKey
from ringfence.record.tlog import Leaf
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.log_reading import leaves_of
from tests.support.fakes.memory_clients import Clock

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY = ChainKey("contain-instance", "instance/111122223333/eu-west-1/i-0123456789abcdef0")
INCIDENT = incident_id(AT, "a finding")


def vectors() -> dict[str, object]:
    """Return the vectors: two entries, one of them sealed, in the archive and in a log of two checkpoints."""
    home = LogHome()
    home.clock.now = Clock(AT).now
    reasons = (RunRequested("run", "a reason with \u00e9 and \u2014"), RunRequested("run", "another"))
    first, second = link(Stamp(KEY, INCIDENT, "ringfence", "attempt-1", AT), None, reasons)
    entries = (first, replace(second, mac=SealKey("label", bytes(32)).mac(KEY, second)))
    checkpoints = []
    for entry in entries:
        with redirect_stdout(StringIO()):  # the metrics
            home.write(KEY, entry)
            home.publish()
        checkpoints.append(home.files.checkpoint(next(home.files.checkpoints())))
        home.clock.wait(minutes=10)
    objects = {
        name: home.s3.objects[name][0]["Body"].decode()
        for name in (object_key(KEY.text, INCIDENT, one.seq) for one in entries)
    }
    files = {
        name: kept[0]["Body"].hex() for name, kept in home.s3.objects.items() if name.startswith("log/tile/")
    }
    leaves = leaves_of(home)
    return {
        "entries": [
            {
                "chain": KEY.text,
                "entry": f"{INCIDENT}#{one.seq:06d}",
                "body": one.body,
                "hash": digest(one.body),
                "mac": one.mac,
                "leaf": Leaf.of(KEY.text, f"{INCIDENT}#{one.seq:06d}", one).text,
                "leaf_hash": leaf_hash(leaves[one.seq].encode()).hex(),
            }
            for one in entries
        ],
        "archive": objects,
        "log_in_hexadecimal": dict(sorted(files.items())),
        "verifier_key": home.signer.key.text,
        "checkpoints": checkpoints,
    }


def document() -> str:
    """Return the page."""
    return json.dumps(vectors(), indent=2, sort_keys=True) + "\n"
