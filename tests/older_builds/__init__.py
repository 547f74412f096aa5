"""Builds of this program from its own history, which are run as they were beside the present one.

They stand in an archive, since a clone need not have the history: `just older-builds` makes it of the commits below.
"""

import atexit
import shutil
import tarfile
import tempfile
from functools import cache
from pathlib import Path

SCHEMA_BEFORE, SAME_SCHEMA = "schema-before", "same-schema"
COMMITS = {
    SCHEMA_BEFORE: "b795e7fb741243bf13c5a2842bb71f0e763f2667",
    SAME_SCHEMA: "66c35fd9b05c2142356ac78a1fd87162172a7557",
}
"""The last commit of the schema before this one, and one of this schema; set them when a migration is added."""
ARCHIVE = Path(__file__).with_name("builds.tar.xz")
RUNNER = "tests/serve_kills/elsewhere.py"
"""Kept with each build: what runs it as if on a machine of its own knows where its parts were."""


def older_build(name: str) -> Path:
    """The folder of a build: its package `idsync`, and `elsewhere.py`, which runs it."""
    return _unpacked() / name


@cache
def _unpacked() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="idsync-older-builds-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder
