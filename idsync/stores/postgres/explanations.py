"""PostgreSQL's errors in words that help. No message holds an address with a password in it, nor the password."""

import psycopg

from idsync.errors import StoreAway, StoreBusy, StoreError
from idsync.model.known_secrets import without_secrets

_AGAIN = "Nothing of this transaction was kept."
_GONE = (
    "does not answer any more",
    "The connection to its server broke. Of what was under way nothing was kept, unless it was just being completed.",
    "See that the server runs, and run the same command again: what was completed is not done twice.",
)
_NOT_READY = (
    "is not ready",
    "Its server is starting or shutting down.",
    "Wait a moment, and run the same command again.",
)
_TIMED_OUT = (
    "ended this transaction",
    f"This process was silent for too long in the middle of it, as one that was stopped is. {_AGAIN}",
    "Run the same command again.",
)
_DISTURBED = (
    "is in use by another process",
    f"Someone else was writing to the same rows. {_AGAIN}",
    "Run the same command again.",
)
_WAITED = (
    "is in use by another process",
    "Someone else is writing to it and did not finish in time.",
    "Try again when the other run has ended.",
)
_TEXT = (
    "refuses a text",
    "A name holds characters that are not text: NUL and halves of surrogate pairs cannot be kept.",
    "Rename what is called so.",
)
_PERMISSION = (
    "may not be used by this user",
    "The database user lacks a privilege.",
    "Let the user that connects own the schema `idsync`: CREATE SCHEMA idsync AUTHORIZATION that user; reading also "
    "needs TEMPORARY on the database where the store is of an earlier version, or still to be made.",
)
_NOT_WHOLE = (
    "is not whole",
    "A table is missing: the database was emptied, or a backup is being restored into it.",
    "Restore a backup to its end.",
)
_READ_ONLY = (
    "is read-only",
    "It was opened to be read, or its server is a standby.",
    "Connect to the primary server (target_session_attrs=read-write).",
)
_EXPLANATIONS = {
    "42P01": _NOT_WHOLE,
    "3F000": _NOT_WHOLE,
    "55P03": _WAITED,
    "40001": _DISTURBED,
    "40P01": _DISTURBED,
    "53100": (
        "cannot grow: the disk of its server is full",
        _AGAIN,
        "Free some space there and run the same command again.",
    ),
    "53200": ("is out of memory", f"Its server has none left. {_AGAIN}", "Look after the server, then run it again."),
    "53300": (
        "has no connection left",
        "Its server has as many connections as it allows.",
        "End some, raise `max_connections`, or put a pooler before it.",
    ),
    "57P03": _NOT_READY,
    "57014": ("cancelled a statement", f"A time limit of the server, or a person, ended it. {_AGAIN}", "Run it again."),
    "25P03": _TIMED_OUT,
    "25006": _READ_ONLY,
    "0A000": _READ_ONLY,  # a standby does not know how to begin what writes; we ask for nothing else that is new
    "42501": _PERMISSION,
    "54000": (
        "refuses a text that is too long",
        "A name holds more than some 2,700 bytes, which no index can hold.",
        "Shorten what is called so.",
    ),
    "22021": _TEXT,
    "26000": (
        "answers as another process",
        f"A pooler stands between that does not show itself, so statements were prepared in vain. {_AGAIN}",
        "Run the same command again: nothing is prepared on this connection any more.",
    ),
    "28P01": (
        "does not accept the password",
        "",
        "Correct it where it is kept: PGPASSWORD, ~/.pgpass or a service file.",
    ),
    "28000": ("does not let this user in", "", "Correct the user, or the server's pg_hba.conf."),
    "3D000": ("does not exist", "Its server has no database of that name.", "Create the database, or correct `store`."),
}
_CLASSES = {
    "08": _GONE,
    "40": _DISTURBED,
    "53": (
        "has run out of something",
        f"Its server says of what. {_AGAIN}",
        "Look after the server, then run it again.",
    ),
    "57": _GONE,
    "58": (
        "cannot be read or written",
        f"The system of its server reports an error. {_AGAIN}",
        "Look after the server and its disk, then run the same command again.",
    ),
    "XX": ("is damaged", "Its server finds its files malformed.", "Restore a backup."),
}
_BUSY = frozenset({"55P03", "40001", "40P01"})
# Of a connection that is refused the driver tells no code, only words.
_REFUSALS = {
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28000",
    "is not permitted to log in": "28000",
    "too many": "53300",
    "remaining connection slots": "53300",
    "the database system is": "57P03",
    "permission denied for database": "42501",
}
_UNREACHABLE = (
    "cannot be reached",
    "",
    "See that its server runs and can be reached from here; correct `store` if the address is another.",
)
_UNKNOWN = ("refuses a statement", "This should not happen.", "Report it, with the command that led to it.")
_FOR_GOOD = frozenset({_TEXT, _EXPLANATIONS["54000"], _UNKNOWN})
"""Where another try of the same comes to the same."""


def explained(error: Exception, label: str) -> StoreError:
    """A driver's error; `label` names the database to people."""
    code = getattr(error, "sqlstate", None) or ""
    if isinstance(error, UnicodeError) or (isinstance(error, psycopg.DataError) and not code):
        words = _TEXT
    elif code:
        words = _EXPLANATIONS.get(code) or _CLASSES.get(code[:2], _UNKNOWN)
    else:
        words = _GONE if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else _UNKNOWN
    return _said(error, label, words, StoreBusy if code in _BUSY else _kind(words))


def read_only(label: str) -> StoreError:
    """That a store which was opened to be read is not written to."""
    what, why, fix = _READ_ONLY
    return StoreError(f"The store {label} {what}.", why=why, fix=fix)


def refused(error: psycopg.Error, label: str) -> StoreError:
    """Why no connection was made."""
    said = str(error)
    code = error.sqlstate or next((code for words, code in _REFUSALS.items() if words in said), "")
    if not code and 'FATAL:  database "' in said:
        code = "3D000"
    if not code and 'FATAL:  role "' in said:
        code = "28000"
    words = _EXPLANATIONS.get(code, _UNREACHABLE)
    return _said(error, label, words, _kind(words))


def _kind(words: tuple[str, str, str]) -> type[StoreError]:
    return StoreError if words in _FOR_GOOD else StoreAway


def _said(error: Exception, label: str, words: tuple[str, str, str], kind: type[StoreError]) -> StoreError:
    what, why, fix = words
    # Of a text that cannot be encoded the error repeats the text, in whatever form.
    told = "" if isinstance(error, UnicodeError) else " ".join(without_secrets(str(error)).split())
    if told and not told.endswith("?"):
        told = f"{told.rstrip('.')}."
    why = " ".join(filter(None, (why, told and f"PostgreSQL says: {told}")))
    return kind(f"The store {label} {what}.", why=why, fix=fix, place=label)
