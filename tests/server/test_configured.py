"""The files of a running service that change underneath it."""

import pickle
from contextlib import nullcontext
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.config.secret_references import EnvironmentSecret
from idsync.config.settings import ApiToken
from idsync.errors import ConfigError, StoreAway
from idsync.reconcile.applied_configuration import AppliedConfiguration, configuration_to_remember
from idsync.server.configured import Configured, refuse_another, refuse_foreign_store
from idsync.server.running import tell_address, tell_if_new, tell_missing_secrets
from idsync.server.serving import Listening
from idsync.sources.protocol import silent
from idsync.stores.protocol import Access
from tests.server.conftest import served

_SPEC = "org_url: https://x.okta.com"
_FILES = """apiVersion: idsync/v1
kind: Integration
metadata: {name: NAME}
spec: {org_url: https://x.okta.com, source: {scim: {}}, store: STORE}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [ann@x.com]}
---
apiVersion: idsync/v1
kind: Service
spec: {tick: TICK}
"""


def write(
    folder: Path, *, name: str = "okta", store: str = "sqlite:///a.db", tick: str = "10s", spec: str = _SPEC
) -> None:
    """Write the configuration."""
    text = _FILES.replace("NAME", name).replace("STORE", store).replace("TICK", tick).replace(_SPEC, spec)
    (folder / "idsync.yaml").write_text(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("store", "sqlite:///b.db"),
        ("store", "postgresql://host/idsync"),
        ("store", "{env: IDSYNC_STORE}"),
        ("name", "other"),
    ],
)
def test_another_store_or_integration_is_not_taken_by_a_running_service(tmp_path: Path, key: str, value: str) -> None:
    write(tmp_path)
    configured = Configured(open_workspace(tmp_path), tmp_path)
    write(tmp_path, tick="20s", **{key: value})
    with pytest.raises(ConfigError, match="than this service began with"):
        configured.reload()
    assert configured.files.settings.service.tick == 10, "nothing of it is taken"
    write(tmp_path, tick="20s")
    configured.reload()
    assert configured.files.settings.service.tick == 20


@pytest.mark.parametrize("store", ["{env: IDSYNC_STORE}", "{file: store.txt}", "sqlite:///a.db"])
def test_a_store_that_stands_on_another_line_is_the_same(tmp_path: Path, store: str) -> None:
    write(tmp_path, store=store)
    configured = Configured(open_workspace(tmp_path), tmp_path)
    file = next(tmp_path.glob("*.yaml"))
    file.write_text(f"# One more line.\n{file.read_text()}")
    configured.reload()
    assert configured.files.settings.integration.position.line > 1


def test_a_process_that_is_started_again_is_told_what_the_service_began_with(tmp_path: Path) -> None:
    write(tmp_path)
    began = open_workspace(tmp_path).settings.integration
    there = pickle.loads(pickle.dumps(began))
    refuse_another(there, open_workspace(tmp_path).settings.integration)
    write(tmp_path, store="sqlite:///b.db")
    with pytest.raises(ConfigError):
        refuse_another(there, open_workspace(tmp_path).settings.integration)


@pytest.mark.parametrize(
    ("name", "spec", "is_another"),
    [
        ("other", "org_url: https://y.okta.com", True),
        ("other", "org_url: https://y.okta.com, former_org_urls: [https://x.okta.com]", False),
        ("other", _SPEC, False),
        ("okta", "org_url: https://y.okta.com", False),
    ],
)
def test_r36_a_service_does_not_begin_in_the_store_of_another_integration(
    tmp_path: Path, name: str, spec: str, is_another: bool
) -> None:
    write(tmp_path)
    files = open_workspace(tmp_path)
    with files.store(Access.WRITE) as store:
        refuse_foreign_store(files, store)
        applied = AppliedConfiguration(files.settings.digest, files.files)
        store.facts.put(configuration_to_remember(applied, store.facts, files.target(store)))
        refuse_foreign_store(files, store)
        write(tmp_path, name=name, spec=spec)
        with pytest.raises(ConfigError, match="that of the integration okta") if is_another else nullcontext():
            refuse_foreign_store(open_workspace(tmp_path), store)


def _applied(files: Workspace) -> Workspace:
    """The same, once it was applied."""
    with files.store(Access.WRITE) as store:
        applied = AppliedConfiguration(files.settings.digest, files.files)
        store.facts.put(configuration_to_remember(applied, store.facts, files.target(store)))
    return files


def _in_force(files: Workspace) -> Workspace:
    with files.store(Access.READ) as store:
        return files.in_force(store)[0]


def test_a_store_that_was_moved_is_read_where_it_is_and_not_where_the_applied_files_say(tmp_path: Path) -> None:
    write(tmp_path)
    with served(tmp_path / "a.db", _applied(open_workspace(tmp_path)).settings) as service:
        okta = service.engine()
        okta.assign(okta.person("00u1", "ann@x.com"))
        assert okta.tasks == []
    (tmp_path / "a.db").rename(tmp_path / "b.db")
    write(tmp_path, store="sqlite:///b.db")
    read = _in_force(open_workspace(tmp_path)).source(silent).read()
    assert [each.username for each in read.snapshot.users] == ["ann@x.com"]


@pytest.mark.parametrize(
    ("spec", "signs_in", "share"),
    [
        (
            "org_url: https://x.okta.com, app: {id: 0oa1}, auth: {api_token: {env: NEW}}, rate_limit_share: 20",
            "NEW",
            20,
        ),
        ("org_url: https://y.okta.com, app: {id: 0oa1}, auth: {api_token: {env: NEW}}", "OLD", 50),
        ("org_url: https://x.okta.com, source: {scim: {}}", "OLD", 50),
    ],
)
def test_a_credential_for_the_same_organization_and_a_pace_wait_for_no_apply(
    tmp_path: Path, spec: str, signs_in: str, share: int
) -> None:
    file = tmp_path / "idsync.yaml"
    text = "apiVersion: idsync/v1\nkind: Integration\nspec: {SPEC, sync: {access_lists: false}}\n"
    file.write_text(text.replace("SPEC", "org_url: https://x.okta.com, app: {id: 0oa1}, auth: {api_token: {env: OLD}}"))
    _applied(open_workspace(tmp_path))
    file.write_text(text.replace("SPEC", spec))
    integration = _in_force(open_workspace(tmp_path)).settings.integration
    assert isinstance(integration.authentication, ApiToken)
    assert isinstance(integration.authentication.token, EnvironmentSecret)
    assert (integration.authentication.token.name, integration.rate_limit_share) == (signs_in, share)


def test_a_store_that_is_made_at_the_start_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path)
    files = open_workspace(tmp_path)
    tell_if_new(files)
    assert "The store is new, and empty" in caplog.text
    caplog.clear()
    with files.store(Access.WRITE):
        pass
    tell_if_new(files)
    assert caplog.text == ""


@pytest.mark.parametrize("follows", ["false", "true"])
def test_r36_a_store_that_does_not_answer_is_not_one_that_knows_of_nothing_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, follows: str
) -> None:
    write(tmp_path, tick=f"10s, follow_config: {follows}")
    files = open_workspace(tmp_path)
    configured = Configured(files, tmp_path)
    with files.store(Access.WRITE) as store:
        key = files.applied_key(store)

        def away(asked: str) -> bytes | None:
            raise StoreAway("The store does not answer.") if asked == key else AssertionError(asked)

        monkeypatch.setattr(store.facts, "get", away)
        with pytest.raises(StoreAway):
            files.judged(store)  # else an edit that loosens guards would be judged by itself
        with pytest.raises(StoreAway):
            configured.for_pushes(store)  # else a push would be stored, and left to another process
        with pytest.raises(StoreAway):
            refuse_foreign_store(files, store)


def test_a_secret_of_the_service_that_is_missing_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, tick="10s, status: {tokens: [{name: desk, token: {env: DESK_TOKEN}}]}")
    tell_missing_secrets(open_workspace(tmp_path))
    (record,) = caplog.records
    assert "DESK_TOKEN" in record.message
    monkeypatch.setenv("DESK_TOKEN", "x" * 40)
    tell_missing_secrets(open_workspace(tmp_path))
    assert caplog.records == [record]


@pytest.mark.parametrize(
    ("source", "is_off"), [("source: {scim: {}}", False), ("app: {id: 0oa1}, auth: {api_token: {env: OKTA}}", True)]
)
def test_where_scim_is_off_the_log_says_so_beside_the_address(
    source: str, is_off: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    write(tmp_path)
    file = tmp_path / "idsync.yaml"
    file.write_text(file.read_text().replace("source: {scim: {}}", source))
    place = open_workspace(tmp_path)
    tell_address(place, Listening("127.0.0.1", 0, place.settings.service, tmp_path), 8080)
    assert "Serving SCIM at http://127.0.0.1:8080/scim/v2/okta" in caplog.text
    assert ("SCIM is off" in caplog.text) is is_off
