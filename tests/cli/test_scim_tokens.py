"""Tokens: told once, kept as a digest, replaced while both are good, revoked."""

from pathlib import Path

import pytest

from idsync.model.times import parse_time
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


def test_it_is_told_that_nobody_may_push_before_scim_is_switched_on_and_applied(idsync: Idsync, org: Path) -> None:
    assert "has SCIM switched off" in idsync("scim", "token", "create", "-c", org).err
    configured = org / "idsync.yaml"
    both = "auth: {api_token: {env: OKTA_API_TOKEN}}\n  sync: {scim: true}"
    configured.write_text(configured.read_text().replace("source: {snapshot: {path: snapshot.json}}", both, 1))
    assert "has SCIM switched off" in idsync("scim", "token", "rotate", "-c", org).err
    assert idsync("apply", "-c", org, "--snapshot", org / "snapshot.json", "--auto-approve").code == 0
    assert "has SCIM switched off" not in idsync("scim", "token", "create", "--name", "more", "-c", org).err


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
    assert (again.code, f"rotate -c {org} okta`" in again.err) == (64, True)
    missing = idsync("scim", "token", "rotate", "okto", "-c", org)
    assert (missing.code, 'Did you mean "okta"?' in missing.err) == (64, True)


def test_what_cannot_be_a_token_is_refused(idsync: Idsync, org: Path) -> None:
    assert idsync("scim", "token", "create", "--expires", "soon", "-c", org).code == 64
    assert idsync("scim", "token", "create", "--name", " ", "-c", org).code == 64
    assert idsync("scim", "token", "create", "--name", "a\nb", "-c", org).code == 64
    assert listed(idsync, org) == []
    assert "No token was made yet" in idsync("scim", "token", "list", "-c", org).out


def days(row: dict[str, str]) -> float | None:
    """For how many days a token was made; None without an end."""
    ends = row["ends"]
    return None if not ends else (parse_time(ends) - parse_time(row["created"])).total_seconds() / 86400


@pytest.mark.parametrize(
    ("created", "rotated", "expected"),
    [
        (["--expires", "365d"], [], 365),
        (["--expires", "36h"], [], 1.5),
        ([], [], None),
        (["--expires", "never"], [], None),
        (["--expires", "365d"], ["--expires", "90d"], 90),
        (["--expires", "365d"], ["--expires", "never"], None),
        ([], ["--expires", "90d"], 90),
    ],
)
def test_a_token_that_replaces_another_is_good_for_as_long_unless_told_otherwise(
    idsync: Idsync, org: Path, created: list[str], rotated: list[str], expected: float | None
) -> None:
    made(idsync, org, "create", *created)
    (old,) = listed(idsync, org)
    made(idsync, org, "rotate", *rotated)
    (new,) = (row for row in listed(idsync, org) if row["id"] != old["id"])
    assert days(new) == expected


def test_a_token_lasts_as_long_as_the_newest_that_is_good(idsync: Idsync, org: Path) -> None:
    made(idsync, org, "create", "--expires", "365d")
    known = {row["id"] for row in listed(idsync, org)}
    made(idsync, org, "rotate", "--expires", "30d")
    (second,) = (row["id"] for row in listed(idsync, org) if row["id"] not in known)
    assert idsync("scim", "token", "revoke", second, "-c", org).code == 0
    known.add(second)
    made(idsync, org, "rotate")
    (third,) = (row for row in listed(idsync, org) if row["id"] not in known)
    assert days(third) == 365
