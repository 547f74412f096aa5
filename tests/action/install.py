"""Installs idsync as the action does, by its own script, from a copy of this tree: `python -m tests.action.install`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.action.runner import ACTION, ROOT


def main() -> int:
    """Run the script of the action's first step, and the program that it leaves."""
    with tempfile.TemporaryDirectory() as folder:
        script = ACTION["runs"]["steps"][0]["run"]
        told = {"RUNNER_TEMP": folder, "IDSYNC_ACTION_PYTHON": sys.executable, "IDSYNC_ACTION_PATH": str(ROOT)}
        subprocess.run(["/bin/bash", "-eo", "pipefail", "-c", script], env={**os.environ, **told}, check=True)
        program = Path(folder, "idsync-action", "bin", "idsync")
        return subprocess.run([str(program), "version"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
