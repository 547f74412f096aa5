"""Files made to break it, given to the commands that read them: always an exit code that says so, never a change."""

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.programs import command, environment, wait
from tests.acceptance.semantics_example import Example, copied, written
from tests.effort import examples

FUZZ = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
ESCAPES = "\x1b]0;owned\x07\x1b[2J"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example after its first apply; nothing here may change it."""
    example = written(tmp_path_factory.mktemp("example") / "org")
    example.done("apply", "--auto-approve")
    return example


@pytest.fixture(autouse=True)
def unchanged(request: pytest.FixtureRequest) -> Any:
    """Nothing that these tests do reaches the directory of the module's example."""
    example = request.getfixturevalue("example")
    before = example.everything()
    yield
    assert example.everything() == before


@pytest.fixture(scope="module")
def snapshot(example: Example) -> Any:
    return json.loads((example.folder / "snapshot-next.json").read_text())


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["", "\0", ESCAPES, "x" * 10_000])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)


def altered(value: Any, data: st.DataObject) -> Any:
    """The value with something inside it replaced, left out or doubled."""
    value = json.loads(json.dumps(value))
    inner = value
    for _ in range(data.draw(st.integers(0, 4))):
        if not isinstance(inner, dict | list) or not inner:
            break
        key = data.draw(st.sampled_from(sorted(inner)) if isinstance(inner, dict) else st.integers(0, len(inner) - 1))
        how = data.draw(st.sampled_from(["into", "into", "into", "replace", "leave out", "double"]))
        if how == "into":
            inner = inner[key]
            continue
        if how == "replace":
            inner[key] = data.draw(VALUES)
        elif how == "leave out":
            del inner[key]
        elif isinstance(inner, list):
            inner.append(inner[key])
        break
    return value


def spelled(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def assert_tells(ended: Any, codes: set[int]) -> None:
    assert ended.code in codes, ended.err
    assert ended.code in (0, 2) or "error: " in ended.err
    assert "\x1b" not in ended.out + ended.err


@FUZZ
@given(data=st.data())
def test_any_altered_snapshot_plans_or_is_refused_with_7(data: st.DataObject, example: Example, snapshot: Any) -> None:
    file = example.folder / "fuzzed.json.tmp"
    file.write_bytes(spelled(altered(snapshot, data)))
    form = data.draw(st.sampled_from(["text", "markdown", "json"]))
    assert_tells(example.run("plan", "--snapshot", file, "--format", form), {0, 7})


@FUZZ
@given(content=st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_refused_as_a_snapshot_a_plan_and_a_directory(content: bytes, example: Example) -> None:
    file = example.folder / "fuzzed.json.tmp"
    file.write_bytes(content)
    assert_tells(example.run("plan", "--snapshot", file), {7})
    assert_tells(example.run("apply", file), {6})
    assert_tells(command("show", file), {6})
    nobody = b"".join(content.split()) == b"[]"  # a directory that holds nothing
    assert_tells(example.run("plan", "--current", file), {0 if nobody else 64})
    assert_tells(example.run("create", "-f", file), {64})


@FUZZ
@given(data=st.data())
def test_any_altered_plan_is_refused_with_6(data: st.DataObject, example: Example) -> None:
    original = example.folder / "original.plan.tmp"
    if not original.exists():
        example.done("plan", *example.next_week, "-o", original)
    plan = json.loads(original.read_text())
    changed = altered(plan, data)
    if changed == plan:
        return
    file = example.folder / "fuzzed.plan.tmp"
    file.write_bytes(spelled(changed))
    assert_tells(example.run("apply", file), {6})
    assert_tells(command("show", file), {6})


@FUZZ
@given(data=st.data())
def test_any_altered_configuration_is_valid_or_told_with_3(
    data: st.DataObject, example: Example, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "snapshot.json").write_bytes((example.folder / "snapshot.json").read_bytes())
    lines = (example.folder / data.draw(st.sampled_from(["idsync.yaml", "roles.yaml"]))).read_text().splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(lines) - 1))
        line = lines[number]
        place = data.draw(st.integers(0, len(line)))
        inserted = data.draw(
            st.text(max_size=4) | st.sampled_from(["[", "{", "&a ", "*a", "!!x ", '"', "\t", "? ", "%"])
        )
        lines[number] = line[:place] + inserted + line[place + data.draw(st.integers(0, 3)) :]
    (folder / "idsync.yaml").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    assert_tells(command("validate", "-c", folder), {0, 3})
    assert_tells(command("plan", "-c", folder), {0, 3, 7, 64, 1})


@settings(FUZZ, max_examples=examples(70))
@given(data=st.data())
def test_any_altered_resource_is_kept_whole_or_refused_with_64(
    data: st.DataObject, example: Example, tmp_path_factory: pytest.TempPathFactory
) -> None:
    resource = data.draw(st.sampled_from(example.get("all")[::7]))
    resource["metadata"].pop("revision", None)
    file = example.folder / "fuzzed.json.tmp"
    file.write_bytes(spelled(altered(resource, data)))
    own = copied(example, tmp_path_factory.mktemp("own") / "org")
    ended = own.run("create", "-f", file)
    assert_tells(ended, {0, 64})
    current = own.folder / "current.tmp"
    for form in ("json", "yaml"):
        current.write_text(own.done("get", "all", "--format", form).out)
        assert_tells(own.run("plan", "--current", current), {0})


FENCED = re.compile(r"^ {0,3}(`{3,})[a-z]*\n.*?^ {0,3}\1`*[ \t]*$", re.MULTILINE | re.DOTALL)
"""A fenced block of Markdown, inert as a whole."""

YAML = ["[", "{", "&a ", "*a", "!!x ", '"', "\t", "? ", "%", "- ", ": "]

NAMES = {
    "long": "x" * 10_000,
    "escapes": ESCAPES + "name",
    "markup": '<script>alert(1)</script><img src=x onerror=alert(1)> "quoted" & more',
    "markdown": "| a | [x](javascript:alert(1)) `code` ``` @everyone #1 ![i](http://evil.example/x.png) <!-- -->",
    "right to left": "a\u202eb\u2066c",
    "lines": "a\nb\r\nc\u2028d\u0085e",
    "the end of a fence": "a\n```\n<script>alert(1)</script>\n~~~\n</details>\n````\n[x](http://evil.example)",
    "slashes": "../../etc/passwd",
    "zero width": "a\u200bb\ufeff",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_applied_printed_harmlessly_and_planned_empty(
    name: str, example: Example, snapshot: Any, tmp_path: Path
) -> None:
    own = copied(example, tmp_path / "org")
    hostile = json.loads(json.dumps(snapshot))
    hostile["users"][2]["username"] = NAMES[name]
    hostile["users"][1]["profile"] |= {"title": NAMES[name], NAMES[name]: "x", "nul": "a\0b", "a\0b": "nul"}
    for group in hostile["groups"][1:3]:
        group |= {"name": f"{group['name']} {NAMES[name]}", "description": NAMES[name]}
    file = own.folder / "hostile.json.tmp"
    file.write_bytes(spelled(hostile))
    chosen = ("--snapshot", file)
    markdown = own.done("plan", *chosen, "--format", "markdown").out
    assert len(markdown) <= 65_536
    prose = FENCED.sub("", markdown)
    assert prose != markdown
    for active in ("<script", "<img", "](javascript:", "](http"):
        assert active not in prose
    # The groups are called something else now, so that no rule gives what the rules gave before.
    own.done("apply", "--auto-approve", *chosen, "--allow", "access_losses=groups were renamed")
    for arguments in (("get", "all"), ("get", "all", "--format", "text"), ("history", "2"), ("filters",)):
        assert_tells(own.run(*arguments, *(chosen if arguments[0] == "filters" else ())), {0})
    current = own.folder / "current.tmp"
    for form in ("json", "yaml"):
        current.write_text(own.done("get", "all", "--format", form).out, newline="")
        own.done("plan", *chosen, "--current", current, "--detailed-exitcode")
    own.done("plan", *chosen, "--detailed-exitcode")
    own.done("history", "--verify")


def limited(size: int) -> Callable[[], None]:
    """No file may grow beyond so many bytes: what a full disk is to a program."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 4096, 20_000, 60_000, 150_000])
def test_a_disk_that_is_full_changes_nothing_and_the_next_run_does_it_all(
    size: int, example: Example, tmp_path: Path
) -> None:
    fresh = written(tmp_path / "org")
    # Python writes what it compiles before it ignores the signal that such a limit sends.
    alone = environment({"PYTHONDONTWRITEBYTECODE": "1"})
    ended = subprocess.Popen(
        [sys.executable, "-m", "idsync", "apply", "--auto-approve", "-c", str(fresh.folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=alone, cwd=Path(__file__).parents[2], preexec_fn=limited(size),
    )  # fmt: skip
    said = wait(ended, 60)
    assert said.code in {0, 1}, said.err
    if said.code:
        assert "fix:" in said.err
        assert fresh.get("all") == []
    fresh.done("apply", "--auto-approve")
    fresh.done("plan", "--detailed-exitcode")
    fresh.done("history", "--verify")


HAMMER = """
import sys
from tests.acceptance.programs import command
folder, me = sys.argv[1:]
for number in range(6):
    name = f"hand-{me}-{number}"
    user = '{"kind": "user", "version": "v2", "metadata": {"name": "%s"}, "spec": {}}' % name
    made = command("create", "-", "-c", folder, stdin=user.encode())
    week = ["--snapshot", folder + "/snapshot-next.json"] if number % 2 else []
    week = week or ["--allow", "source_older=back to the week before"]
    applied = command("apply", "--auto-approve", "--lock-timeout", "20s", "-c", folder, *week)
    gone = command("rm", f"user/hand-{me}-0", "--auto-approve", "-c", folder) if number == 3 else made
    print(made.code, applied.code, gone.code, flush=True)
    for each in (made, applied, gone):
        if each.code not in (0, 6, 9):
            print(each.err, flush=True)
"""


@pytest.mark.long
def test_three_processes_that_write_at_once_lose_nothing_and_keep_the_journal_whole(
    example: Example, tmp_path: Path
) -> None:
    own = copied(example, tmp_path / "org")
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, str(own.folder), str(number)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd=Path(__file__).parents[2],
        )
        for number in range(3)
    ]  # fmt: skip
    for rival in rivals:
        out, err = rival.communicate(timeout=110)
        assert rival.returncode == 0, err
        assert "error" not in out, out
    users = {item["metadata"]["name"] for item in own.get("users")}
    assert {f"hand-{me}-{number}" for me in range(3) for number in range(1, 6)} <= users
    assert not {f"hand-{me}-0" for me in range(3)} & users
    own.done("history", "--verify")
    own.done("apply", "--auto-approve", "--allow", "source_older=back to the week before")
    assert {item["metadata"]["name"] for item in own.get("users")} >= {
        item["metadata"]["name"] for item in example.get("users")
    }
    own.done("plan", "--detailed-exitcode")


def test_what_a_hand_made_is_told_without_steering_the_terminal(example: Example, tmp_path: Path) -> None:
    own = copied(example, tmp_path / "org")
    user = {"kind": "user", "version": "v2", "metadata": {"name": ESCAPES}, "spec": {}}
    assert_tells(own.run("create", "-", stdin=spelled(user)), {0})
    assert_tells(own.run("create", "-", stdin=spelled(user)), {64})
    assert_tells(own.run("rm", f"user/{ESCAPES}", "--auto-approve"), {0})
    assert_tells(own.run("rm", f"user/{ESCAPES}", "--auto-approve"), {64})
