"""Kill a service under load: `python -m tests.serve_kills --count 200 --seed 1`. Exits 1 when something is lost.

After each kill and restart: every push that was answered with success is there, in SCIM and in the directory, a plan
finds nothing to do, and the journal verifies.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.serve_kills.pushers import Pushed, Pushers
from tests.serve_kills.service import Broken, Service

LOOKED_AT = 60
"""So many people are asked for over SCIM after each kill, the newest and some others; the directory is read whole."""


def kill_once(service: Service, pushers: Pushers, chance: random.Random) -> None:
    """Push, kill, start again and look. Raises Broken."""
    pushers.start()
    time.sleep(chance.uniform(0.05, 1.5))
    service.kill(chance.choice(["web", "web", "reconciler"]))
    pushers.stop()
    if pushers.refused:
        raise Broken(f"A push was refused: {pushers.refused[0]}")
    service.start()
    _look(service, pushers.people, chance)


def _look(service: Service, people: list[Pushed], chance: random.Random) -> None:
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill it so often; the exit code."""
    options = _parser().parse_args(arguments)
    began, chance = time.monotonic(), random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="idsync-kills-") as folder:
        service = Service(Path(folder))
        service.start()
        pushers = Pushers(service, options.seed)
        number = 0
        try:
            pushers.start()
            time.sleep(1)
            pushers.stop()
            for number in range(1, options.count + 1):
                kill_once(service, pushers, chance)
                print(f"{number} of {options.count}: {pushers.answered:,} pushes", end="\r", file=sys.stderr)
        except Broken as error:
            print(f"Kill {number} of seed {options.seed}: {error}\n{service.log()}")
            return 1
        finally:
            pushers.stop()
            service.stop()
    print(
        f"{options.count} kills in {time.monotonic() - began:.0f} s, {pushers.answered:,} pushes answered, "
        f"{len(pushers.people):,} people: nothing lost, nothing left to do; seed {options.seed}."
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.serve_kills", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many kills (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
