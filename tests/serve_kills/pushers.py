"""Clients that push at the same time, and remember what the service said that it took."""

import random
import threading
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.serve_kills.service import Service

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass
class Pushed:
    """One person: their SCIM id once it was told, whether they were active last, and whether that is certain."""

    name: str
    scim_id: str = ""
    active: bool = True
    certain: bool = True


@dataclass
class Pushers:
    """So many clients, each with its own people."""

    service: Service
    seed: int
    clients: int = 4
    people: list[Pushed] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answered: int = 0
    _numbers: "count[int]" = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Push until the service goes away or `stop` is called."""
        self._stopped.clear()
        self._threads = [
            threading.Thread(target=self._push, args=(number,), daemon=True) for number in range(self.clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until nobody pushes any more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)

    def _push(self, number: int) -> None:
        chance = random.Random(f"{self.seed} {number} {len(self.people)}")
        mine: list[Pushed] = []
        with self.service.client(number) as client:
            while not self._stopped.is_set():
                try:
                    known = [each for each in mine if each.certain]
                    if known and chance.random() < 0.4:
                        self._change(client, chance.choice(known))
                    else:
                        self._create(client, mine)
                except httpx.TransportError:
                    return

    def _create(self, client: httpx.Client, mine: list[Pushed]) -> None:
        with self._lock:
            person = Pushed(f"p{next(self._numbers):06}@enzos-pizza.com", certain=False)
            self.people.append(person)
        user = {"schemas": [_USER], "userName": person.name, "externalId": f"00u{person.name}", "active": True}
        answer = client.post("Users", json=user)
        if self._took(answer):
            person.scim_id, person.certain = answer.json()["id"], True
            mine.append(person)

    def _change(self, client: httpx.Client, person: Pushed) -> None:
        active, person.certain = not person.active, False
        operation = {"op": "replace", "path": "active", "value": active}
        answer = client.patch(f"Users/{person.scim_id}", json={"schemas": [_PATCH], "Operations": [operation]})
        if self._took(answer):
            person.active, person.certain = active, True

    def _took(self, answer: httpx.Response) -> bool:
        with self._lock:
            self.answered += 1
            if not answer.is_success and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                self.refused.append(f"{answer.status_code} {answer.text[:300]}")
        return answer.is_success
