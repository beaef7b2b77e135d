"""What the transparency log in memory contains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.tlog import unpacked

if TYPE_CHECKING:
    from tests.support.fakes.log_home import LogHome

FOLDER = "log/tile/entries/"


def leaves_of(home: LogHome) -> list[str]:
    """Return what the largest bundles contain in their first versions, in order."""
    bundles: dict[str, list[str]] = {}
    for path in home.s3.objects:
        if path.startswith(FOLDER):
            data = next(home.files.versions(path.removeprefix("log/")))
            found = [one.decode() for one in unpacked(data)]
            number = path.removeprefix(FOLDER).partition(".p")[0]
            bundles[number] = max(bundles.get(number, []), found, key=len)
    return [leaf for number in sorted(bundles) for leaf in bundles[number]]
