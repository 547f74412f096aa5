"""Two processes that begin at one moment."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rivals_say(program: str, argument: Path) -> list[str]:
    """What two processes of one program say once both were let go; the program says `ready`, and waits for a line."""
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(argument)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for _ in range(2)
    ]  # fmt: skip
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    ends = [rival.communicate(timeout=60) for rival in rivals]
    assert [error for _, error in ends] == ["", ""]
    return sorted(out.strip() for out, _ in ends)
