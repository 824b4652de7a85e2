"""Floor 1, record: one patient's FHIR resources as they came, and what the sender vouches for."""

from fourthstep.record.read import read_record, read_records
from fourthstep.record.record import Door, Record
from fourthstep.record.server import read_from_server

__all__ = ["Door", "Record", "read_from_server", "read_record", "read_records"]
