"""A process that follows an organization, of which a test says when what it reads beside its ticks goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field

from idsync.reconcile.continuous.to_read import lists_to_read, people_to_read
from tests.okta_simulator import User
from tests.reconcile.test_ticks_beside_passes import World


@dataclass
class Beside:
    """The process, and the readings that wait; with `people`, also those of people, who are read at once else."""

    world: World
    people: bool = False
    readings: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hold()

    def _hold(self) -> None:
        self.readings = self.world.passes.hold_readings(people=self.people)

    def restart(self) -> None:
        """Let another process take over, without a full pass."""
        self.world.restart()
        self._hold()

    def read(self) -> None:
        """Let the oldest reading that is set off go on to its end."""
        self.readings.pop(0)()

    def person(self, number: int) -> User:
        """One of the organization."""
        return self.world.org.user(name(number))

    def people_waiting(self) -> set[str]:
        """Who is to be read."""
        told = people_to_read(self.world.store.facts, "okta").waiting()
        return {user.login for user in self.world.org.users.values() if user.id in told}

    def groups_waiting(self) -> set[str]:
        """The groups that are to be read."""
        told = lists_to_read(self.world.store.facts, "okta").waiting()
        return {group.name for group in self.world.org.groups.values() if group.id in told}


def name(number: int) -> str:
    """What the person of this number is called."""
    return f"p{number}@x.com"
