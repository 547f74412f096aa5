"""Where measuring takes place: an organization's snapshots, an empty directory of access, and one that holds it."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import click
import msgspec
import psycopg

from benchmarks.configuration import STORE, write_configuration, write_wide_guards
from benchmarks.organizations import Size, Variant
from benchmarks.processes import PYTHON, Service, run_measured
from idsync.stores.opening import store_exists

_STORE = "idsync.db"
SMALL = Size(users=1_000, groups=100, memberships=10_000)


class Stage:
    """A directory with everything that the measured commands read; what it lacks is made when it is asked for.

    Used as a context, since a server may be running at its end.
    """

    def __init__(self, directory: Path, size: Size, seed: int, store: str = STORE) -> None:
        self._directory = directory
        self.size = size
        self._seed = seed
        self._store = store
        self._is_filled = False
        self._is_followed = False
        self._is_pushed = False
        self._is_planned = False
        self._small: Stage | None = None
        self._okta: Service | None = None
        self.output = directory / "output.txt"
        self.profile = directory / "profile.stats"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._okta is not None:
            self._okta.stop()

    def prepare(self) -> None:
        """Write the snapshots, unless those of an earlier run are of the same organization."""
        made_as = self._directory / "made-as.json"
        wanted = msgspec.json.encode((self.size, self._seed))
        if not made_as.exists() or made_as.read_bytes() != wanted:
            options = [f"--{name}={count}" for name, count in msgspec.structs.asdict(self.size).items()]
            command = [PYTHON, "-m", "benchmarks.make_organization", *options, f"--seed={self._seed}"]
            run_measured([*command, str(self._directory)], self.output)
            made_as.write_bytes(wanted)
        for directory in (self._empty, self._filled, self._followed):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            write_configuration(directory, self._store if directory == self._empty else STORE)
        if self._store != STORE and store_exists(self._store, self._empty):
            raise click.UsageError("The database of --store holds a store already, which measuring would drop.")

    @property
    def _empty(self) -> Path:
        return self._directory / "empty"

    @property
    def _filled(self) -> Path:
        return self._directory / "filled"

    @property
    def _followed(self) -> Path:
        return self._directory / "followed"

    def snapshot(self, variant: Variant = "same") -> Path:
        """The snapshot file of the organization, as it is or after one person changed."""
        return self._directory / f"{variant}.json"

    def plan_file(self) -> Path:
        """Where a plan may be written."""
        return self._directory / "plan.json"

    def empty(self) -> Path:
        """A configuration whose store is missing: everything is still to be imported."""
        if self._store != STORE:
            with psycopg.connect(self._store, autocommit=True) as connection:
                connection.execute("DROP SCHEMA IF EXISTS idsync CASCADE")
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

    def many_planned(self) -> Path:
        """The plan file of the organization of many changes."""
        planned = self._directory / "many.plan"
        if not self._is_planned:
            options = ["-c", str(self.filled()), "--snapshot", str(self.snapshot("many")), "-o", str(planned)]
            run_measured([PYTHON, "-m", "idsync", "plan", *options], self.output)
            self._is_planned = True
        return planned

    def followed(self) -> Path:
        """A configuration whose store holds the organization, with upstream facts of it: pushes may change it."""
        if not self._is_followed:
            command = [PYTHON, "-m", "benchmarks.pushes", "follow", str(self._followed), str(self.snapshot())]
            run_measured(command, self.output)
            self._is_followed = True
        return self._followed

    def pushed(self) -> Path:
        """What is followed, as if everybody in it and two of its groups had been pushed."""
        followed = self.followed()
        if not self._is_pushed:
            write_wide_guards(followed)
            run_measured([PYTHON, "-m", "benchmarks.scim_members", "seed", str(followed)], self.output)
            self._is_pushed = True
        return followed

    def served(self) -> Path:
        """Where a service may keep a store of its own."""
        return self._directory / "served"

    def small(self) -> "Stage":
        """The stage of an organization of a thousand people, to see what size costs."""
        if self._small is None:
            self._directory.joinpath("small").mkdir(exist_ok=True)
            self._small = Stage(self._directory / "small", SMALL, self._seed)
            self._small.prepare()
        return self._small

    def okta(self) -> str:
        """The address of a server that answers as Okta would for the organization."""
        if self._okta is None:
            self._okta = Service([PYTHON, "-m", "benchmarks.okta_server", str(self.snapshot())])
        return self._okta.address
