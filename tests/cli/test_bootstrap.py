"""The composition root: which source, store and secret a configuration means."""

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.errors import ConfigError, SecretError, StoreError
from idsync.sources.okta.source import OktaSource
from idsync.sources.protocol import silent
from idsync.sources.snapshot import SnapshotSource
from idsync.stores.protocol import Access

HEAD = """
apiVersion: idsync/v1
kind: Integration
spec:
  org_url: https://enzos-pizza.okta.com
  app: {label: Teleport}
  sync: {access_lists: false}
"""
TOKEN = "  auth: {api_token: {env: OKTA_API_TOKEN}}\n"
OAUTH = "  auth: {oauth: {client_id: 0oa1, private_key: {file: okta.pem}, key_id: k1}}\n"


def _workspace(folder: Path, more: str, environment: dict[str, str] | None = None) -> Workspace:
    (folder / "idsync.yaml").write_text(HEAD + more)
    opened = open_workspace(folder)
    return Workspace(opened.settings, opened.directory, opened.warnings, environment or {})


def test_okta_is_read_with_the_token_that_the_environment_holds(tmp_path: Path) -> None:
    place = _workspace(tmp_path, TOKEN, {"OKTA_API_TOKEN": "00secret"})
    for everything in (True, False):
        assert isinstance(place.source(silent, everything=everything), OktaSource)


def test_okta_is_read_with_the_private_key_beside_the_configuration(tmp_path: Path) -> None:
    key = tmp_path / "okta.pem"
    place = _workspace(tmp_path, OAUTH)
    with pytest.raises(SecretError):
        place.source(silent)
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    key.chmod(0o600)
    assert isinstance(place.source(silent), OktaSource)


def test_a_missing_secret_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(SecretError) as refusal:
        _workspace(tmp_path, TOKEN).source(silent)
    assert str(refusal.value.position) == "idsync.yaml:8:27"


def test_a_snapshot_stands_in_for_whatever_is_configured(tmp_path: Path) -> None:
    place = _workspace(tmp_path, TOKEN)
    assert isinstance(place.source(silent, snapshot=tmp_path / "x.json"), SnapshotSource)


@pytest.mark.parametrize("url", ["sqlite:///state/my.db", "sqlite:///{}/access/state/my.db"])
def test_relative_paths_are_relative_to_the_configuration(url: str, tmp_path: Path) -> None:
    (tmp_path / "access" / "state").mkdir(parents=True)
    place = _workspace(tmp_path / "access", TOKEN + f"  store: {url.format(tmp_path)}\n")
    with place.store(Access.WRITE):
        assert (tmp_path / "access" / "state" / "my.db").exists()


def test_a_store_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    place = _workspace(tmp_path, TOKEN)
    with place.store(Access.READ) as store:
        assert place.target(store).state().users == {}
    with pytest.raises(StoreError), place.store(Access.REMEMBER):
        pass
    assert not place.has_store()
    with place.store(Access.WRITE):
        assert place.has_store()


def test_a_configuration_that_is_wrong_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        open_workspace(tmp_path)
    assert refusal.value.diagnostics


def test_the_time_has_whole_seconds(tmp_path: Path) -> None:
    assert _workspace(tmp_path, TOKEN).now().microsecond == 0
