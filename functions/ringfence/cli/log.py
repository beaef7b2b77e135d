"""Access to the audit log for the commands that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.model.errors import BadInput, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.containments import ContainmentList
    from ringfence.aws.home import HomePlace
    from ringfence.aws.incidents import IncidentReader, Response
    from ringfence.cli.settings import Home
    from ringfence.record.chain import ChainKey

    Search = Callable[[str], tuple[ChainKey, ...]]
    """Returns the chains of the responses to an incident."""


def reader_of(home: Home) -> IncidentReader:
    """Return a reader of the audit table."""
    from ringfence.aws.incidents import IncidentReader

    return IncidentReader(cast("DynamoDBClient", home.place.client("dynamodb")), home.audit_table)


def containments_of(home: Home) -> ContainmentList:
    """Return the list of open contained incidents."""
    from ringfence.aws.containments import ContainmentList

    return ContainmentList(cast("DynamoDBClient", home.place.client("dynamodb")), home.control_table)


def archive_of(home: Home) -> S3Archive:
    """Return the archive."""
    from ringfence.aws.archive import S3Archive

    return S3Archive(cast("S3Client", home.place.client("s3")), home.archive_bucket)


def _of_deployment(reader: IncidentReader, place: HomePlace, incident: str) -> str:
    """Return what of the deployment has its record under this id. Empty if none or unknown."""
    try:
        found = reader.of_deployment(incident, place.owner())
    except RingfenceError:
        return ""
    return found[0].key.runbook if found else ""


def in_archive(home: Home) -> Search:
    """Return a search of the archive for commands that only show. An archive that fails has nothing.

    It leaves the records of the deployment itself out, which are no incidents.
    """
    from ringfence.aws.audit_items import DEPLOYMENT_CHAINS

    def search(incident: str) -> tuple[ChainKey, ...]:
        try:
            found = archive_of(home).of_incident(incident)
        except RingfenceError:
            return ()
        return tuple(one for one in found if one.runbook not in DEPLOYMENT_CHAINS)

    return search


def altered(reader: IncidentReader, responses: Iterable[Response]) -> tuple[str, ...]:
    """Return in words why lists do not show these responses as they should. Empty if they do."""
    return tuple(words for one in responses for words in reader.altered(one))


def tell_altered(words: Sequence[str]) -> None:
    """Say on standard error that somebody altered the table, and how to find what else was altered."""
    if words:
        from ringfence.cli.output import note

        note(*(f"TAMPERING: {one}" for one in words), command="ringfence audit verify --all")


def find(
    reader: IncidentReader, search: Search | None, incident: str, place: HomePlace
) -> tuple[Response, ...]:
    """Find the responses to an incident, given its id. Raises BadInput for an unknown incident.

    If the index has none, search the archive: somebody may have removed the incident from the index or from
    the table. The error about the id of a record of the deployment says what it is.
    """
    from ringfence.aws.incidents import Response
    from ringfence.cli.incident_ids import similar
    from ringfence.model.incident import check_incident

    found = reader.responses(check_incident(incident))
    if not found and search:
        found = tuple(Response(key, incident) for key in search(incident))
    if not found and (name := _of_deployment(reader, place, incident)):
        what = f"must be an incident, and this is the record of the deployment's {name}"
        raise BadInput("incident", f"{what}; see `ringfence audit verify {incident}`", incident)
    if not found:
        hint = similar(reader, incident)
        raise BadInput("incident", "must be in the audit log; see `ringfence incidents list`", incident, hint)
    return found
