"""The small parts of the action: releases in a text, trust in recordings, texts that are inert, files of the runner."""

import io
import json
import zipfile
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from action.artifacts import RECORDED, fetch_recording, unpack
from action.authors import may_write
from action.circumstances import Circumstances, Refused, circumstances
from action.comment import keep_issue, post_comment, sticky_comment
from action.github import GitHub
from action.program import installed
from action.releases import NOT_ALONE, RELEASABLE, asked_for, releases_of
from action.rendering import with_lines
from action.runner_files import annotate, set_output, show
from action.telling import COMMENT_LIMIT, failure, fenced, marker, planned, with_result, within
from idsync.plan.guards import UNATTENDED
from idsync.plan.releases import RELEASED_ANYWHERE
from tests.action.fake_github import BOT, REPOSITORY, FakeGitHub
from tests.action.runner import zipped


def about(folder: Path, **given: str) -> Circumstances:
    """What a runner tells a step that plans."""
    environment = {
        "IDSYNC_ACTION_MODE": "plan",
        "IDSYNC_ACTION_CONFIG": "access",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_WORKSPACE": str(folder),
        **given,
    }
    return circumstances(environment)


def client(github: FakeGitHub) -> GitHub:
    return GitHub(github.address, REPOSITORY, "ghs_token", lambda _: None)


# -- releases

LINE = "idsync-allow: user_deletes=x"


def test_what_may_be_released_here_is_what_a_plan_file_may_release() -> None:
    assert set(RELEASABLE) == set(RELEASED_ANYWHERE).difference(UNATTENDED), "a plan of a pull request knows no pass"


def test_lines_in_a_paragraph_of_their_own_are_read_and_nothing_else_is() -> None:
    text = (
        "<!-- What changes, and why? -->\r\nPlease, <https://example.com/4711>.\r\n\r\n"
        "idsync-allow: user_deletes=Berlin closed, a=b\r\nIDSYNC-ALLOW:access_losses = roles renamed  \r\n\r\n"
        "> idsync-allow: user_locks=quoted\n\n`idsync-allow: user_locks=code`"
    )
    assert asked_for(text).reasons == {"user_deletes": "Berlin closed, a=b", "access_losses": "roles renamed"}


@pytest.mark.parametrize(
    "mark",
    [
        "id\u017fync-allow:",
        "\u0456dsync-allow:",
        "idsync\u2011allow:",
        "idsync-allow\uff1a",
        "ids\u200bync-allow:",
        "\ufeffidsync-allow:",
        "idsync-a\u006c\u0307low:",
    ],
)
def test_what_only_looks_like_the_line_is_not_taken(mark: str) -> None:
    assert asked_for(f"{mark} user_deletes=x") == asked_for("")


@pytest.mark.parametrize(
    "told", ["u\u0455er_deletes=x", "user\uff3fdeletes=x", "USER_DELETES=x", "user_deletes\u200b=x"]
)
def test_what_only_looks_like_a_guard_is_not_taken_and_that_is_told(told: str) -> None:
    asked = asked_for(f"idsync-allow: {told}")
    assert asked.reasons == {}
    assert asked.notes


@pytest.mark.parametrize("reason", ["\u202efine", "a\u2028b", "a\u200bb", "\x1b[31mred", "a\u0000b"])
def test_a_reason_that_hides_something_is_not_taken_and_that_is_told(reason: str) -> None:
    asked = asked_for(f"idsync-allow: user_deletes={reason}")
    assert asked.reasons == {}
    assert asked.notes


@pytest.mark.parametrize(
    "text",
    [
        "<!--\n\nLINE\n\n-->",
        "<!-- a -->\n<!-- b\n\nLINE\n\n-->",
        "<!-- a --> <!--\n\nLINE\n\n-->",
        "<!--> \n\nLINE\n\n-->",
        "Text <!--\n\nLINE",
        "```\n\nLINE\n\n```",
        "~~~text\n\nLINE\n\n~~~",
        "- a list\n  ```\n\nbeyond it\n\n```\n\nLINE\n\n```",
        "> ```\n\n```\n\nLINE\n",
        "    LINE",
        "\tLINE",
        "- item\n\n  LINE",
        "<details>\n\nLINE\n\n</details>",
        "<pre>\n\nLINE\n</pre>",
        "<?x\n\nLINE\n?>",
        "<![CDATA[\n\nLINE\n]]>",
        "<!X\n\nLINE\n>",
        "<img alt='\n\nLINE\n\n'>",
        '[x]: /url "\nLINE\n"',
        '![x](/url "\nLINE\n")',
        "`a\nLINE\nb`",
        "LINE`\nLINE`",
        "LINE\n---",
        "Some words\nLINE",
        "LINE\nsome words",
        "LINE\n<!-- hidden -->",
        "\u00a0\nLINE",
    ],
)
def test_a_line_that_people_may_not_see_as_text_is_not_taken_and_that_is_told(text: str) -> None:
    for end in ("\n", "\r\n"):
        asked = asked_for(text.replace("LINE", "idsync-allow: user_deletes=x").replace("\n", end))
        assert asked.reasons == {}
        assert asked.notes == (NOT_ALONE,)


@given(
    st.lists(
        st.sampled_from([*"`~<>!-#+ \t[]()x=\n", "```", "<!--", "-->", "\n\n", LINE, f"\n\n{LINE}\n\n"]), max_size=12
    )
)
def test_a_line_is_taken_only_where_a_parser_of_markdown_sees_a_paragraph(parts: list[str]) -> None:
    text = "".join(parts)
    if asked_for(text).reasons:
        tokens = MarkdownIt("gfm-like").parse(text)
        seen = [token.children or [] for token in tokens if token.type == "inline" and token.level == 1]
        texts = ["".join(each.content if each.type == "text" else "\n" for each in children) for children in seen]
        assert any(line.startswith(LINE) for text in texts for line in text.split("\n"))


@pytest.mark.parametrize(
    "line",
    [
        "protected_users=she left",
        "source_shrink=half was sold",
        "login_reused=x",
        "lock_burst=x",
        "user_deletes",
        "user_deletes=",
        "user_deletes=a\x1b[31m",
        "user_deletes=" + "x" * 301,
        "--auto-approve=x",
        "user_deletes\u202e=x",
    ],
)
def test_a_line_that_is_not_the_release_of_a_guard_is_not_taken_and_that_is_told(line: str) -> None:
    asked = asked_for(f"idsync-allow: {line}")
    assert asked.reasons == {}
    assert len(asked.notes) == 1


@given(st.text())
def test_whatever_a_text_says_options_are_pairs_of_a_known_guard_and_a_printable_reason(text: str) -> None:
    options = asked_for(f"idsync-allow: {text}").options
    assert options[::2] == ["--allow"] * (len(options) // 2)
    for option in options[1::2]:
        guard, _, reason = option.partition("=")
        assert guard in RELEASABLE
        assert reason.isprintable()
        assert reason


@pytest.mark.parametrize("permission", ["admin", "maintain", "write", "triage", "read", "none"])
def test_who_may_write_is_asked_of_github(github: FakeGitHub, permission: str) -> None:
    github.permissions["olga"] = permission
    assert may_write("olga", client(github)) is (permission in {"admin", "maintain", "write"})
    assert not may_write("olga/../../x", client(github))
    assert not any("x" in asked for asked in github.asked)


def test_nobody_is_asked_about_where_nothing_is_released(github: FakeGitHub) -> None:
    assert releases_of(github.pulls[github.add_pull("abc")], client(github)).reasons == {}
    assert github.asked == []


# -- recordings


def recorded(github: FakeGitHub, **run: str) -> None:
    """A recording, of a run of which so much is otherwise."""
    told = {"workflow": "reconcile.yml", "event": "schedule", "branch": "main", "repository": REPOSITORY} | run
    number = github.add_run(told["workflow"], told["event"], "abc", told["branch"], told["repository"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in RECORDED:
            archive.writestr(name, json.dumps(run))
    github.add_artifact(number, "idsync-recording-access", content.getvalue())


@pytest.mark.parametrize(
    "run",
    [
        {"event": "pull_request"},
        {"event": "pull_request_target"},
        {"workflow": "plan.yml"},
        {"branch": "other"},
        {"repository": "mallory/access"},
    ],
)
def test_a_recording_is_taken_of_the_main_branch_and_its_workflows_alone(
    github: FakeGitHub, tmp_path: Path, run: dict[str, str]
) -> None:
    recorded(github)
    recorded(github, **run)
    fetch_recording(about(tmp_path), client(github), tmp_path / "recording", datetime.now(UTC))
    assert json.loads((tmp_path / "recording" / "snapshot.json").read_text()) == {}
    github.artifacts.pop(min(github.artifacts))
    with pytest.raises(Refused, match="No recording of Okta and the directory was made yet") as refused:
        fetch_recording(about(tmp_path), client(github), tmp_path / "recording", datetime.now(UTC))
    assert refused.value.code == 7


def test_the_newest_recording_is_taken_and_an_old_one_refused(github: FakeGitHub, tmp_path: Path) -> None:
    recorded(github, event="push")
    recorded(github, event="workflow_dispatch")
    fetch_recording(about(tmp_path), client(github), tmp_path / "recording", datetime.now(UTC))
    assert "workflow_dispatch" in (tmp_path / "recording" / "current.json").read_text()
    later = datetime.now(UTC) + timedelta(hours=24)
    with pytest.raises(Refused, match="older than 24 hours"):
        fetch_recording(about(tmp_path), client(github), tmp_path / "recording", later)


def test_only_files_that_are_meant_are_unpacked(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("snapshot.json", "../snapshot.json", "/etc/passwd", "x/snapshot.json", "other"):
            archive.writestr(name, "x")
    assert unpack(content.getvalue(), RECORDED, tmp_path / "in") == ["snapshot.json"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["snapshot.json"]
    assert (tmp_path / "in" / "snapshot.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="cannot be unpacked"):
        unpack(b"not a ZIP file", RECORDED, tmp_path)


# -- texts

HOSTILE = "</details> @everyone ``` ~~~ <!-- /idsync-section --> [x](javascript:1) \x1b[31mred\x07 #1 <script>"


def test_what_a_command_said_is_inert() -> None:
    text = fenced(f"```\n{HOSTILE}\n````")
    fence = text.splitlines()[0].removesuffix("text")
    assert set(fence) == {"`"}
    assert len(fence) > 4
    assert text.splitlines()[-1] == fence
    assert "<!--" not in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_text_that_is_too_long_is_cut_at_a_line_and_says_so() -> None:
    whole = "\n".join(["head", "<details>", *("row" * 10 for _ in range(4000)), "</details>"])
    cut = within(whole)
    assert len(cut) <= COMMENT_LIMIT
    assert "Cut here" in cut
    assert cut.count("<details>") == cut.count("</details>")
    assert len(planned(whole, "abc", ["note"] * 5, "now", ["plan `sha256:x`"])) + len(marker("access")) < COMMENT_LIMIT
    assert len(with_result(f"{marker('access')}\n{whole[: COMMENT_LIMIT - 100]}", "done " * 100)) <= COMMENT_LIMIT


@pytest.mark.parametrize("opened", ["`````diff", "```", "~~~~ text", "<details>\n\n``````", "<details>\n<details>"])
def test_what_stands_open_where_a_text_is_cut_is_closed(opened: str) -> None:
    rows = "\n".join(["+ row ``` <details>" for _ in range(2000)]) if opened[0] in "`~" else "row\n" * 9000
    cut = within(f"head\n\n{opened}\n{rows}\nend", 20_000)
    assert len(cut) <= 20_000
    tokens = MarkdownIt("commonmark").parse(f"{cut}\nAfter it.")
    inline = [token.content for token in tokens if token.type == "inline" and token.level == 1]
    assert inline[-2].startswith("_Cut here")
    assert inline[-1] == "After it."
    outside = "".join(token.content for token in tokens if token.type == "html_block")
    assert outside.count("<details>") == outside.count("</details>")


def test_the_advice_for_the_command_line_becomes_that_for_a_pull_request() -> None:
    names = "--allow user_deletes=REASON --allow protected_users=REASON --allow user_locks=REASON"
    other = "> <br>`If this is meant: idsync apply x --allow y=REASON`\n"
    told = with_lines(f"a\n> <br>If this is meant: `idsync apply -c 'a b' p.plan {names}`\n{other}")
    assert "<br>`idsync-allow: user_deletes=REASON`<br>`idsync-allow: user_locks=REASON`<br>" in told
    assert "a person applies it where the store is, with `idsync apply` and `--allow protected_users=REASON`" in told
    assert "p.plan" not in told
    assert told.endswith(other), "what people are called is not advice"
    assert told.count("`") % 2 == 0


def test_a_result_takes_the_place_of_the_one_before() -> None:
    body = with_result(f"{marker('access')}\nthe plan", "one")
    body = with_result(body, "two")
    assert body.startswith(marker("access"))
    assert "one" not in body
    assert "two" in body
    assert body.endswith("the plan")


def test_a_failure_names_the_commit_the_code_and_what_to_do() -> None:
    text = failure("Planning", 7, "No recording was made.", "0123456789abcdef", "https://run")
    assert "`0123456789ab`" in text
    assert "exit code 7" in text
    assert "Look at Okta first" in text


# -- the comment and the issue


def test_a_mark_that_somebody_else_wrote_is_passed_over(github: FakeGitHub) -> None:
    number = github.add_pull("abc")
    forged = {
        "id": 1,
        "created_at": github.now(),
        "user": {"login": "mallory", "type": "User"},
        "body": f"{marker('access')}\nNo changes",
    }
    other = {"id": 2, "user": BOT, "body": f"{marker('other')}\nOf another configuration"}
    github.comments[number] = [forged, other]
    before = deepcopy(github.comments[number])
    post_comment(client(github), number, "access", "one")
    post_comment(client(github), number, "access", "two")
    assert [row["body"].partition("\n")[2] for row in github.comments[number][2:]] == ["two"]
    assert github.comments[number][:2] == before


def test_a_comment_beyond_the_first_page_is_found(github: FakeGitHub) -> None:
    number = github.add_pull("abc")
    github.comments[number] = [{"id": each, "user": BOT, "body": "x"} for each in range(150)]
    post_comment(client(github), number, "access", "one")
    assert sticky_comment(client(github), number, "access") is github.comments[number][150] or (
        len(github.comments[number]) == 151
    )
    post_comment(client(github), number, "access", "two")
    assert len(github.comments[number]) == 151


def test_the_issue_tells_each_thing_apart_and_closes_when_the_last_is_well(github: FakeGitHub) -> None:
    ask = client(github)
    assert keep_issue(ask, "access", "reconcile", "") == ""
    assert github.issues == {}
    keep_issue(ask, "access", "reconcile", f"held {fenced(HOSTILE)}")
    keep_issue(ask, "access", "drift", "drifted")
    (issue,) = github.issues.values()
    assert "held" in issue["body"]
    assert "drifted" in issue["body"]
    keep_issue(ask, "access", "reconcile", "")
    assert "held" not in issue["body"]
    assert issue["state"] == "open"
    keep_issue(ask, "access", "drift", "")
    assert issue["state"] == "closed"
    asked = len([each for each in github.asked if each.startswith("PATCH")])
    keep_issue(ask, "access", "drift", "")
    assert len([each for each in github.asked if each.startswith("PATCH")]) == asked, "nothing changed"


def test_with_a_person_s_token_comment_and_issue_are_found_again_too(github: FakeGitHub) -> None:
    github.writer = {"login": "robot", "type": "User"}
    ask, number = client(github), github.add_pull("abc")
    for text in ("one", "two"):
        post_comment(ask, number, "access", text)
        keep_issue(ask, "access", "drift", text)
    assert len(github.comments[number]) == 1
    assert len(github.issues) == 1
    assert github.asked.count("GET /user") == 1


# -- the runner


def test_nothing_in_an_output_or_a_message_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "output"
    set_output({"GITHUB_OUTPUT": str(file)}, "plan", "x\nend-0\nother<<y\n1")
    name, _, end = file.read_text().splitlines()[0].partition("<<")
    assert name == "plan"
    assert file.read_text().splitlines()[-1] == end
    assert file.read_text().count(end) == 2
    annotate("error", "one\n::set-output name=x::y%0A")
    show("::add-mask::x")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "::error title=idsync::one%0A::set-output name=x::y%250A"
    assert lines[1].startswith("::stop-commands::")
    assert lines[3] == f"::{lines[1].removeprefix('::stop-commands::')}::"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"IDSYNC_ACTION_MODE": "destroy"}, "must be one of"),
        ({"IDSYNC_ACTION_NAME": "a b; rm"}, "use letters"),
        ({"IDSYNC_ACTION_RECORDING_HOURS": "never"}, "number of hours"),
        ({"IDSYNC_ACTION_RECORDING_HOURS": "1000"}, "at most a week"),
    ],
)
def test_an_input_that_makes_no_sense_is_refused_with_the_way_out(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        about(tmp_path, **given)
    assert refused.value.code == 64


def test_idsync_is_told_no_token_of_github(tmp_path: Path) -> None:
    script = tmp_path / "idsync"
    script.mkdir()
    (script / "__init__.py").write_text("")
    (script / "__main__.py").write_text("import os, sys; print(sorted(os.environ)); sys.exit(3)")
    known = {"PYTHONPATH": str(tmp_path), "IDSYNC_ACTION_TOKEN": "ghs", "OKTA_API_TOKEN": "00", "PATH": "/bin"}
    ended = installed({**known, "GITHUB_WORKSPACE": str(tmp_path)})(["plan"])
    assert ended.code == 3
    assert "OKTA_API_TOKEN" in ended.out
    assert "IDSYNC_ACTION_TOKEN" not in ended.out


def test_an_artifact_holds_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert zipfile.ZipFile(io.BytesIO(zipped(tmp_path))).namelist() == ["a"]
