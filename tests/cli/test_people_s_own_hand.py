"""get, create, edit and rm: people's own hand on the directory, in Teleport's shapes."""

import shlex
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from tests.cli.running import Idsync

HIRO = "hiro.tanaka@enzos-pizza.com"
LIST = "00g1enzo0012"
LOCK = """
kind: lock
version: v2
metadata: {name: lost-laptop}
spec:
  target: {user: hiro.tanaka@enzos-pizza.com}
  message: Your laptop was reported lost.
"""


@pytest.mark.parametrize("kind", ["users", "locks", "access_lists", "access_list_members", "all"])
def test_before_the_first_apply_there_is_nothing(kind: str, idsync: Idsync, fresh: Path) -> None:
    assert idsync("get", kind, "-c", fresh, "--format", "json").json == []
    assert idsync("get", kind, "-c", fresh).out == ""
    assert idsync("get", kind, "-c", fresh, "--format", "text").out == "Nothing found.\n"
    assert not (fresh / "idsync.db").exists()


@pytest.mark.parametrize(
    ("kind", "count"),
    [("users", 39), ("locks", 1), ("access_lists", 13), ("access_list_members", 59), ("all", 113)],
)
def test_json_is_an_array_of_all_of_a_kind(kind: str, count: int, idsync: Idsync, org: Path) -> None:
    found = idsync("get", kind, "-c", org, "--format", "json").json
    assert isinstance(found, list)
    assert len(found) == count
    assert {each["kind"] for each in found} <= {"user", "lock", "access_list", "access_list_member", "idsync_state"}
    assert [each["kind"] for each in found if each["kind"] == "idsync_state"] == ["idsync_state"] * (kind == "all")
    assert all(each["metadata"]["revision"] for each in found if each["kind"] != "idsync_state")


@pytest.mark.parametrize("words", [["user", HIRO], ["users", HIRO], [f"user/{HIRO}"], [f"users/{HIRO}"]])
def test_one_resource_is_found_by_kind_and_name_however_it_is_written(
    words: list[str], idsync: Idsync, org: Path
) -> None:
    found = idsync("get", *words, "-c", org, "--format", "json").json
    assert isinstance(found, list)
    assert [each["metadata"]["name"] for each in found] == [HIRO]


def test_members_are_found_by_list_and_by_list_and_name(idsync: Idsync, org: Path) -> None:
    whole = idsync("get", "access_list_members", LIST, "-c", org, "--format", "json").json
    assert isinstance(whole, list)
    assert len(whole) == 6
    name = whole[0]["spec"]["name"]
    assert idsync("get", f"access_list_member/{LIST}/{name}", "-c", org, "--format", "json").json == whole[:1]


@pytest.mark.parametrize("words", [["all"], ["users"], ["user", HIRO], ["access_list_members", LIST], ["locks"]])
def test_what_was_there_after_a_run_can_be_read_later(words: list[str], idsync: Idsync, org: Path) -> None:
    before = idsync("get", *words, "-c", org, "--format", "json").json
    members = idsync("get", "access_list_members", LIST, "-c", org, "--format", "json").json
    assert isinstance(before, list)
    assert isinstance(members, list)
    for address in (f"user/{HIRO}", *(f"access_list_member/{LIST}/{each['spec']['name']}" for each in members)):
        assert idsync("rm", address, "--auto-approve", "-c", org).code == 0
    assert idsync("get", f"user/{HIRO}", "-c", org).code == 64
    then = idsync("get", *words, "--as-of", "1", "-c", org, "--format", "json").json
    assert then == [each for each in before if each["kind"] != "idsync_state"]
    assert idsync("get", "all", "--as-of", "2020-01-01T00:00:00Z", "-c", org, "--format", "json").json == []


@pytest.mark.parametrize("moment", ["99", "last week"])
def test_a_run_or_a_time_that_never_was_is_a_usage_error(moment: str, idsync: Idsync, org: Path) -> None:
    ended = idsync("get", "users", "--as-of", moment, "-c", org)
    assert (ended.code, ended.out) == (64, "")


def test_what_is_not_there_is_an_error(idsync: Idsync, org: Path) -> None:
    ended = idsync("get", "user/nobody", "-c", org, "--format", "json")
    assert ended.code == 64
    assert ended.out == ""


def test_users_of_ours_are_told_by_the_origin_label_as_scripts_for_teleport_do(idsync: Idsync, org: Path) -> None:
    idsync("create", "-", "-c", org, stdin="{kind: user, version: v2, metadata: {name: own}, spec: {roles: [x]}}")
    users = idsync("get", "users", "-c", org, "--format", "json").json
    assert isinstance(users, list)
    ours = [user for user in users if user["metadata"].get("labels", {}).get("teleport.dev/origin") == "okta"]
    assert (len(users), len(ours)) == (40, 39)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_get_prints_can_be_given_back(form: str, idsync: Idsync, org: Path) -> None:
    before = idsync("get", "all", "-c", org, "--format", "json").json
    printed = idsync("get", "all", "-c", org, "--format", form).out
    assert idsync("create", "-f", "-", "-c", org, stdin=printed).code == 0
    after = idsync("get", "all", "-c", org, "--format", "json").json
    assert isinstance(before, list)
    assert isinstance(after, list)
    assert [each["metadata"]["name"] for each in after] == [each["metadata"]["name"] for each in before]


def test_text_is_a_table_for_people(idsync: Idsync, org: Path) -> None:
    lines = idsync("get", "access_lists", "-c", org, "--format", "text").out.splitlines()
    assert lines[0].split("  ")[0] == "access list"
    assert any(LIST in line and "Team web" in line for line in lines)


def test_a_lock_by_hand_is_created_kept_by_an_apply_and_removed(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    (tmp_path / "lock.yaml").write_text(LOCK)
    created = idsync("create", tmp_path / "lock.yaml", "-c", org)
    assert (created.code, created.out) == (0, "Created lock/lost-laptop.\n")
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    assert idsync("get", "lock/lost-laptop", "-c", org).code == 0
    removed = idsync("rm", "lock/lost-laptop", "-c", org, "--auto-approve")
    assert (removed.code, removed.out, removed.err) == (0, "Removed lock/lost-laptop.\n", "")


def test_create_overwrites_only_with_force(idsync: Idsync, org: Path) -> None:
    assert idsync("create", "-", "-c", org, stdin=LOCK).code == 0
    assert idsync("create", "-", "-c", org, stdin=LOCK).code == 64
    assert idsync("create", "-f", "-", "-c", org, stdin=LOCK.replace("lost", "stolen", 1)).code == 0


def test_create_takes_several_documents_or_none_of_them(idsync: Idsync, org: Path) -> None:
    broken = LOCK.replace("target", "targets").replace("lost-laptop", "second")
    ended = idsync("create", "-", "-c", org, stdin=f"{LOCK}---{broken}")
    assert ended.code == 64
    assert idsync("get", "lock/lost-laptop", "-c", org).code == 64
    both = idsync("create", "-", "-c", org, stdin=f"{LOCK}---{LOCK.replace('lost-laptop', 'second')}")
    assert both.out == "Created lock/lost-laptop.\nCreated lock/second.\n"


def test_one_that_exists_among_several_leaves_all_uncreated(idsync: Idsync, org: Path) -> None:
    first = LOCK.replace("lost-laptop", "first")
    idsync("create", "-", "-c", org, stdin=LOCK)
    assert idsync("create", "-", "-c", org, stdin=f"{first}---{LOCK}").code == 64
    assert idsync("get", "lock/first", "-c", org).code == 64


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (LOCK.replace("message", "mesage"), "standard input:7:3"),
        (LOCK.replace("target: {user", "target: {person"), "standard input:6:12"),
        (LOCK.replace("v2", "v3"), "standard input:3:10"),
        (f"{LOCK}---\nkind: nonsense\n", "standard input:9:1"),
        ("a: [", "standard input:1"),
        ("kind: user\nkind: user\n", "standard input:2:1"),
        ("- a list\n", "standard input:1:1"),
        ("{}", "standard input"),
        ('[{"kind": "user"}]', "standard input"),
        ("[1]", "standard input"),
    ],
)
def test_what_is_not_a_resource_is_refused_at_its_place(text: str, place: str, idsync: Idsync, org: Path) -> None:
    ended = idsync("create", "-", "-c", org, stdin=text)
    assert ended.code == 64
    assert f"at: {place}" in ended.err
    assert "Traceback" not in ended.err


def test_create_needs_something_to_create(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    assert idsync("create", "-", "-c", org, stdin="").code == 64
    assert idsync("create", tmp_path / "none.yaml", "-c", org).code == 64


def test_a_stale_revision_is_refused(idsync: Idsync, org: Path) -> None:
    printed = idsync("get", f"access_list/{LIST}", "-c", org, "--format", "json").out
    changed = printed.replace("Team web", "Web team")
    assert idsync("create", "-f", "-", "-c", org, stdin=changed).code == 0
    ended = idsync("create", "-f", "-", "-c", org, stdin=changed.replace("Web team", "Webbers"))
    assert ended.code == 64
    assert "has changed meanwhile" in ended.err


def _editor(tmp_path: Path, old: str, new: str) -> str:
    """An editor that replaces a text."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\nold, new, file = sys.argv[1:]\npath = pathlib.Path(file)\n"
        "assert path.stat().st_mode & 0o077 == 0\npath.write_text(path.read_text().replace(old, new))\n"
    )
    return shlex.join([sys.executable, str(script), old, new])


def test_edit_changes_one_resource_in_the_person_s_editor(
    idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", _editor(tmp_path, "alice.bianchi", "bob.okafor"))
    monkeypatch.setenv("EDITOR", "false")
    ended = idsync("edit", f"access_list/{LIST}", "-c", org)
    assert (ended.code, ended.out, ended.err) == (0, f"Changed access_list/{LIST}.\n", "")
    assert idsync("plan", "-c", org, "--detailed-exitcode").code == 0  # owners are people's
    assert "bob.okafor" in idsync("get", f"access_list/{LIST}", "-c", org).out


def test_edit_says_what_the_next_apply_puts_back(
    idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", _editor(tmp_path, "Team web", "Webbers"))
    ended = idsync("edit", f"access_list/{LIST}", "-c", org, "--auto-approve")
    assert ended.code == 0
    assert "puts back title" in ended.err


def test_an_edit_that_changes_nothing_does_nothing_and_leaves_no_file(
    idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    history = idsync("history", "-c", org).out
    ended = idsync("edit", f"access_list/{LIST}", "-c", org)
    assert (ended.code, ended.out) == (0, "Nothing was changed.\n")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert idsync("history", "-c", org).out == history


@pytest.mark.parametrize(
    ("old", "new"),
    [("title:", "titel:"), (f'name: "{LIST}"', "name: other"), ("kind: access_list", "kind: ["), ("Team web", "''")],
)
def test_a_wrong_edit_keeps_what_was_written(
    old: str, new: str, idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", _editor(tmp_path, old, new))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = idsync("edit", f"access_list/{LIST}", "-c", org)
    assert ended.code == 64
    (kept,) = tmp_path.glob("idsync-edit-*.yaml")
    assert str(kept) in ended.err
    assert new in kept.read_text()


@pytest.mark.parametrize("editor", ["false", "/nonexistent/editor", "'", "rm"])
def test_an_editor_that_does_not_run_well_changes_nothing(
    editor: str, idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = idsync("edit", f"access_list/{LIST}", "-c", org)
    assert ended.code == 64
    assert "kept in" not in ended.err
    assert not list(tmp_path.glob("idsync-edit-*"))


def test_ctrl_c_in_the_editor_is_for_the_editor(
    idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor.py"
    script.write_text(
        "import os, pathlib, signal, sys, time\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "time.sleep(0.1)\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "file.write_text(file.read_text().replace('alice.bianchi', 'bob.okafor'))\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    before = signal.getsignal(signal.SIGINT)
    ended = idsync("edit", f"access_list/{LIST}", "-c", org)
    assert (ended.code, ended.out) == (0, f"Changed access_list/{LIST}.\n")
    assert signal.getsignal(signal.SIGINT) is before


def test_what_is_not_there_cannot_be_edited_or_removed(idsync: Idsync, org: Path) -> None:
    assert idsync("edit", "user/nobody", "-c", org).code == 64
    assert idsync("rm", "user/nobody", "-c", org, "--auto-approve").code == 64
    assert idsync("rm", "nonsense", "-c", org, "--auto-approve").code == 64


def test_looking_for_what_to_edit_or_remove_makes_no_store(idsync: Idsync, fresh: Path) -> None:
    assert idsync("edit", "user/nobody", "-c", fresh).code == 64
    assert idsync("rm", "user/nobody", "-c", fresh, "--auto-approve").code == 64
    assert not (fresh / "idsync.db").exists()


def test_rm_asks(idsync: Idsync, org: Path) -> None:
    address = f"user/{HIRO}"
    assert idsync("rm", address, "-c", org).code == 64
    assert idsync("rm", address, "-c", org, stdin="no\n", terminal=True).code == 130
    assert idsync("get", address, "-c", org).code == 0
    removed = idsync("rm", address, "-c", org, stdin="y\n", terminal=True)
    assert removed.code == 0
    assert "the next apply brings it back" in removed.err
    assert idsync("get", address, "-c", org).code == 64
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    assert idsync("get", address, "-c", org).code == 0


def test_a_member_s_expiry_is_people_s_and_survives_an_apply(idsync: Idsync, org: Path) -> None:
    address = f"access_list_member/{LIST}/hana.kim@enzos-pizza.com"
    found = idsync("get", address, "-c", org, "--format", "json").json
    assert isinstance(found, list)
    found[0]["spec"] |= {"expires": "2099-01-01T00:00:00Z", "reason": "until the relaunch"}
    assert idsync("create", "-f", "-", "-c", org, stdin=msgspec.json.encode(found).decode()).code == 0
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    assert "until the relaunch" in idsync("get", address, "-c", org).out


def test_names_with_slashes_newlines_and_escapes_are_one_name(idsync: Idsync, org: Path) -> None:
    name = 'a/b"\n\x1b[31m\u202e'
    resource = {"kind": "user", "version": "v2", "metadata": {"name": name}, "spec": {"roles": ["x"]}}
    assert idsync("create", "-", "-c", org, stdin=msgspec.json.encode(resource).decode()).code == 0
    found = idsync("get", f"user/{name}", "-c", org, "--format", "json").json
    assert isinstance(found, list)
    assert found[0]["metadata"]["name"] == name
    for form in ("yaml", "text"):
        assert "\x1b" not in idsync("get", "users", "-c", org, "--format", form).out
    assert "\x1b" not in idsync("history", "-c", org).out
    assert idsync("rm", f"user/{name}", "-c", org, "--auto-approve").code == 0


def test_get_all_ends_with_what_is_known_of_the_whole(idsync: Idsync, org: Path) -> None:
    found = idsync("get", "all", "-c", org, "--format", "json").json
    assert isinstance(found, list)
    last = found[-1]
    assert last["kind"] == "idsync_state"
    assert last["metadata"] == {"name": "state"}
    assert last["spec"]["serial"] > 0
    assert last["spec"]["last_apply"]["good"]["people"] == 39


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_plan_from_files_knows_the_last_reading_and_what_hands_did(idsync: Idsync, org: Path, form: str) -> None:
    idsync("rm", f"user/{HIRO}", "-c", org, "--auto-approve")
    everything = idsync("get", "all", "-c", org, "--format", form).out
    (org.parent / "current").write_text(everything)
    from_files = idsync("plan", "-c", org, "--current", org.parent / "current")
    assert from_files.out == idsync("plan", "-c", org).out
    assert "no_last_reading" not in from_files.out


def test_a_file_of_two_directories_is_refused(idsync: Idsync, org: Path) -> None:
    everything = idsync("get", "all", "-c", org, "--format", "yaml").out
    state = everything[everything.rindex("kind: idsync_state") :]
    (org.parent / "current").write_text(f"{everything}---\n{state}")
    ended = idsync("plan", "-c", org, "--current", org.parent / "current")
    assert (ended.code, ended.out) == (64, "")
    assert "idsync_state stands there twice" in ended.err


def test_a_list_may_be_called_by_its_title(idsync: Idsync, org: Path) -> None:
    by_title = idsync("get", "access_list", "Team web", "-c", org)
    assert by_title.out == idsync("get", f"access_list/{LIST}", "-c", org).out
    members = idsync("get", "access_list_members", "Team web", "-c", org, "--format", "json").json
    assert isinstance(members, list)
    assert {each["spec"]["access_list"] for each in members} == {LIST}
    name = members[0]["spec"]["name"]
    removed = idsync("rm", f"access_list_member/Team web/{name}", "--auto-approve", "-c", org)
    assert removed.out == f"Removed access_list_member/{LIST}/{name}.\n"


def test_a_title_that_two_lists_have_names_both(idsync: Idsync, org: Path) -> None:
    item = idsync("get", f"access_list/{LIST}", "-c", org).out
    copy = "\n".join(line for line in item.splitlines() if "revision:" not in line).replace(LIST, "00gcopy")
    labels = [line for line in copy.splitlines() if not line.startswith(("  labels:", "    okta/", "    teleport"))]
    assert idsync("create", "-", "-c", org, stdin="\n".join(labels)).code == 0
    told = idsync("get", "access_list", "Team web", "-c", org)
    assert told.code == 64
    assert f"They are {LIST}, 00gcopy." in told.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("get", "user", "hiro.tanka@enzos-pizza.com"), HIRO),
        (("get", "user", "hiro.tanaka"), HIRO),
        (("get", "access_list", "Team wbe"), "Team web"),
        (("get", "access_list_members", "Tem web"), "Team web"),
        (("rm", "user/hiro.tanaka@enzos-pizza.co", "--auto-approve"), HIRO),
        (("rm", f"access_list_member/{LIST}/leila.naser@enzos-pizza.com", "--auto-approve"), f"{LIST}/"),
    ],
)
def test_a_name_that_is_nearly_right_is_suggested(
    arguments: tuple[str, ...], meant: str, idsync: Idsync, org: Path
) -> None:
    told = idsync(*arguments, "-c", org)
    assert told.code == 64
    assert f'Did you mean "{meant}' in told.err


def test_what_is_not_there_is_said_before_a_terminal_is_asked_for(idsync: Idsync, org: Path) -> None:
    for address in ("user/nobody", "list/x", "nonsense"):
        ended = idsync("rm", address, "-c", org)
        assert ended.code == 64
        assert "terminal" not in ended.err
    ended = idsync("rm", "user/enzo.moretti@enzos-pizza.com", "-c", org)
    assert (ended.code, "no terminal" in ended.err) == (64, True)


@pytest.mark.parametrize("editor", ["", "vi", "/usr/bin/vim -n", "nano"])
def test_an_editor_that_needs_a_screen_is_not_started_without_a_terminal(
    idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch, editor: str
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    ended = idsync("edit", "user/enzo.moretti@enzos-pizza.com", "-c", org)
    assert ended.code == 64
    assert "needs a terminal" in ended.err


@pytest.mark.parametrize(
    "script", ['rm "$1"; mkdir "$1"', 'rm "$1"', 'rm "$1"; ln -s nowhere "$1"', 'chmod 0 "$1"; false']
)
def test_an_editor_that_spoils_its_file_changes_nothing_and_is_explained(
    idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    program = tmp_path / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(program))
    before = idsync("get", "all", "-c", org).out
    ended = idsync("edit", "user/enzo.moretti@enzos-pizza.com", "-c", org)
    assert ended.code == 64
    assert "Unexpected" not in ended.err
    assert idsync("get", "all", "-c", org).out == before
