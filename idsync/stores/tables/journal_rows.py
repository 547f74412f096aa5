"""How entries stand in the journal's rows: canonical JSON, an array where several share a row."""

import msgspec

from idsync.model.journal import Entry
from idsync.model.journal_schema_1 import OldEntry, as_today

_DECODER = msgspec.json.Decoder(Entry | OldEntry)
_PAGE_DECODER = msgspec.json.Decoder(list[Entry | OldEntry])


def entries_in(row: bytes) -> list[Entry]:
    """The entries of a row; raises msgspec.DecodeError or UnicodeDecodeError."""
    return list(map(as_today, _PAGE_DECODER.decode(row) if row.startswith(b"[") else [_DECODER.decode(row)]))
