"""Addresses, names, ownership and canonical form."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.diagnostics import Diagnostic, Position, Severity, has_errors, in_reading_order, plainly, quoted
from idsync.model.addresses import access_list_address, lock_address, member_address, split_address, user_address
from idsync.model.canonical import (
    canonical_bytes,
    digest,
    digest_bytes,
    fingerprint,
    fingerprint_bytes,
)
from idsync.model.names import nfc, twin_key
from idsync.model.ownership import is_ours, our_labels
from idsync.model.resources import Membership, member, membership_of


@given(st.text())
def test_an_address_splits_into_kind_and_name_whatever_the_name(name: str) -> None:
    assert split_address(user_address(name)) == ("user", name)
    assert split_address(lock_address(name)) == ("lock", name)
    assert split_address(access_list_address(name)) == ("access_list", name)
    assert split_address(member_address("00g1", name)) == ("access_list_member", f"00g1/{name}")


def test_equal_values_have_equal_bytes_whatever_their_order() -> None:
    assert canonical_bytes({"b": 1, "a": {"d": 2, "c": 3}}) == b'{"a":{"c":3,"d":2},"b":1}'
    assert fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    assert digest({"b": 1}) == digest_bytes(b'{"b":1}')
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest([]))
    assert re.fullmatch("[0-9a-f]{32}", fingerprint([]))
    assert fingerprint([]) == fingerprint_bytes(b"[]")


@pytest.mark.parametrize(
    ("one", "other"),
    [("A", "a"), ("\u00e9", "e\u0301"), ("\u00c9", "e\u0301"), ("ß", "SS"), ("\u0345\u0301", "\u0301\u03b9")],
)
def test_twins_have_one_key(one: str, other: str) -> None:
    assert twin_key(one) == twin_key(other)


@given(st.text())
def test_every_spelling_of_a_name_has_its_key(name: str) -> None:
    assert twin_key(nfc(name)) == twin_key(name)
    assert twin_key(twin_key(name)) == twin_key(name)


def test_an_object_is_ours_only_by_both_labels() -> None:
    labels = our_labels("https://a")
    assert is_ours({**labels, "more": "x"}, "https://a")
    assert not is_ours(labels, "https://b")
    for name in labels:
        assert not is_ours({key: value for key, value in labels.items() if key != name}, "https://a")


def test_a_membership_is_the_same_as_a_resource() -> None:
    entry = Membership("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "why", "zoe")
    assert membership_of(member("00g1", "ann", entry)) == entry


def _diagnostic(line: int, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic("code", severity, "what", "why", "fix", Position("a.yaml", line, 1 if line else 0))


def test_diagnostics_are_shown_once_in_reading_order() -> None:
    found = in_reading_order([_diagnostic(2), _diagnostic(1), _diagnostic(2)])
    assert [str(item) for item in found] == ["a.yaml:1:1: error code: what", "a.yaml:2:1: error code: what"]
    assert str(_diagnostic(0)) == "a.yaml: error code: what"


def test_warnings_alone_do_not_stop_the_work() -> None:
    assert not has_errors([_diagnostic(1, Severity.WARNING)])
    assert has_errors([_diagnostic(1, Severity.WARNING), _diagnostic(2)])


def test_somebodys_text_is_harmless_in_a_message() -> None:
    assert quoted('a"b\n\x1b[2J') == r'"a\"b\n\x1b[2J"'
    assert plainly("x" * 100, 10) == "x" * 9 + "…"
