"""What people do from week to week, through the command line and snapshot files alone."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jq  # type: ignore[import-not-found]
import msgspec
import pytest

from tests.acceptance.programs import command, environment
from tests.acceptance.semantics_example import Example, copied, written


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example after its first apply."""
    example = written(tmp_path_factory.mktemp("example") / "org")
    example.done("apply", "--auto-approve")
    return example


@pytest.fixture
def example(applied: Example, tmp_path: Path) -> Example:
    """A copy of it."""
    return copied(applied, tmp_path / "org")


def walk(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inside for found in [(*path, key), *walk(item, (*path, key))]]


def edited(value: Any, path: tuple[Any, ...], edit: Callable[[Any, Any], object]) -> bytes:
    copy = msgspec.json.decode(msgspec.json.encode(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    edit(inner, path[-1])
    return msgspec.json.encode(copy) + b"\n"


def leave_out(container: Any, key: Any) -> None:
    del container[key]


def change(container: Any, key: Any) -> None:
    value = container[key]
    match value:
        case bool():
            container[key] = not value
        case int():
            container[key] = value + 1
        case str():
            container[key] = value + "x"
        case None:
            container[key] = "x"
        case list():
            container[key] = [*value, *value[:1]] if value else ["x"]
        case _:
            container[key] = {**value, "x": "x"}


@pytest.mark.parametrize("edit", [leave_out, change], ids=["left out", "changed"])
def test_a_plan_of_which_any_one_value_was_edited_is_refused_with_6(
    edit: Callable[[Any, Any], object], example: Example, tmp_path: Path
) -> None:
    before = example.everything()
    file = tmp_path / "a.plan"
    example.done("plan", *example.next_week, "-o", file)
    plan = msgspec.json.decode(file.read_bytes())
    paths = walk(plan)
    assert len(paths) > 300
    for path in paths[:: len(paths) // 150]:
        file.write_bytes(edited(plan, path, edit))
        assert example.run("apply", file).code == 6, path
        assert command("show", file).code == 6, path
    assert example.everything() == before


def test_stale_and_used_plans_are_refused_with_6_and_change_nothing(example: Example, tmp_path: Path) -> None:
    first, second = tmp_path / "first.plan", tmp_path / "second.plan"
    example.done("plan", *example.next_week, "-o", first)
    example.done("plan", *example.next_week, "--format", "json", "-o", second)
    example.done("apply", first)
    after = example.everything()
    for stale in (first, second):
        ended = example.run("apply", stale)
        assert ended.code == 6, ended.err
        assert "fix:" in ended.err
    assert example.everything() == after


FOREIGN: list[dict[str, Any]] = [
    {"kind": "user", "version": "v2", "metadata": {"name": "quinn@elsewhere"}, "spec": {"roles": ["admin"]}},
    {
        "kind": "lock",
        "version": "v2",
        "metadata": {"name": "by-hand"},
        "spec": {"target": {"user": "alice.bianchi@enzos-pizza.com"}, "message": "asked for"},
    },
    {
        "kind": "access_list",
        "version": "v1",
        "metadata": {"name": "00g1enzo0099"},
        "spec": {"title": "ours alone", "owners": [{"name": "x"}], "grants": {"roles": ["r"]}},
    },
]


def test_what_is_not_ours_is_byte_equal_after_every_apply(example: Example, tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text(json.dumps(FOREIGN))
    example.done("create", tmp_path / "foreign.json")
    names = {item["metadata"]["name"] for item in FOREIGN}

    def foreign() -> list[bytes]:
        return [msgspec.json.encode(item) for item in example.get("all") if item["metadata"]["name"] in names]

    before = foreign()
    assert len(before) == 3
    example.done("apply", "--auto-approve", *example.next_week)
    example.done("apply", "--auto-approve", "--allow", "source_older=back to the week before")
    assert foreign() == before


def editor(folder: Path, old: str, new: str) -> dict[str, str]:
    """An editor that replaces one text."""
    script = folder / "editor.py"
    script.write_text(
        "import sys; from pathlib import Path; file = Path(sys.argv[1]); "
        f"text = file.read_text(); assert {old!r} in text, text; file.write_text(text.replace({old!r}, {new!r}))"
    )
    return {"VISUAL": f"{sys.executable} {script}"}


def test_hand_edits_of_what_is_ours_are_drift_and_go_back_while_owners_stay(example: Example, tmp_path: Path) -> None:
    assert example.run("drift").code == 0
    name = next(item["metadata"]["name"] for item in example.get("access_lists") if item["spec"]["title"] == "Grafana")
    for old, new in (("title: Grafana", "title: Mine"), ("alice.bianchi@enzos-pizza.com", "by.hand@enzos-pizza.com")):
        example.done("edit", f"access_list/{name}", more=editor(tmp_path, old, new))
    gone = example.get("access_list_members", name)[0]["spec"]["name"]
    example.done("rm", f"access_list_member/{name}/{gone}", "--auto-approve")
    drifted = example.run("drift")
    assert drifted.code == 10
    assert "Grafana" in drifted.out
    assert gone in drifted.out
    example.done("apply", "--auto-approve")
    assert example.run("drift").code == 0
    (found,) = example.get("access_list", name)
    assert found["spec"]["title"] == "Grafana"
    assert [owner["name"] for owner in found["spec"]["owners"]] == ["by.hand@enzos-pizza.com"]
    assert gone in {member["spec"]["name"] for member in example.get("access_list_members", name)}


def strict(example: Example, limit: int) -> None:
    config = example.folder / "idsync.yaml"
    line = "user_deletes: {percent: 10, floor: 5}"
    config.write_text(config.read_text().replace(line, f"user_deletes: {{percent: 0, floor: {limit}}}"))


def test_a_guard_lets_n_pass_and_stops_n_plus_1_until_it_is_allowed_with_a_reason(
    applied: Example, tmp_path: Path
) -> None:
    deleted = applied.done("plan", *applied.next_week, "--format", "json").json["summary"]["user"]["delete"]
    assert deleted > 0
    loose, tight = copied(applied, tmp_path / "loose"), copied(applied, tmp_path / "tight")
    strict(loose, deleted)
    strict(tight, deleted - 1)
    loose.done("apply", "--auto-approve", *loose.next_week)
    before = tight.everything()
    assert tight.run("apply", "--auto-approve", *tight.next_week).code == 5
    assert tight.everything() == before
    tight.done("apply", "--auto-approve", "--allow", "user_deletes=they really left", *tight.next_week)
    assert "they really left" in tight.done("history").out
    assert tight.everything() == loose.everything()


OURS = '.[] | select(.metadata.labels["teleport.dev/origin"] == "okta") | .metadata.name'


def test_recipes_that_remove_everything_of_okta_s_work_on_what_get_prints(example: Example, tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text(json.dumps([FOREIGN[0], FOREIGN[2]]))
    example.done("create", tmp_path / "foreign.json")
    for kinds, kind in (("access_lists", "access_list"), ("users", "user")):
        printed = example.done("get", kinds, "--format=json")
        names = jq.compile(OURS).input_text(printed.out).all()
        assert len(names) > 5
        for name in names:
            example.done("rm", f"{kind}/{name}", "--auto-approve")
        assert [item["metadata"]["name"] for item in example.get(kinds)] == [
            item["metadata"]["name"] for item in FOREIGN if item["kind"] == kind
        ]
    example.done("apply", "--auto-approve")
    example.done("plan", "--detailed-exitcode")


def test_a_plan_of_two_files_needs_neither_okta_nor_a_store(example: Example, tmp_path: Path) -> None:
    live = example.done("plan", *example.next_week, "--format", "json")
    current = tmp_path / "current.json"
    current.write_text(example.done("get", "all", "--format", "json").out)
    config = example.folder / "idsync.yaml"
    config.write_text(
        config.read_text()
        .replace("source: {snapshot: {path: snapshot.json}}", "source: {okta: {}}")
        .replace("  # source: {okta: {}}", "  auth: {api_token: {env: NOWHERE}}")
        .replace("sqlite:///idsync.db", "sqlite:////nowhere/at/all.db")
    )
    ended = example.run("plan", *example.next_week, "--current", current, "--format", "json", "--detailed-exitcode")
    assert ended.code == 2, ended.err
    for part in ("summary", "changes", "access_delta"):
        assert ended.json[part] == live.json[part]


def test_an_empty_current_file_is_not_a_directory(example: Example, tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text("")
    ended = example.run("plan", "--current", tmp_path / "current.json")
    assert ended.code == 64
    assert "holds nothing" in ended.err
    (tmp_path / "current.json").write_text("[]")
    assert example.run("plan", "--current", tmp_path / "current.json", "--detailed-exitcode").code == 2


def test_detailed_exit_codes_tell_changes_from_none(example: Example) -> None:
    assert example.run("plan", "--detailed-exitcode").code == 0
    assert example.run("plan", *example.next_week).code == 0
    assert example.run("plan", *example.next_week, "--detailed-exitcode").code == 2


@pytest.mark.parametrize("arguments", [("apply",), ("rm", "user/alice.bianchi@enzos-pizza.com")])
def test_nothing_is_done_unseen_where_there_is_no_terminal(arguments: tuple[str, ...], example: Example) -> None:
    before = example.everything()
    ended = example.run(*arguments, stdin=b"yes\n")
    assert ended.code == 64
    assert "--auto-approve" in ended.err
    assert example.everything() == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("plan", "--snapshot", "missing.json"), 7),
        (("apply", "missing.plan"), 64),
        (("show", "missing.plan"), 64),
        (("plan", "--current", "missing.json"), 64),
        (("create", "missing.yaml"), 64),
        (("create", "."), 64),
        (("plan", "--snapshot", "."), 7),
        (("plan", "-o", "missing/folder/a.plan"), 64),
        (("snapshot", "-o", "missing/folder/s.json"), 64),
        (("snapshot", "--sanitize", "--key-file", "missing"), 64),
        (("plan", "-c", "missing"), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_files_that_are_missing_or_are_folders_are_named(
    arguments: tuple[str, ...], code: int, example: Example
) -> None:
    ended = example.run(*arguments)
    assert ended.code == code, ended.err
    assert "missing" in ended.err or "." in ended.err


def heed_permissions() -> None:
    """Take from root what lets it write where permissions forbid it (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def restricted(example: Example, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run one command as a process whom permissions stop."""
    return subprocess.run(
        [sys.executable, "-m", "idsync", *map(str, arguments), "-c", str(example.folder)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=Path(__file__).parents[2],
        preexec_fn=heed_permissions if os.geteuid() == 0 else None,
    )


@pytest.mark.parametrize("what", ["the folder", "the store"])
def test_what_may_only_be_read_is_planned_from_and_not_applied_to(what: str, example: Example) -> None:
    before = example.everything()
    for path in [example.folder] if what == "the folder" else example.folder.glob("idsync.db*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    planned = restricted(example, "plan", *example.next_week, "--detailed-exitcode")
    assert planned.returncode == 2, planned.stderr
    for arguments in (
        ("apply", "--auto-approve", *example.next_week),
        ("rm", "user/alice.bianchi@enzos-pizza.com", "--auto-approve"),
    ):
        refused = restricted(example, *arguments)
        assert refused.returncode == 1, refused.stderr
        assert "fix:" in refused.stderr
        assert "Unexpected" not in refused.stderr
    example.folder.chmod(0o755)
    assert example.everything() == before


def shell(line: str, example: Example) -> "subprocess.CompletedProcess[str]":
    """Run a line of shell in which `idsync` is the command line and `$org` the folder."""
    line = line.replace("idsync", f"{sys.executable} -m idsync")
    return subprocess.run(
        ["sh", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        env=environment({"org": str(example.folder)}),
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("idsync plan -c $org > /dev/full", 64),
        ("idsync plan -c $org -o /dev/full", 64),
        ("idsync snapshot -c $org -o /dev/full", 64),
        ("idsync plan -c $org >&- 2>&-", 0),
        ("idsync apply -c $org <&-", 64),
        ("idsync create - -c $org <&-", 64),
        ("idsync plan -c $org -o $org/a.plan.tmp >&- 2>&- <&- && idsync show $org/a.plan.tmp", 0),
        ("idsync get all -c $org | head -c 1 > /dev/null", 0),
    ],
)
def test_streams_that_are_full_or_closed_never_break_it(line: str, code: int, example: Example) -> None:
    before = example.everything()
    ended = shell(line, example)
    assert ended.returncode == code, ended.stderr
    assert "Unexpected" not in ended.stderr
    assert "Exception" not in ended.stderr
    assert example.everything() == before
