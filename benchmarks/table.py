"""The table that a benchmark prints: what each row took, as a ratio to its yardstick, beside what it may take."""

from collections.abc import Iterable, Sequence

import msgspec

from benchmarks.processes import Usage, middle
from benchmarks.rows import Row, Yardstick

_HEADINGS = ("work", "CPU s", "wall s", "MiB", "told ms", "ratio", "allowed", "aim", "MiB allowed", "verdict")


class Measured(msgspec.Struct, frozen=True):
    """The medians of a row, and of the yardstick that was measured in turn with it."""

    row: Row
    usage: Usage
    yardstick: Usage

    @property
    def ratio(self) -> float:
        """Processor time as a multiple of the yardstick's: what else runs on the machine disturbs it least.

        Of a row that tells a figure itself, that figure.
        """
        if self.row.told is not None:
            return self.usage.told / self.yardstick.told
        return self.usage.processor / self.yardstick.processor

    @property
    def verdict(self) -> str:
        """What the limits say; it informs, and decides nothing."""
        row = self.row
        over = [
            name
            for name, is_over in (
                ("time", row.allowed is not None and self.ratio > row.allowed),
                ("memory", row.memory is not None and self.usage.memory > row.memory),
            )
            if is_over
        ]
        if over:
            return f"over in {' and '.join(over)}"
        if row.allowed is None and row.memory is None:
            return ""
        return "aim met" if row.aim is not None and self.ratio <= row.aim else "allowed"


def render(measured: Sequence[Measured]) -> str:
    """The table, with a line for every yardstick after the rows that are held against it."""
    lines = [_HEADINGS, *map(_cells, measured), *_yardstick_lines(measured)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(cells, widths) for cells in lines)


def _cells(found: Measured) -> tuple[str, ...]:
    row = found.row
    return (
        row.title,
        *_figures(found.usage),
        f"{found.ratio:.2f}",
        *("" if limit is None else f"{limit:g}" for limit in (row.allowed, row.aim, row.memory)),
        found.verdict,
    )


def _yardstick_lines(measured: Iterable[Measured]) -> list[tuple[str, ...]]:
    by_yardstick: dict[tuple[Yardstick, str | None], list[Usage]] = {}
    for found in measured:
        by_yardstick.setdefault((found.row.yardstick, found.row.told), []).append(found.yardstick)
    return [
        (f"yardstick: {yardstick.value}", *_figures(middle(usages)), "1.00", "", "", "", "")
        for (yardstick, _), usages in by_yardstick.items()
    ]


def _figures(usage: Usage) -> tuple[str, str, str, str]:
    told = f"{usage.told:.1f}" if usage.told else ""
    return f"{usage.processor:.3f}", f"{usage.wall:.3f}", f"{usage.memory:.0f}", told


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *figures, last = (
        cell.ljust(width) if place in (0, len(cells) - 1) else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *figures, last]).rstrip()
