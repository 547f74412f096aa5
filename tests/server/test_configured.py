"""The files of a running service that change underneath it."""

import pickle
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import open_workspace
from idsync.errors import ConfigError
from idsync.server.configured import Configured, refuse_another

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


def write(folder: Path, *, name: str = "okta", store: str = "sqlite:///a.db", tick: str = "10s") -> None:
    """Write the configuration."""
    text = _FILES.replace("NAME", name).replace("STORE", store).replace("TICK", tick)
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


def test_a_process_that_is_started_again_is_told_what_the_service_began_with(tmp_path: Path) -> None:
    write(tmp_path)
    began = open_workspace(tmp_path).settings.integration
    there = pickle.loads(pickle.dumps(began))
    refuse_another(there, open_workspace(tmp_path).settings.integration)
    write(tmp_path, store="sqlite:///b.db")
    with pytest.raises(ConfigError):
        refuse_another(there, open_workspace(tmp_path).settings.integration)
