"""Tokens: told once, kept as a digest, replaced while both are good, revoked."""

from pathlib import Path

from tests.cli.running import Idsync


def made(idsync: Idsync, org: Path, *arguments: str) -> dict[str, str]:
    """What creating or rotating a token prints as JSON."""
    told = idsync("scim", "token", *arguments, "--format", "json", "-c", org).json
    assert isinstance(told, dict)
    return told


def listed(idsync: Idsync, org: Path) -> list[dict[str, str]]:
    """Every token."""
    rows = idsync("scim", "token", "list", "--format", "json", "-c", org).json
    assert isinstance(rows, list)
    return rows


def test_a_token_is_told_once_and_kept_nowhere(idsync: Idsync, org: Path) -> None:
    told = made(idsync, org, "create")
    assert told["base_url"] == "http://127.0.0.1:8080/scim/v2/okta"
    assert (told["identifier_field"], told["name"]) == ("userName", "okta")
    assert told["token"].startswith("idsync_")
    assert told["token"] not in idsync("scim", "token", "list", "-c", org).out
    for file in org.iterdir():
        assert told["token"].encode() not in file.read_bytes()


def test_both_tokens_are_good_until_the_old_one_is_revoked(idsync: Idsync, org: Path) -> None:
    first = made(idsync, org, "create", "--expires", "365d")
    second = made(idsync, org, "rotate")
    assert first["token"] != second["token"]
    rows = listed(idsync, org)
    assert [row["state"] for row in rows] == ["good", "good"]
    ambiguous = idsync("scim", "token", "revoke", "okta", "-c", org)
    assert (ambiguous.code, "2 tokens are called 'okta'" in ambiguous.err) == (64, True)
    assert idsync("scim", "token", "revoke", rows[0]["id"], "-c", org).code == 0
    assert sorted(row["state"] for row in listed(idsync, org)) == ["good", "revoked"]
    assert idsync("scim", "token", "revoke", "okta", "-c", org).code == 0


def test_a_name_stands_for_one_client(idsync: Idsync, org: Path) -> None:
    made(idsync, org, "create")
    again = idsync("scim", "token", "create", "-c", org)
    assert (again.code, "rotate okta" in again.err) == (64, True)
    missing = idsync("scim", "token", "rotate", "okto", "-c", org)
    assert (missing.code, 'Did you mean "okta"?' in missing.err) == (64, True)


def test_what_cannot_be_a_token_is_refused(idsync: Idsync, org: Path) -> None:
    assert idsync("scim", "token", "create", "--expires", "soon", "-c", org).code == 64
    assert idsync("scim", "token", "create", "--name", " ", "-c", org).code == 64
    assert idsync("scim", "token", "create", "--name", "a\nb", "-c", org).code == 64
    assert listed(idsync, org) == []
    assert "There are no tokens" in idsync("scim", "token", "list", "-c", org).out
