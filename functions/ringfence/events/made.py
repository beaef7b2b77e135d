"""Events in the form in which EventBridge delivers them, made of what their source has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def event(
    kind: tuple[str, str], place: tuple[str, str], at: str, detail: Mapping[str, object], id_: str = ""
) -> Mapping[str, object]:
    """Return an event.

    Parameters
    ----------
    kind
        Its `source` and its `detail-type`.
    place
        The account and the region.
    at
        Its time, as text.
    detail
        What the source says.
    id_
        The id of the event. Ringfence takes none from it.
    """
    return {
        "version": "0",
        "id": id_,
        "source": kind[0],
        "detail-type": kind[1],
        "account": place[0],
        "region": place[1],
        "time": at,
        "resources": [],
        "detail": detail,
    }
