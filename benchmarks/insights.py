"""How long insights take, and how much memory: `python -m benchmarks.insights --records 1000000`.

It generates files with known answers, searches them in another process, and prints the CPU time and the
highest resident memory of that process. It is not part of `make bench`: it takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ringfence.insights.activity.stories import call, user

KIB, FOUND = 1024, 3
EVERY = 1000
"""One of so many records belongs to an attack, and one of so many flows to a beacon."""
_START = datetime(2026, 11, 2, tzinfo=UTC)
_NAMES = (
    "ec2:DescribeInstances",
    "s3:GetBucketAcl",
    "lambda:ListFunctions20150331",
    "logs:DescribeLogGroups",
)


def write_records(path: Path, number: int) -> None:
    """Write records of CloudTrail of 200 users over a day, of which a few remove MFA devices."""
    chosen = random.Random(7)  # noqa: S311 - no secret
    users = [user(f"user-{one}", f"AKIA{one:016d}") for one in range(200)]
    texts = [json.dumps(call(name, {}, by=one)) for one in users for name in _NAMES]
    attack = json.dumps(call("iam:DeactivateMFADevice", {"userName": "bob"}))
    before = '"eventTime": "2026-11-02T09:00:00Z"'
    with path.open("w", encoding="utf-8") as file:
        for one in range(number):
            text = attack if one % EVERY == 0 else chosen.choice(texts)
            at = f"{_START + timedelta(seconds=86400 * one / number):%Y-%m-%dT%H:%M:%SZ}"
            ids = (f'"eventTime": "{at}"', f'"eventID": "{one:08x}-0000-0000-0000-000000000000"')
            text = text.replace(before, ids[0])
            head, _, tail = text.partition('"eventID": "')
            file.write(f"{head}{ids[1]}{tail[37:]}\n")


def write_flows(path: Path, number: int) -> None:
    """Write lines of flow logs over a day, of which one address is a beacon."""
    chosen = random.Random(7)  # noqa: S311 - no secret
    start = int(_START.timestamp())
    with path.open("w", encoding="utf-8") as file:
        for one in range(number):
            at = start + 86400 * one // number
            if one % EVERY == 0:
                ends = f"10.0.0.7 203.0.113.9 50000 443 6 9 900 {start + 60 * (one // EVERY)}"
                file.write(f"2 111122223333 eni-1 {ends} {start + 60 * (one // EVERY) + 5} ACCEPT OK\n")
                continue
            inside, outside = chosen.randrange(250), chosen.randrange(60000)
            ends = (
                f"10.0.1.{inside} 198.18.{outside // 250}.{outside % 250} {40000 + one % 9999} 443 6 20 5000"
            )
            file.write(f"2 111122223333 eni-2 {ends} {at} {at + 60} ACCEPT OK\n")


def measured(*words: str) -> tuple[float, float, int]:
    """Run a command. Return its seconds of CPU, its highest memory in MiB, and its number of rows."""
    code = "from ringfence.cli.main import main; main()"
    with tempfile.TemporaryFile() as out:
        running = subprocess.Popen([sys.executable, "-c", code, *words], stdout=out)
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode not in {0, FOUND}:
            raise SystemExit(f"exit code {running.returncode}")
        out.seek(0)
        return used.ru_utime + used.ru_stime, used.ru_maxrss / KIB, len(out.readlines())


def main() -> None:
    """Generate, search and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=0, help="the number of CloudTrail's records")
    parser.add_argument("--flows", type=int, default=0, help="the number of lines of flow logs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for kind, number, write in (
            ("activity", given.records, write_records),
            ("network", given.flows, write_flows),
        ):
            if number:
                path = Path(folder) / f"{kind}.log"
                write(path, number)
                size = path.stat().st_size / KIB**2
                seconds, memory, rows = measured("insights", kind, str(path))
                used = f"{seconds:.0f} s of CPU, {memory:.0f} MiB of memory"
                print(f"{kind}: {number} lines, {size:.0f} MiB, {rows} rows, {used}")
                path.unlink()


if __name__ == "__main__":
    main()
