"""The tables in a bundle for people: made from its entries, so that a verification can make them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import DEPLOYMENT_CHAINS
from ringfence.cli.bundle_form import DECISIONS, RESPONSES
from ringfence.cli.decision_rows import COLUMNS, decision_rows
from ringfence.cli.export_rows import RESPONSE_COLUMNS, csv_row, response_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.record.chain import Entry


@dataclass
class Views:
    """The rows of the tables so far. Their size is that of the tables, and not of the entries."""

    responses: list[str] = field(default_factory=lambda: [csv_row(RESPONSE_COLUMNS)])
    decisions: list[str] = field(default_factory=lambda: [csv_row(COLUMNS)])

    def add(self, chain: str, entries: Sequence[Entry]) -> None:
        """Add a response, or what is recorded of the deployment. Raises BadInput for unreadable entries."""
        self.decisions += map(csv_row, decision_rows(entries))
        if chain.partition("#")[0] not in DEPLOYMENT_CHAINS:
            self.responses.append(csv_row(response_row(entries)))

    def files(self) -> dict[str, bytes]:
        """Return the tables by the names of their files."""
        tables = {RESPONSES: self.responses, DECISIONS: self.decisions}
        return {name: "".join(f"{row}\r\n" for row in rows).encode() for name, rows in tables.items()}
