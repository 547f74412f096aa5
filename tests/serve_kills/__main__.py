"""Kill a service under load: `python -m tests.serve_kills --count 200 --seed 1`. Exits 1 when something is lost.

With `--store postgres --replicas 3` there are several, each as if on a machine of its own, and their leader and their
database are killed and stopped too. After each kill and restart: every push that was answered with success is there, in
SCIM and in the directory, a plan finds nothing to do, and the journal verifies.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.postgres.server import Server
from tests.serve_kills import kills
from tests.serve_kills.pushers import Pushed, Pushers
from tests.serve_kills.service import IN_A_FILE, Broken, Service

LOOKED_AT = 60
"""So many people are asked for over SCIM after each kill, the newest and some others; the directory is read whole."""


def kill_once(service: Service, pushers: Pushers, chance: random.Random, kill: kills.Kill) -> None:
    """Push, kill, start again and look. Raises Broken."""
    pushers.start()
    time.sleep(chance.uniform(0.05, 1.5))
    kill(service, chance)
    pushers.stop()
    if pushers.refused:
        raise Broken(f"A push was refused: {pushers.refused[0]}")
    service.start()
    look(service, pushers.people, chance)


def look(service: Service, people: list[Pushed], chance: random.Random) -> None:
    """See that everybody is as they were pushed. Raises Broken."""
    there = service.looked_at()
    lost = [each.name for each in people if each.certain and (each.name in there) != each.active]
    if lost:
        raise Broken(f"The directory does not have what was pushed of {', '.join(lost[:5])}.")
    told = [each for each in people if each.certain]
    asked = [*told[-LOOKED_AT // 2 :], *chance.sample(told, min(len(told), LOOKED_AT // 2))]
    with service.client() as client:
        for person in asked:
            answer = client.get(f"Users/{person.scim_id}")
            if answer.status_code != httpx.codes.OK or answer.json()["active"] != person.active:
                raise Broken(f"{person.name} was pushed and is answered with {answer.status_code} {answer.text[:300]}")


@contextmanager
def prepared(store: str, replicas: int) -> Iterator[tuple[Service, list[kills.Kill]]]:
    """A service, and what may happen to it, the likelier the more often it is named; gone with its database."""
    with tempfile.TemporaryDirectory(prefix="idsync-kills-") as folder:
        happens: list[kills.Kill] = [kills.web, kills.web, kills.reconciler]
        if store == "sqlite":
            yield Service(Path(folder), IN_A_FILE, replicas), happens
            return
        server = Server()
        try:
            happens.append(kills.database(server))
            if replicas > 1:
                happens += [kills.leader, kills.leader_stopped]
            yield Service(Path(folder), server.url(server.new_database()), replicas), happens
        finally:
            server.remove()


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill it so often; the exit code."""
    options = _parser().parse_args(arguments)
    began, chance = time.monotonic(), random.Random(options.seed)
    with prepared(options.store, options.replicas) as (service, happens):
        number, last = 0, ""
        pushers = Pushers(service, options.seed)
        try:
            service.start()
            pushers.start()
            time.sleep(1)
            pushers.stop()
            for number in range(1, options.count + 1):
                # Each kind comes once before chance decides.
                kill = happens[-number] if number <= len(happens) else chance.choice(happens)
                last = getattr(kill, "__name__", "").replace("kill", "database")
                kill_once(service, pushers, chance, kill)
                print(f"{number} of {options.count}: {pushers.answered:,} pushes", end="\r", file=sys.stderr)
        except Broken as error:
            print(f"Kill {number} ({last}) of seed {options.seed}: {error}\n{service.log()}")
            return 1
        finally:
            pushers.stop()
            service.stop()
    where = f"{options.replicas} on {options.store}"
    print(
        f"{options.count} kills in {time.monotonic() - began:.0f} s, {pushers.answered:,} pushes answered, "
        f"{len(pushers.people):,} people: nothing lost, nothing left to do; seed {options.seed}, {where}."
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.serve_kills", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many kills (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite", help="where the store is (sqlite)")
    parser.add_argument("--replicas", type=int, default=1, help="how many services (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
