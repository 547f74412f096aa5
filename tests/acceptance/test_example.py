"""From an empty folder to an empty plan, and through a week of changes, with no Okta."""

from pathlib import Path

from tests.acceptance.programs import command, idsync


def test_the_example_is_planned_applied_and_then_there_is_nothing_to_do(tmp_path: Path) -> None:
    org = tmp_path / "org"
    assert idsync("init", org, "--example").code == 0
    assert idsync("validate", "-c", org).code == 0
    assert idsync("plan", "-c", org, "--detailed-exitcode").code == 2
    assert idsync("apply", "-c", org).code == 64
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    after = idsync("plan", "-c", org, "--detailed-exitcode")
    assert (after.code, after.err) == (0, "")

    week: list[str | Path] = ["--snapshot", org / "snapshot-next.json"]
    kept = tmp_path / "week.plan"
    assert idsync("plan", "-c", org, *week, "-o", kept, "--detailed-exitcode").code == 2
    assert idsync("show", kept).code == 0
    assert idsync("apply", "-c", org, kept).code == 0
    assert idsync("apply", "-c", org, kept).code == 6
    assert idsync("plan", "-c", org, *week, "--detailed-exitcode").code == 0
    assert idsync("history", "-c", org, "--verify").code == 0

    gone = idsync("get", "user/quentin.dubois@enzos-pizza.com", "-c", org)
    assert gone.code == 64
    locks = idsync("get", "locks", "-c", org, "--format", "json").json
    locked = {lock["spec"]["target"]["user"]: "expires" in lock["spec"] for lock in locks}
    assert locked == {
        "quentin.dubois@enzos-pizza.com": True,
        "lucia.ferri@enzos-pizza.com": True,
        "chidi.eze@enzos-pizza.com": False,
        "yusuf.demir@enzos-pizza.com": False,
    }
    renamed = idsync("get", "user/lucia.costa@enzos-pizza.com", "-c", org, "--format", "json").json
    assert renamed[0]["spec"]["traits"]["okta/lastName"] == ["Costa"]


def test_going_back_a_week_brings_everybody_back(tmp_path: Path) -> None:
    org = tmp_path / "org"
    assert command("init", org, "--example").code == 0
    assert command("apply", "-c", org, "--auto-approve").code == 0
    before = command("get", "users", "-c", org, "--format", "json").json
    assert command("apply", "-c", org, "--snapshot", org / "snapshot-next.json", "--auto-approve").code == 0
    assert command("apply", "-c", org, "--auto-approve").code == 6
    back = ("--allow", "source_older=back to the week before")
    assert command("apply", "-c", org, "--auto-approve", *back).code == 0
    after = command("get", "users", "-c", org, "--format", "json").json
    assert after == before
    locks = command("get", "locks", "-c", org, "--format", "json").json
    locked = {lock["spec"]["target"]["user"] for lock in locks}
    # Lucia is called Ferri again, and so it is the name Costa that nobody may use any more; so it is with Leila's.
    assert locked == {
        "yusuf.demir@enzos-pizza.com",
        "lucia.costa@enzos-pizza.com",
        "leila.nasser@enzos-pizza.com",
    }
