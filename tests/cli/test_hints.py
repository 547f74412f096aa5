"""What a command says names commands that find the configuration of its call."""

from pathlib import Path

import pytest

from tests.cli.running import Idsync


def test_a_hint_of_a_refusal_and_of_a_result_repeats_where_the_configuration_is(
    idsync: Idsync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    text = "apiVersion: idsync/v1\nkind: Integration\nspec: {SPEC, sync: {access_lists: false}}\n"
    (folder / "idsync.yaml").write_text(text.replace("SPEC", "org_url: https://x.okta.com, source: {scim: {}}"))
    given = f"-c '{folder}'"
    assert f"`idsync scim token create {given}`" in idsync("plan", "-c", folder).err
    assert f"`idsync scim token create {given}`" in idsync("scim", "token", "list", "-c", folder).out
    idsync("scim", "token", "create", "-c", folder)
    assert f"`idsync scim token rotate {given} okta`" in idsync("scim", "token", "create", "-c", folder).err
    assert f"`idsync scim token revoke {given} " in idsync("scim", "token", "rotate", "okta", "-c", folder).err
    keys = "org_url: https://x.okta.com, app: {id: 0oa1}, auth: {oauth: {client_id: c, private_key: {folder: keys}}}"
    (folder / "idsync.yaml").write_text(text.replace("SPEC", keys))
    assert f"`idsync keys create {given}`" in idsync("validate", "--secrets", "-c", folder).err
    monkeypatch.setenv("IDSYNC_CONFIG", str(folder))
    assert "`idsync scim token rotate okta`" in idsync("scim", "token", "create").err
