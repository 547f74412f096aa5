"""Holds documents against the published schema; `schema_complaints.py` puts what does not fit into words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from idsync.config.codes import NOT_A_DOCUMENT
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Mapping, Node, find, key_position, plain, text_of
from idsync.config.schema_complaints import Complaint
from idsync.diagnostics import quoted

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_FITTING: set[bytes] = set()
"""Digests of documents that fit, of one version of the program: the schema is a part of it."""
_REMEMBERED = 1000


def schema_text() -> str:
    """Return the published schema, as JSON."""
    return Path(__file__).with_name("config.v1.schema.json").read_text("utf-8")


@cache
def _validator() -> Draft202012Validator:
    # Imported here: it takes longer than everything else in this package, and `--help` needs none of it.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(_: object, expression: str, instance: object, __: object) -> Iterator[ValidationError]:
        """In a schema `$` is the end of the text; Python's also stands before a last line break."""
        exact = re.sub(r"\$\Z", r"\\Z", expression)
        if isinstance(instance, str) and not re.search(exact, instance):
            yield ValidationError("does not match")

    validator: Draft202012Validator = extend(Draft202012Validator, {"pattern": pattern})(_schema())  # type: ignore[no-untyped-call]
    return validator


@cache
def _schema() -> dict[str, Any]:
    return cast("dict[str, Any]", msgspec.json.decode(schema_text()))


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds that the schema knows."""
    return tuple(_schema()["properties"]["kind"]["enum"])


def check_document(document: Node, mistakes: Mistakes) -> bool:
    """Note everything in which a document does not fit the schema. Tell whether it is a document of a kind we know."""
    if not isinstance(document, Mapping) or not {"apiVersion", "kind"} & document.entries.keys():
        mistakes.add(
            NOT_A_DOCUMENT, document.position, "this is not an idsync document: it has neither apiVersion nor kind"
        )
        return False
    version, kind = (text_of(find(document, key)) for key in ("apiVersion", "kind"))
    if kind not in kinds() and version is not None and not version.startswith("idsync/"):
        place = key_position(document, "apiVersion") or document.position
        mistakes.add(NOT_A_DOCUMENT, place, f"this is not an idsync document: its apiVersion is {quoted(version)}")
        return False
    for error in _errors(plain(document)):
        if mistakes.full:
            break
        Complaint(error, document, mistakes).explain()
    return kind in kinds()


def _errors(document: object) -> Iterator[ValidationError]:
    """In what a document does not fit. One that fits is looked at once: a configuration that is applied already is read
    twice by each pass, and it is most of what reading takes.
    """
    digest = hashlib.sha256(repr(document).encode("utf-8", "surrogatepass")).digest()
    if digest in _FITTING:
        return
    fits = True
    for error in _validator().iter_errors(document):
        fits = False
        yield error
    if fits:
        if len(_FITTING) == _REMEMBERED:
            _FITTING.clear()
        _FITTING.add(digest)
