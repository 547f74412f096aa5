"""Connections that push people at one time, some of them the same people, and what must be there afterwards."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests.serve_kills.service import Broken, Service

CONTESTED = 10
"""One person in so many is pushed by two connections."""
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_PAGE = 500


@dataclass(frozen=True)
class Rate:
    """What was pushed, in how many seconds."""

    people: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.people:,} people in {self.seconds:.0f} s, {self.people / self.seconds:.0f} a second"


def push_many(service: Service, people: int, connections: int, seed: int) -> Rate:
    """Push so many people to a running service, and look whether each is there once. Raises Broken."""
    names = [f"p{number:06}@enzos-pizza.com" for number in range(people)]
    shares = [names[number::connections] for number in range(connections)]
    for number, name in enumerate(names[::CONTESTED]):
        shares[(number * CONTESTED + 1) % connections].append(name)
    for number, share in enumerate(shares):
        random.Random(f"{seed} {number}").shuffle(share)
    begun = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        made = [name for each in pool.map(lambda one: _push(service, *one), enumerate(shares)) for name in each]
    rate = Rate(people, time.monotonic() - begun)
    twice = [name for name, count in Counter(made).items() if count > 1]
    if twice or len(made) != people:
        raise Broken(f"{people:,} people were pushed, {len(made):,} times one was made; twice {twice[:5]}.")
    _look(service, names)
    return rate


def _push(service: Service, number: int, share: list[str]) -> list[str]:
    """The names of those whom the service made; it may refuse a name that somebody has."""
    made = []
    with service.client(number) as client:
        for name in share:
            answer = client.post("Users", json={"schemas": [_USER], "userName": name, "externalId": f"00u{name}"})
            if answer.status_code == httpx.codes.CREATED:
                made.append(name)
            elif answer.status_code != httpx.codes.CONFLICT:
                raise Broken(f"{name} was answered with {answer.status_code} {answer.text[:300]}")
    return made


def _look(service: Service, names: list[str]) -> None:
    """See by SCIM, in the directory and in the journal that everybody is there once. Raises Broken."""
    found: list[str] = []
    with service.client() as client:
        while True:
            page = client.get("Users", params={"startIndex": len(found) + 1, "count": _PAGE}).json()
            if not page.get("Resources"):
                break
            found += [each["userName"] for each in page["Resources"]]
    if sorted(found) != sorted(names) or page["totalResults"] != len(names):
        raise Broken(
            f"{len(names):,} people were pushed, and SCIM lists {len(found):,}, {len(set(found)):,} of them apart."
        )
    there = service.looked_at()
    if there != set(names):
        raise Broken(f"{len(names):,} people were pushed, and {len(there):,} have an account.")
