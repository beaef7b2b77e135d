"""What a bundle contains for people and for other systems.

It is made from the entries of the bundle, so that a verification can make it again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import DEPLOYMENT_CHAINS
from ringfence.cli.bundle_form import DECISIONS, PAGE, RESPONSES
from ringfence.cli.bundle_page import BundlePage
from ringfence.cli.decision_rows import COLUMNS, decision_rows
from ringfence.cli.export_rows import RESPONSE_COLUMNS, csv_row, response_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringfence.record.chain import Entry


@dataclass
class Views:
    """The rows of the tables and of the page so far. Their size is that of the tables, not of the entries."""

    responses: list[str] = field(default_factory=lambda: [csv_row(RESPONSE_COLUMNS)])
    decisions: list[str] = field(default_factory=lambda: [csv_row(COLUMNS)])
    page: BundlePage = field(default_factory=BundlePage)

    def add(self, chain: str, entries: Sequence[Entry]) -> None:
        """Add a response, or what is recorded of the deployment. Raises BadInput for unreadable entries."""
        decided = tuple(decision_rows(entries))
        self.decisions += map(csv_row, decided)
        self.page.add_decisions(decided)
        if not _is_of_deployment(chain):
            row = response_row(entries)
            self.responses.append(csv_row(row))
            self.page.add_response(row, entries)

    def files(self, scope: str) -> dict[str, bytes]:
        """Return the tables and the page by the names of their files. `scope`: what the bundle contains."""
        tables = {RESPONSES: self.responses, DECISIONS: self.decisions}
        made = {name: "".join(f"{row}\r\n" for row in rows).encode() for name, rows in tables.items()}
        return {**made, PAGE: self.page.text(scope).encode()}


def events_of(chains: Mapping[str, Sequence[Entry]]) -> bytes:
    """Return the events of OCSF of an incident, one on each line. `chains` are its responses.

    Raises BadInput for unreadable entries.
    """
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.record.ocsf import all_events
    from ringfence.runbooks.countermeasures import technique_ids

    responses = (entries for chain, entries in sorted(chains.items()) if not _is_of_deployment(chain))
    events = (event for entries in responses for event in all_events(entries, technique_ids))
    return "".join(f"{json.dumps(event)}\n" for event in events).encode()


def _is_of_deployment(chain: str) -> bool:
    return chain.partition("#")[0] in DEPLOYMENT_CHAINS
