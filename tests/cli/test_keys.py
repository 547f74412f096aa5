"""`idsync keys`: keys in a folder, the newest of which signs, and whose public halves the service shows."""

import json
import stat
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idsync.bootstrap.workspace import open_workspace
from idsync.model.times import parse_time
from idsync.okta.auth import OAuthCredential
from tests.cli.running import Idsync

CONFIGURATION = """
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  app: {label: Teleport}
  auth: {oauth: {client_id: 0oa1enzo0001, private_key: {folder: keys}}}
  store: sqlite:///idsync.db
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [alice.bianchi@enzos-pizza.com]}
---
apiVersion: idsync/v1
kind: Service
spec: {public_url: https://idsync.enzos-pizza.com}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "idsync.yaml").write_text(CONFIGURATION)
    return tmp_path


def ids(place: Path) -> list[str]:
    """The keys that are there, the oldest first."""
    return sorted(path.stem for path in (place / "keys").glob("*.pem"))


def signing_key(place: Path) -> str | None:
    """The id of the key that signs requests to Okta now."""
    credential = open_workspace(place).secrets.credential()
    assert isinstance(credential, OAuthCredential)
    token = credential.key.sign({"sub": "me"}, {"kid": credential.key.key_id})
    jwt.decode(token, KeySet.import_key_set({"keys": open_workspace(place).public_keys()}), algorithms=["RS256"])
    return credential.key.key_id


def test_a_key_is_made_for_its_owner_alone_and_signs(idsync: Idsync, place: Path) -> None:
    made = idsync("keys", "create", "-c", place)
    assert (made.code, "https://idsync.enzos-pizza.com/.well-known/jwks.json" in made.err) == (0, True)
    [key_id] = ids(place)
    assert f"Made the key {key_id}." in made.out
    assert stat.S_IMODE((place / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "keys" / f"{key_id}.pem").stat().st_mode) == 0o600
    assert signing_key(place) == key_id
    assert idsync("validate", "--secrets", "-c", place).code == 0


def test_the_public_half_is_told_and_nothing_else(idsync: Idsync, place: Path) -> None:
    idsync("keys", "create", "-c", place)
    told = idsync("keys", "list", "--format", "json", "-c", place)
    [key] = json.loads(told.out)["keys"]
    assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}
    assert "PRIVATE" not in told.out


def test_the_key_before_stays_known_until_the_next_rotation(
    idsync: Idsync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idsync("keys", "create", "-c", place)
    [first] = ids(place)
    moments = iter(["2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z"])
    monkeypatch.setattr("idsync.bootstrap.workspace.Workspace.now", lambda _: parse_time(next(moments)))
    assert idsync("keys", "rotate", "-c", place).code == 0
    second = ids(place)[-1]
    assert ids(place) == [first, second]
    assert signing_key(place) == second
    listed = idsync("keys", "list", "-c", place).out.splitlines()
    assert [line.split()[0::2] for line in listed] == [[second, "signs"], [first, "known"]]
    gone = idsync("keys", "rotate", "-c", place)
    assert f"Removed {first}." in gone.out
    assert len(ids(place)) == 2
    assert signing_key(place) == ids(place)[-1] != second


def test_what_makes_no_sense_is_refused(idsync: Idsync, place: Path) -> None:
    assert "idsync keys create" in idsync("keys", "rotate", "-c", place).err
    assert f"`idsync keys create -c {place}` makes one" in idsync("keys", "list", "-c", place).out
    missing = idsync("validate", "--secrets", "-c", place)
    assert (missing.code, f"Make one: `idsync keys create -c {place}`" in missing.err) == (3, True)
    idsync("keys", "create", "-c", place)
    assert idsync("keys", "create", "-c", place).code == 64
    text = CONFIGURATION.replace("{folder: keys}", "{file: okta.pem}")
    (place / "idsync.yaml").write_text(text)
    assert "private_key: {folder: keys}" in idsync("keys", "list", "-c", place).err


def test_a_folder_holds_keys_and_nothing_else(idsync: Idsync, place: Path) -> None:
    text = CONFIGURATION.replace(
        "{oauth: {client_id: 0oa1enzo0001, private_key: {folder: keys}}}", "{api_token: {folder: keys}}"
    )
    (place / "idsync.yaml").write_text(text)
    assert idsync("validate", "-c", place).code == 3


def test_the_key_before_signs_too_until_okta_knows_the_new_one(idsync: Idsync, place: Path) -> None:
    idsync("keys", "create", "-c", place)
    first = open_workspace(place).secrets.credential()
    assert isinstance(first, OAuthCredential)
    assert [key.key_id for key in first.keys] == ids(place)
    idsync("keys", "rotate", "-c", place)
    both = open_workspace(place).secrets.credential()
    assert isinstance(both, OAuthCredential)
    assert [key.key_id for key in both.keys] == ids(place)[::-1]
    newest = open_workspace(place).secrets.credential(newest_alone=True)
    assert isinstance(newest, OAuthCredential)
    assert [key.key_id for key in newest.keys] == ids(place)[1:], "doctor asks whether Okta knows it"
    (place / "keys" / f"{ids(place)[0]}.pem").write_text("nonsense")
    left = open_workspace(place).secrets.credential()
    assert isinstance(left, OAuthCredential)
    assert [key.key_id for key in left.keys] == ids(place)[1:]
