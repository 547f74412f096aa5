"""filters, explain, drift, history, snapshot and schema: looking without changing."""

from pathlib import Path

import msgspec
import pytest

from tests.cli.running import Idsync

HIRO = "hiro.tanaka@enzos-pizza.com"
LIST = "00g1enzo0012"


def test_filters_show_what_is_taken_and_why_the_rest_is_not(idsync: Idsync, fresh: Path) -> None:
    told = idsync("filters", "-c", fresh)
    assert told.code == 0
    assert "Groups: 10 of 12 become access lists." in told.out
    assert "Apps: 3 of 6 become access lists." in told.out
    found = idsync("filters", "-c", fresh, "--format", "json").json
    assert isinstance(found, dict)
    why_not = {each["name"]: each["why_not"] for each in found["groups"] + found["apps"] if not each["taken"]}
    assert set(why_not) == {"Everyone", "contractors", "Order Archive", "Shift Planner", "Teleport"}
    assert why_not["Order Archive"] == "inactive"
    assert why_not["Shift Planner"] == "excluded"


def test_filters_show_no_line_that_a_name_makes_up(idsync: Idsync, fresh: Path) -> None:
    recording = fresh / "snapshot.json"
    recording.write_text(recording.read_text().replace('"team-web"', '"team-web (00g0)\\n  + \\u202enimda"'))
    told = idsync("filters", "-c", fresh).out
    assert "team-web (00g0)\\n  + \\u202enimda (" in told
    assert "\n  + nimda" not in told
    assert "\u202e" not in told


def test_other_filters_can_be_tried(idsync: Idsync, fresh: Path) -> None:
    found = idsync(
        "filters", "-c", fresh, "--groups", "aws-*", "--groups", "^team-(web|data)$", "--format", "json"
    ).json
    assert isinstance(found, dict)
    taken = [(each["name"], each["by"]) for each in found["groups"] if each["taken"]]
    assert taken == [
        ("aws-admin", "aws-*"),
        ("aws-readonly", "aws-*"),
        ("team-data", "^team-(web|data)$"),
        ("team-web", "^team-(web|data)$"),
    ]


def test_who_tries_filters_on_one_kind_is_shown_that_kind(idsync: Idsync, fresh: Path) -> None:
    told = idsync("filters", "-c", fresh, "--groups", "team-w*").out
    assert "Apps:" not in told
    assert "  + team-web (00g1enzo0012)  [by team-w*]" in told
    assert "    not: aws-admin, aws-readonly, contractors, team-data, " in told
    assert "Groups:" not in idsync("filters", "-c", fresh, "--apps", "*").out


def test_a_filter_that_fails_only_by_case_says_so(idsync: Idsync, fresh: Path) -> None:
    told = idsync("filters", "-c", fresh, "--apps", "grafana").out
    assert "only upper and lower case differ from grafana" in told


def test_half_an_expression_that_is_tried_draws_the_warning_of_one_in_a_file(idsync: Idsync, fresh: Path) -> None:
    told = idsync("filters", "-c", fresh, "--groups", "^team-(web|data)")
    assert told.code == 0
    assert "Groups: 0 of 12" in told.out
    assert "warning: --groups '^team-(web|data)' looks like half an expression: it begins with ^" in told.err
    for whole in ("team-*", "^team-(web|data)$"):
        assert idsync("filters", "-c", fresh, "--groups", whole).err == ""


def test_a_filter_that_is_not_an_expression_is_a_usage_error(idsync: Idsync, fresh: Path) -> None:
    assert idsync("filters", "-c", fresh, "--groups", "^(?=x)$").code == 64


def test_explain_names_the_rule_with_its_file_and_line(idsync: Idsync, org: Path) -> None:
    told = idsync("explain", HIRO, "-c", org).out
    assert "role lead-security" in told
    assert "roles.yaml:9" in told
    found = idsync("explain", HIRO, "auditor", "-c", org, "--format", "json").json
    assert isinstance(found, dict)
    assert [access["name"] for access in found["access"]] == ["auditor"]
    assert len(found["access"][0]["paths"]) == 2


def test_explain_names_what_is_missing(idsync: Idsync, org: Path) -> None:
    told = idsync("explain", "jonas.berg@enzos-pizza.com", "-c", org)
    assert told.code == 0
    assert "DEPROVISIONED" in told.out
    assert "missing:" in told.out
    assert "missing:" in idsync("explain", HIRO, "lead-web", "-c", org).out


def test_explain_works_on_files_alone(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text(idsync("get", "all", "-c", org, "--format", "json").out)
    from_store = idsync("explain", HIRO, "-c", org).out
    (org / "idsync.db").unlink()
    assert idsync("explain", HIRO, "-c", org, "--current", tmp_path / "current.json").out == from_store


def test_a_list_that_somebody_lacks_is_known_by_its_title_too(idsync: Idsync, org: Path) -> None:
    told = idsync("explain", HIRO, "Team web", "-c", org).out
    assert f"missing: {HIRO} is not a member of the group team-web ({LIST}) in Okta." in told


def test_there_is_no_drift_after_an_apply(idsync: Idsync, org: Path) -> None:
    ended = idsync("drift", "-c", org)
    assert (ended.code, ended.out) == (0, "No drift: what is ours is as the last apply left it.\n")
    assert ended.out.strip() in idsync("drift", "-c", org, "--format", "markdown").out.replace("&#58;", ":")
    empty = idsync("drift", "-c", org, "--format", "json")
    assert empty.code == 0
    assert isinstance(empty.json, dict)
    assert empty.json["changes"] == []


def _edit_by_hand(idsync: Idsync, org: Path) -> None:
    """A title changed, a user removed, a member added."""
    printed = idsync("get", f"access_list/{LIST}", "-c", org, "--format", "json").out
    idsync("create", "-f", "-", "-c", org, stdin=printed.replace("Team web", "Webbers"))
    idsync("rm", f"user/{HIRO}", "-c", org, "--auto-approve")
    member = {"access_list": "00g1enzo0005", "name": "zoe.martin@enzos-pizza.com"}
    resource = {
        "kind": "access_list_member",
        "version": "v1",
        "metadata": {"name": member["name"]},
        "spec": member,
    }
    assert idsync("create", "-", "-c", org, stdin=msgspec.json.encode(resource).decode()).code == 0


def test_hand_edits_of_what_is_ours_are_drift_and_are_put_back(idsync: Idsync, org: Path) -> None:
    _edit_by_hand(idsync, org)
    ended = idsync("drift", "-c", org, "--format", "json")
    assert ended.code == 10
    assert isinstance(ended.json, dict)
    assert [change["address"] for change in ended.json["changes"]] == [
        f"user/{HIRO}",
        f"access_list/{LIST}",
        "access_list/00g1enzo0005",
    ]
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    assert idsync("drift", "-c", org).code == 0


def test_what_okta_changed_is_not_drift(idsync: Idsync, org: Path) -> None:
    _edit_by_hand(idsync, org)
    ended = idsync("drift", "-c", org, "--snapshot", org / "snapshot-next.json", "--format", "json")
    assert ended.code == 10
    assert isinstance(ended.json, dict)
    addresses = {change["address"]: change for change in ended.json["changes"]}
    assert set(addresses) == {f"user/{HIRO}", f"access_list/{LIST}", "access_list/00g1enzo0005"}
    assert addresses["access_list/00g1enzo0005"]["members_removed"] == ["zoe.martin@enzos-pizza.com"]


def _grant_by_hand(idsync: Idsync, org: Path) -> None:
    """The list of the web team gives a role more."""
    printed = idsync("get", f"access_list/{LIST}", "-c", org, "--format", "json").out
    given = printed.replace('"team-web"', '"team-web", "root"')
    assert idsync("create", "-f", "-", "-c", org, stdin=given).code == 0


def test_drift_names_everyone_who_has_something_by_a_hand_edit_and_nobody_else(idsync: Idsync, org: Path) -> None:
    _grant_by_hand(idsync, org)
    members = idsync("get", "access_list_members", LIST, "-c", org, "--format", "json").json
    for snapshot in ("snapshot.json", "snapshot-next.json"):
        drifted = idsync("drift", "-c", org, "--snapshot", org / snapshot, "--format", "json").json
        assert isinstance(drifted, dict)
        assert isinstance(members, list)
        found = {delta["person"]: [loss["name"] for loss in delta["loses"]] for delta in drifted["access_delta"]}
        assert found == {each["spec"]["name"]: ["root"] for each in members}


def test_who_joined_a_list_in_okta_is_not_drift_of_a_list_that_somebody_edited(idsync: Idsync, org: Path) -> None:
    _grant_by_hand(idsync, org)
    told = idsync("drift", "-c", org, "--snapshot", org / "snapshot-next.json").out
    assert told.startswith("Drift, to be put back: 6 people lose some access; 1 list is changed.\n")
    drifted = idsync("drift", "-c", org, "--snapshot", org / "snapshot-next.json", "--format", "json").json
    assert isinstance(drifted, dict)
    (change,) = drifted["changes"]
    assert (change["address"], change["members_added"]) == (f"access_list/{LIST}", [])


def test_members_that_went_with_a_list_which_somebody_made_again_are_drift(idsync: Idsync, org: Path) -> None:
    printed = idsync("get", f"access_list/{LIST}", "-c", org, "--format", "json").json
    assert isinstance(printed, list)
    del printed[0]["metadata"]["revision"]
    assert idsync("rm", f"access_list/{LIST}", "-c", org, "--auto-approve").code == 0
    assert idsync("create", "-", "-c", org, stdin=msgspec.json.encode(printed).decode()).code == 0
    drifted = idsync("drift", "-c", org, "--format", "json").json
    assert isinstance(drifted, dict)
    (change,) = drifted["changes"]
    assert len(change["members_added"]) == 6


def test_explain_tells_by_its_code_whether_somebody_has_it_now(idsync: Idsync, org: Path) -> None:
    enzo = "enzo.moretti@enzos-pizza.com"
    for form in ("text", "json"):
        assert idsync("explain", enzo, "-c", org, "--format", form).code == 0
        assert idsync("explain", enzo, "role/okta-requester", "-c", org, "--format", form).code == 0
        assert idsync("explain", enzo, "role/nothing", "-c", org, "--format", form).code == 10


@pytest.mark.parametrize("resource", [(), ("role/okta-requester",)], ids=["at all", "and a role"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_explain_takes_nobody_whom_nobody_knows_for_somebody_without_access(
    idsync: Idsync, org: Path, resource: tuple[str, ...], form: str
) -> None:
    ended = idsync("explain", "hiro.tanak@enzos-pizza.com", *resource, "-c", org, "--format", form)
    assert (ended.code, ended.out) == (64, "")
    assert "error: Nobody called 'hiro.tanak@enzos-pizza.com' is known." in ended.err
    assert f"Did you mean {HIRO}?" in ended.err


def test_explain_knows_who_is_only_locked(idsync: Idsync, org: Path) -> None:
    gone = "gone@enzos-pizza.com"
    assert idsync("lock", gone, "--message", "Left in a hurry", "-c", org).code == 0
    ended = idsync("explain", gone, "-c", org)
    assert ended.code == 0
    assert f"{gone} (not in the last reading) does not have the app; locked now." in ended.out
    assert idsync("explain", gone, "role/okta-requester", "-c", org).code == 10


def test_explain_says_of_what_only_the_next_apply_gives_that_it_is_not_held(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("explain", "enzo.moretti@enzos-pizza.com", "role/okta-requester", "-c", fresh)
    assert ended.code == 10
    assert "comes with the next apply" in ended.out


def test_history_tells_runs_and_hands_the_newest_first(idsync: Idsync, org: Path) -> None:
    _edit_by_hand(idsync, org)
    lines = [line for line in idsync("history", "-c", org).out.splitlines() if not line.startswith(" ")]
    assert len(lines) == 4
    assert "created member zoe.martin@enzos-pizza.com of list Team data (00g1enzo0005) by hand" in lines[0]
    assert f"removed user/{HIRO} by hand" in lines[1]
    assert "run 1 applied" in lines[3]


def test_history_shows_every_step_of_one_run(idsync: Idsync, org: Path) -> None:
    told = idsync("history", "1", "-c", org).out
    assert told.count("  + user ") == 39
    found = idsync("history", "1", "-c", org, "--format", "json").json
    assert isinstance(found, list)
    assert [entry["sequence"] for entry in found] == list(range(1, len(found) + 1))
    assert idsync("history", "2", "-c", org).code == 64


def test_the_history_of_a_second_week_can_be_read(idsync: Idsync, org: Path) -> None:
    assert idsync("apply", "-c", org, "--snapshot", org / "snapshot-next.json", "--auto-approve").code == 0
    told = idsync("history", "2", "-c", org)
    assert told.code == 0
    assert "- user quentin.dubois@enzos-pizza.com  [deactivated in Okta]" in told.out
    assert idsync("history", "-c", org, "--verify").code == 0


def test_history_verifies_its_chain(idsync: Idsync, org: Path) -> None:
    whole = idsync("history", "-c", org, "--verify")
    assert whole.code == 0
    assert whole.out.startswith("The journal is whole")
    verdict = idsync("history", "-c", org, "--verify", "--format", "json").json
    assert isinstance(verdict, dict)
    assert verdict["broken_at"] is None


def test_there_is_no_history_before_the_first_apply(idsync: Idsync, fresh: Path) -> None:
    assert idsync("history", "-c", fresh).out == "Nothing was done yet.\n"
    assert idsync("history", "-c", fresh, "--format", "json").json == []


def test_a_snapshot_is_a_source_again(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    written = idsync("snapshot", "-c", fresh, "-o", tmp_path / "s.json")
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "s.json").stat().st_mode & 0o077 == 0
    assert idsync("snapshot", "-c", fresh).out == (tmp_path / "s.json").read_text()
    plan = idsync("plan", "-c", fresh, "--format", "json").out
    assert idsync("plan", "-c", fresh, "--snapshot", tmp_path / "s.json", "--format", "json").out == plan


def test_pseudonyms_are_the_same_every_time_and_lead_back_to_nobody(
    idsync: Idsync, fresh: Path, tmp_path: Path
) -> None:
    first = idsync("snapshot", "-c", fresh, "--sanitize").out
    assert idsync("snapshot", "-c", fresh, "--sanitize").out == first
    assert "tanaka" not in first.lower()
    (tmp_path / "key").write_bytes(bytes(range(32)))
    assert idsync("snapshot", "-c", fresh, "--sanitize", "--key-file", tmp_path / "key").out != first


def test_a_key_without_sanitize_or_too_short_a_key_is_a_usage_error(
    idsync: Idsync, fresh: Path, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(b"short")
    assert idsync("snapshot", "-c", fresh, "--key-file", tmp_path / "key").code == 64
    assert idsync("snapshot", "-c", fresh, "--sanitize", "--key-file", tmp_path / "key").code == 64
    assert idsync("snapshot", "-c", fresh, "--sanitize", "--key-file", tmp_path / "none").code == 64


@pytest.mark.parametrize("name", ["config", "snapshot", "plan"])
def test_schemas_are_the_published_ones(name: str, idsync: Idsync) -> None:
    published = Path(__file__).parents[2] / "schemas" / f"{name}.v1.schema.json"
    assert idsync("schema", name).json == msgspec.json.decode(published.read_bytes())
