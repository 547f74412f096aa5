"""One step of the action: `python -m action`, with everything in the environment."""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from action.applying import apply
from action.circumstances import Refused, circumstances
from action.github import GitHub, GitHubError
from action.planning import comment, plan, validate
from action.program import Idsync, installed
from action.runner_files import annotate, private
from action.step import Step
from action.unattended import drift, reconcile

MODES: Mapping[str, Callable[[Step], int]] = {
    "validate": validate,
    "plan": plan,
    "comment": comment,
    "apply": apply,
    "reconcile": reconcile,
    "drift": drift,
}


def main(environment: Mapping[str, str], idsync: Idsync | None = None) -> int:
    """Do what the environment asks for, with the `idsync` that is installed or another; the exit code.

    Whatever fails is told, and never passes for success.
    """
    try:
        about = circumstances(environment)
        private(about.folder)
        github = GitHub(about.api, about.repository, about.token, graphql=about.graphql)
        step = Step(about, github, idsync or installed(environment), environment, lambda: datetime.now(UTC))
        code = MODES[about.mode](step)
        if "exit-code" not in step.outputs:
            step.output("exit-code", code)
    except Refused as refused:
        annotate("error", str(refused))
        return refused.code
    except (GitHubError, OSError) as error:
        annotate("error", str(error))
        return 1
    if code:
        annotate("error", f"idsync {about.mode} ended with exit code {code}.")
    return code


if __name__ == "__main__":
    sys.exit(main(os.environ))
