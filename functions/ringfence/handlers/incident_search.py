"""Find every response to an incident, also one that somebody removed from the index of the audit table.

The index contains the items with the attribute `month`. Somebody who can write to the table can remove it.
The index then lacks the response, although each of its entries is unchanged. The archive has its objects by
incident, and nobody can remove their versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import DEPLOYMENT_CHAINS
from ringfence.aws.incidents import Response
from ringfence.handlers.logs import logger
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.incidents import IncidentReader
    from ringfence.record.chain import ChainKey


@dataclass(frozen=True)
class IncidentSearch:
    """Reads the index, the archive and the table.

    Attributes
    ----------
    reader : IncidentReader
        Reads the table and its index.
    archive : function
        Returns the archive. It can raise a RingfenceError if nobody knows where it is.
    """

    reader: IncidentReader
    archive: Callable[[], S3Archive]

    def keys(self, incident: str) -> tuple[ChainKey, ...]:
        """Return the chains of the responses to an incident: those in the index, then those it lacks.

        Without the archive, these are those in the index. A release must not depend on S3.
        """
        listed = (one.key for one in self.reader.responses(incident))
        return tuple(dict.fromkeys((*listed, *self._archived(incident))))

    def chains(self, incident: str, home: str) -> tuple[ChainKey, ...]:
        """Return the same, or the chain of the deployment with this id. `home` is the home account."""
        return self.keys(incident) or tuple(one.key for one in self.reader.of_deployment(incident, home))

    def altered(self, keys: Iterable[ChainKey], incident: str) -> tuple[str, ...]:
        """Return in words why the index does not list these responses. Empty if it lists all of them.

        The items are read consistently. A response that the index does not have yet is not altered.
        """
        return tuple(words for key in keys for words in self.reader.altered(Response(key, incident)))

    def _archived(self, incident: str) -> tuple[ChainKey, ...]:
        try:
            found = self.archive().of_incident(incident)
        except RingfenceError as error:
            logger().warning("the archive is not searched", extra={"incident": incident, "error": str(error)})
            return ()
        return tuple(one for one in found if one.runbook not in DEPLOYMENT_CHAINS)
