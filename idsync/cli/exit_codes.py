"""The exit codes, and the one place that says which error means which."""

from collections.abc import Collection
from enum import IntEnum

from idsync.errors import (
    AuthenticationError,
    BlockedError,
    ConfigError,
    IdsyncError,
    LeaseHeld,
    LeaseLost,
    PartlyApplied,
    PlanError,
    ResourceError,
    SchemaMoved,
    SchemaTooOld,
    SecretError,
    SourceError,
    StoreBusy,
    StoreReplaced,
    TargetError,
    UsageError,
)


class ExitCode(IntEnum):
    """What a finished command tells the shell. A number never changes its meaning."""

    DONE = 0
    UNEXPECTED = 1
    CHANGES_PRESENT = 2
    CONFIG_INVALID = 3
    NOT_ALLOWED = 4
    BLOCKED = 5
    PLAN_UNUSABLE = 6
    SOURCE_UNUSABLE = 7
    PARTLY_APPLIED = 8
    LOCKED_BY_ANOTHER_RUN = 9
    DRIFT_FOUND = 10
    USAGE = 64
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141
    TERMINATED = 143


MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.UNEXPECTED: "unexpected error, or the store cannot be used",
    ExitCode.CHANGES_PRESENT: "changes present (only with --detailed-exitcode)",
    ExitCode.CONFIG_INVALID: "the configuration is invalid, or a secret is missing",
    ExitCode.NOT_ALLOWED: "authentication or permission",
    ExitCode.BLOCKED: "blocked by a guard or by --fail-on",
    ExitCode.PLAN_UNUSABLE: "the plan is stale, used, tampered with or made for something else",
    ExitCode.SOURCE_UNUSABLE: "the source is unhealthy, or it or a target is unreachable",
    ExitCode.PARTLY_APPLIED: "partly applied: run again",
    ExitCode.LOCKED_BY_ANOTHER_RUN: "another run is at work",
    ExitCode.DRIFT_FOUND: "drift found (drift), or not held (explain)",
    ExitCode.USAGE: "the command line, or what it was given, cannot be acted on",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.OUTPUT_CLOSED: "the reader of the output went away",
    ExitCode.TERMINATED: "told to end (SIGTERM)",
}


PRECEDENCE = (
    ExitCode.CONFIG_INVALID,
    ExitCode.NOT_ALLOWED,
    ExitCode.LOCKED_BY_ANOTHER_RUN,
    ExitCode.PLAN_UNUSABLE,
    ExitCode.SOURCE_UNUSABLE,
    ExitCode.BLOCKED,
    ExitCode.PARTLY_APPLIED,
)
"""Which code a command ends with that could end with several."""


def first_of(codes: Collection[ExitCode]) -> ExitCode:
    """The code to end with where each of these applies; DONE where none does."""
    return next((code for code in PRECEDENCE if code in codes), ExitCode.DONE)


def exit_code_of(error: IdsyncError) -> ExitCode:
    """The exit code of an error that explains itself."""
    match error:
        case UsageError() | ResourceError():
            return ExitCode.USAGE
        case ConfigError() | SecretError():
            return ExitCode.CONFIG_INVALID
        case AuthenticationError():
            return ExitCode.NOT_ALLOWED
        case BlockedError():
            return ExitCode.BLOCKED
        case PlanError():
            return ExitCode.PLAN_UNUSABLE
        case SourceError() | TargetError() | SchemaTooOld() | SchemaMoved() | StoreReplaced():
            return ExitCode.SOURCE_UNUSABLE
        case PartlyApplied(causes=causes):
            return first_of({ExitCode.PARTLY_APPLIED, *map(exit_code_of, causes)})
        case LeaseHeld() | LeaseLost() | StoreBusy():
            return ExitCode.LOCKED_BY_ANOTHER_RUN
        case _:
            return ExitCode.UNEXPECTED
