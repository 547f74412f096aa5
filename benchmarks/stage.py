"""Where measuring takes place: an organization's snapshots, an empty directory of access, and one that holds it."""

import shutil
from pathlib import Path

import msgspec

from benchmarks.configuration import write_configuration
from benchmarks.organizations import Size, Variant
from benchmarks.processes import PYTHON, run_measured

_STORE = "idsync.db"


class Stage:
    """A directory with everything that the measured commands read; what it lacks is made when it is asked for."""

    def __init__(self, directory: Path, size: Size, seed: int) -> None:
        self._directory = directory
        self._size = size
        self._seed = seed
        self._is_filled = False
        self.output = directory / "output.txt"
        self.profile = directory / "profile.stats"

    def prepare(self) -> None:
        """Write the snapshots, unless those of an earlier run are of the same organization."""
        made_as = self._directory / "made-as.json"
        wanted = msgspec.json.encode((self._size, self._seed))
        if not made_as.exists() or made_as.read_bytes() != wanted:
            options = [f"--{name}={count}" for name, count in msgspec.structs.asdict(self._size).items()]
            command = [PYTHON, "-m", "benchmarks.make_organization", *options, f"--seed={self._seed}"]
            run_measured([*command, str(self._directory)], self.output)
            made_as.write_bytes(wanted)
        for directory in (self._empty, self._filled):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            write_configuration(directory)

    @property
    def _empty(self) -> Path:
        return self._directory / "empty"

    @property
    def _filled(self) -> Path:
        return self._directory / "filled"

    def snapshot(self, variant: Variant = "same") -> Path:
        """The snapshot file of the organization, as it is or after one person changed."""
        return self._directory / f"{variant}.json"

    def plan_file(self) -> Path:
        """Where a plan may be written."""
        return self._directory / "plan.json"

    def empty(self) -> Path:
        """A configuration whose store is missing: everything is still to be imported."""
        for left in self._empty.glob(f"{_STORE}*"):
            left.unlink()
        return self._empty

    def filled(self) -> Path:
        """A configuration whose store holds the organization, by `idsync apply`."""
        if not self._is_filled:
            command = [PYTHON, "-m", "idsync", "apply", "--auto-approve", "-c", str(self._filled)]
            run_measured(command, self.output)
            self._is_filled = True
        return self._filled

    def filled_store(self) -> Path:
        """The store of the filled configuration."""
        return self.filled() / _STORE
