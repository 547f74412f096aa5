"""The tree of errors: every refusal carries what, why and how to fix, and what scripts need."""

import idsync.errors as errors
from idsync.diagnostics import Diagnostic, Position, Severity


def test_every_error_is_one_of_ours_and_documented() -> None:
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, Exception)]
    assert len(classes) > 15
    for item in classes:
        assert issubclass(item, errors.IdsyncError)
        assert item.__doc__
        assert item.__name__ in (errors.__doc__ or "")


def test_an_error_says_what_why_how_to_fix_and_where() -> None:
    error = errors.SecretError("what", why="why", fix="fix", position=Position("a.yaml", 3, 4))
    assert (str(error), error.summary, error.why, error.fix, str(error.position)) == (
        "what", "what", "why", "fix", "a.yaml:3:4",
    )  # fmt: skip


def test_errors_carry_what_scripts_need() -> None:
    mistake = Diagnostic("C1", Severity.ERROR, "what", "why", "fix", Position("a.yaml", 1, 1))
    assert errors.ConfigError("x", [mistake]).diagnostics == (mistake,)
    assert errors.AuthorizationError("x", scope="okta.users.read").scope == "okta.users.read"
    assert errors.BlockedError("x", guards=["user_deletes"]).guards == ("user_deletes",)
    assert errors.PlanStale("x", addresses=["user/a"]).addresses == ("user/a",)
    assert errors.SourceUnhealthy("x", codes=["source_empty"]).codes == ("source_empty",)
    partly = errors.PartlyApplied("x", done=1, total=2)
    assert (partly.done, partly.total) == (1, 2)
    held = errors.LeaseHeld("x", holder="ann", since="now")
    assert (held.holder, held.since) == ("ann", "now")
