"""What a step leaves for the runner: outputs, the summary of the job, annotations.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

SUMMARY_LIMIT = 1_000_000


def set_output(environment: Mapping[str, str], name: str, value: str) -> None:
    """Set an output. Its end is a line that nothing in it can hold."""
    path = environment.get("GITHUB_OUTPUT")
    if not path:
        return
    end = f"end-{secrets.token_hex(16)}"
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{name}<<{end}\n{value}\n{end}\n")


def add_summary(environment: Mapping[str, str], text: str) -> None:
    """Add to the summary of the job, which GitHub drops whole where it is over a mebibyte."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text[:SUMMARY_LIMIT] + "\n\n")


def annotate(level: str, message: str) -> None:
    """Tell of something beside the log; nothing in the message ends the command or begins another."""
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{level} title=idsync::{escaped}", flush=True)


def show(text: str) -> None:
    """Print text into the log, in which no line is a command to the runner."""
    end = secrets.token_hex(16)
    print(f"::stop-commands::{end}\n{text.rstrip()}\n::{end}::", flush=True)


def private(path: Path) -> Path:
    """A folder that the runner's other users cannot read; plans and recordings name people."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path
