"""What every mode is given, and what every mode answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from action.circumstances import Circumstances
from action.github import GitHub
from action.program import Ended, Idsync
from action.runner_files import add_summary, set_output, show

EXPOSED = (
    "This repository is public, and plans, recordings, comments and issues name people: everybody could read them. Make"
    " it private, or set the input allow-public to true if that is meant."
)
USAGE = 64


@dataclass(frozen=True)
class Step:
    """One step of a job: its circumstances, GitHub, idsync, and a clock."""

    about: Circumstances
    github: GitHub
    idsync: Idsync
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, config: str | Path | None = None) -> Ended:
        """Run idsync on the configuration; what it says beside is shown in the log."""
        place = self.about.config if config is None else config
        ended = self.idsync([*map(str, arguments), "-c", str(place)])
        if ended.err.strip():
            show(ended.err)
        return ended

    @property
    def is_exposed(self) -> bool:
        """Whether everybody could read what this job leaves, and nobody said that this is meant. Raises GitHubError."""
        return not self.about.allow_public and self.github.is_public

    def output(self, name: str, value: object) -> None:
        """Set an output of the action."""
        self.outputs[name] = str(value)
        set_output(self.environment, name, str(value))

    def summarize(self, text: str) -> None:
        """Add to the summary of the job."""
        add_summary(self.environment, text)
