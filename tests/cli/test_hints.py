"""The commands that messages name find the configuration of the call that says them."""

from pathlib import Path

import pytest

from idsync.cli.hints import as_typed
from tests.cli.running import Idsync

OPTIONS = ("-c", "my access")


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("See `idsync history`.", "See `idsync history -c 'my access'`."),
        ("`idsync unlock ann@x.com --reason TEXT` does", "`idsync unlock -c 'my access' ann@x.com --reason TEXT` does"),
        ("`idsync scim token revoke ID`, once", "`idsync scim token revoke -c 'my access' ID`, once"),
        ("`idsync keys create`, or not", "`idsync keys create -c 'my access'`, or not"),
        ("`idsync enroll okta`", "`idsync enroll okta -c 'my access'`"),
    ],
)
def test_a_command_gets_the_options_behind_its_words(told: str, typed: str) -> None:
    assert as_typed(told, OPTIONS) == typed
    assert as_typed(typed, OPTIONS) == typed
    assert as_typed(told, ()) == told


@pytest.mark.parametrize(
    "told",
    [
        "`idsync plan -c CONFIG`",
        "`idsync init`",
        "`idsync store copy A B`",
        "`idsync plan --help`",
        "idsync plan",
        "`idsync`",
    ],
)
def test_what_names_a_configuration_or_needs_none_stays_as_it_is(told: str) -> None:
    assert as_typed(told, OPTIONS) == told


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
