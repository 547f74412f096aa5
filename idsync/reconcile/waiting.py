"""What waits for a person's word, as plans tell it: changes that unattended passes kept back, since when, by what."""

import shlex
from collections.abc import Iterator, Sequence

from idsync.apply.kept_back import KeptBack, kept_back
from idsync.model.addresses import split_address
from idsync.model.findings import Finding
from idsync.stores.protocol import Facts

_SHOWN = 5


def kept_back_findings(facts: Facts, target: str, options: Sequence[str] = ()) -> tuple[Finding, ...]:
    """A warning for each guard that holds back something of a target, with the command that releases it.

    `options` are those by which the command finds the same configuration.
    """
    kept = kept_back(facts, target)
    by_guard: dict[str, list[tuple[str, KeptBack]]] = {}
    for address, entries in kept.items():
        for entry in entries:
            for guard in entry.guards:
                by_guard.setdefault(guard, []).append((address, entry))
    return tuple(_finding(guard, by_guard[guard], options) for guard in sorted(by_guard))


def _finding(guard: str, held: list[tuple[str, KeptBack]], options: Sequence[str]) -> Finding:
    since = min((entry.since for _, entry in held if entry.since), default="")
    what = sorted(_words(held))
    shown = ", ".join(what[:_SHOWN]) + (f" and {len(what) - _SHOWN:,} more" if len(what) > _SHOWN else "")
    number = "1 change is" if len(what) == 1 else f"{len(what):,} changes are"
    command = f"{shlex.join(['idsync', 'apply', *options])} --allow {guard}=REASON"
    return Finding(
        "kept_back",
        "warning",
        f"{number} kept back by {guard}{f' since {since}' if since else ''}: {shown}. Passes that nobody attends "
        f"do not make them, however much time goes by. If they are right: {command}, or "
        f"release {guard} on the status page of the service.",
    )


def _words(held: list[tuple[str, KeptBack]]) -> Iterator[str]:
    for address, entry in held:
        kind, name = split_address(address)
        if entry.member:
            yield f"{entry.member} leaves {entry.access_list}"
        elif kind == "lock":
            yield f"{entry.user} is locked"
        else:
            yield f"{kind.replace('_', ' ')} {name} ({entry.action})"
