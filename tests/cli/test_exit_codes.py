"""Every way in which a command can end has its number, and nothing ends with a traceback."""

import pytest

import idsync.errors as errors
from idsync.cli.exit_codes import MEANINGS, ExitCode, exit_code_of, first_of
from tests.cli.running import Idsync

CODES = {
    "UsageError": 64,
    "UnknownPerson": 64,
    "ResourceError": 64,
    "ConfigError": 3,
    "SecretError": 3,
    "AuthenticationError": 4,
    "AuthorizationError": 4,
    "BlockedError": 5,
    "PlanError": 6,
    "PlanStale": 6,
    "PlanUsed": 6,
    "PlanTampered": 6,
    "PlanMismatch": 6,
    "SourceError": 7,
    "SourceUnreachable": 7,
    "SourceUnhealthy": 7,
    "SnapshotError": 7,
    "PartlyApplied": 8,
    "TargetError": 7,
    "StaysInOkta": 7,  # told for one step, never by itself
    "LeaseHeld": 9,
    "OlderReplica": 9,
    "LeaseLost": 9,
    "NameTaken": 1,  # of pushes alone, which are answered 409
    "StoreBusy": 9,
    "NotTogether": 1,  # of a service alone, as the next one
    "PassStopped": 1,
    "StoreAway": 1,
    "StoreDamaged": 1,
    "AppliedUnknown": 1,
    "SchemaMoved": 7,
    "StoreReplaced": 7,
    "SchemaTooOld": 7,
    "StoreError": 1,
    "IdsyncError": 1,
}


def _every_error() -> dict[str, type[errors.IdsyncError]]:
    found = {errors.IdsyncError.__name__: errors.IdsyncError}
    waiting = [errors.IdsyncError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__ == errors.__name__:
                found[kind.__name__] = kind
                waiting.append(kind)
    return found


def test_every_error_of_the_tree_has_its_exit_code() -> None:
    assert {name: exit_code_of(kind.__new__(kind)) for name, kind in _every_error().items()} == CODES


@pytest.mark.parametrize(
    ("causes", "code"),
    [
        ((), 8),
        ((errors.TargetError("x"),), 7),
        ((errors.StoreError("x"),), 8),
        ((errors.TargetError("x"), errors.LeaseHeld("x", holder="", since=""), errors.PlanStale("x")), 9),
        ((errors.PlanStale("x"), errors.AuthorizationError("x")), 4),
    ],
)
def test_a_plan_that_was_applied_in_part_ends_with_the_first_code_of_its_causes(
    causes: tuple[errors.IdsyncError, ...], code: int
) -> None:
    assert exit_code_of(errors.PartlyApplied("x", done=1, total=2, causes=causes)) == code


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["nonsense"],
        ["plan", "--nonsense"],
        ["plan", "superfluous"],
        ["plan", "--format", "yaml"],
        ["plan", "--fail-on", "info"],
        ["init"],
        ["show"],
        ["schema", "nonsense"],
        ["apply", "--lock-timeout", "soon", "--auto-approve"],
        ["get", "nonsense"],
        ["get", "all", "name"],
        ["get", "user/a", "b"],
        ["create"],
        ["history", "0"],
    ],
)
def test_a_command_line_that_cannot_be_acted_on_exits_64_never_2(arguments: list[str], idsync: Idsync) -> None:
    ended = idsync(*arguments)
    assert ended.code == 64
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err


def test_a_slip_in_a_command_is_met_with_a_suggestion(idsync: Idsync) -> None:
    assert 'Did you mean "validate"?' in idsync("validte").err


def test_an_interrupt_exits_130(idsync: Idsync, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("idsync.cli.commands.validate.load", interrupted)
    ended = idsync("validate")
    assert (ended.code, ended.out) == (130, "")
    assert "`idsync validate` was interrupted; nothing is half done." in ended.err
    monkeypatch.setattr("idsync.cli.application.application.main", interrupted)
    assert "`idsync` was interrupted" in idsync().err


def test_an_unexpected_failure_exits_1_in_a_line_and_shows_its_origin_only_when_asked(
    idsync: Idsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ZeroDivisionError("of\n\x1b[31mall things")

    monkeypatch.setattr("idsync.cli.commands.validate.load", failing)
    ended = idsync("validate")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "--debug" in ended.err
    assert "\x1b" not in ended.err
    debugged = idsync("validate", "--debug")
    assert debugged.code == 1
    assert "Traceback" in debugged.err


def test_an_invalid_configuration_exits_3(idsync: Idsync, tmp_path: object) -> None:
    assert idsync("plan", "-c", str(tmp_path)).code == 3


@pytest.mark.parametrize(
    ("codes", "first"),
    [
        ((), 0),
        ((5,), 5),
        ((5, 7), 7),
        ((8, 5), 5),
        ((8, 7, 5), 7),
        ((7, 6), 6),
        ((6, 9), 9),
        ((4, 9), 4),
        ((3, 4, 8), 3),
    ],
)
def test_of_several_codes_the_gravest_stands_first(codes: tuple[int, ...], first: int) -> None:
    assert first_of([ExitCode(code) for code in codes]) == first
