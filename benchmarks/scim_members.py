"""A member of a pushed group, PATCHed in and out as Okta does: `python -m benchmarks.scim_members WHAT FOLDER`.

`seed` has everybody whom a folder follows pushed already, and both lists of `benchmarks.pushes` as pushed groups.
`large` and `small` then put one person after another into one of them and out again, over HTTP without a socket.
Prints as JSON the milliseconds of processor time that one PATCH took.
"""

import asyncio
import gc
import json
import sys
import time
from pathlib import Path

import httpx
import msgspec

from benchmarks.pushes import LARGE, SMALL, pushed_people
from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.model.identity import IdentityUser, raw_json
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.model.times import format_time
from idsync.server.application import application
from idsync.server.scim.endpoint import ScimEndpoint
from idsync.server.tokens import make_token
from idsync.server.worker import Worker
from idsync.stores.protocol import Access

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_TOKEN = "token.txt"
_BASE = "http://idsync/scim/v2/okta"
_WARMING, _MEASURED = 5, 40


def seed(folder: Path) -> None:
    """Have the people and the two groups pushed, each under its Okta id as its SCIM id."""
    place = open_workspace(folder)
    with place.store(Access.WRITE) as store, store.transaction():
        now, known = format_time(place.now()), store.upstream.whole()
        assert known is not None
        for user in known.users:
            store.pushed.put_user(_pushed(user, now))
        for group in known.groups:
            if group.id in (LARGE, SMALL):
                body = raw_json({"displayName": group.name})
                store.pushed.put_group(PushedGroup(group.id, group.name, group.id, None, body, 1, now, now, 0))
                store.pushed.add_members(group.id, dict.fromkeys(group.member_ids()))
        _, text = make_token(store.tokens, name="okta", integration="okta", by="me", now=place.now(), ends=None)
        (folder / _TOKEN).write_text(text)


def _pushed(user: IdentityUser, now: str) -> PushedUser:
    body = raw_json({"userName": user.username, "externalId": user.id, "active": True})
    return PushedUser(user.id, user.username, user.id, user.id, True, body, 1, now, now, 0)


async def patch(group: str, folder: Path) -> float:
    """Put people into a group and out again, one by one; the seconds of processor time that each PATCH took."""
    place = _place(folder)
    worker = Worker(lambda: place.store(Access.WRITE), "local", place.holder(format_time(place.now())), time.sleep)
    worker.start()
    app = application(_endpoint(place, worker), worker)
    headers = {"Authorization": f"Bearer {(folder / _TOKEN).read_text()}", "Content-Type": "application/scim+json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers) as http:
        people = pushed_people(folder)
        for user in people[:_WARMING]:
            await _in_and_out(http, group, user)
        begun = time.process_time()
        measured = people[_WARMING : _WARMING + _MEASURED]
        for user in measured:
            await _in_and_out(http, group, user)
        took = time.process_time() - begun
    worker.stop()
    return took / (2 * len(measured))


def _place(folder: Path) -> Workspace:
    """The folder's configuration, but for its source, which pushes stand beside."""
    place = open_workspace(folder)
    integration = place.settings.integration
    integration = msgspec.structs.replace(integration, sync=msgspec.structs.replace(integration.sync, scim=True))
    return Workspace(msgspec.structs.replace(place.settings, integration=integration), place.directory)


def _endpoint(place: Workspace, worker: Worker) -> ScimEndpoint:
    limit = place.settings.service.body_limit
    return ScimEndpoint("okta", worker, in_force=lambda _: place, body_limit=limit)


async def _in_and_out(http: httpx.AsyncClient, group: str, user: str) -> None:
    path = f"{_BASE}/Groups/{group}"
    for operation in (
        {"op": "add", "path": "members", "value": [{"value": user, "display": user}]},
        {"op": "remove", "path": f'members[value eq "{user}"]'},
    ):
        content = msgspec.json.encode({"schemas": [_PATCH], "Operations": [operation]})
        answer = await http.patch(path, content=content)
        if answer.status_code != 200:
            raise SystemExit(answer.text)


def main(what: str, folder: Path) -> None:
    """Seed, or measure."""
    if what == "seed":
        seed(folder)
        return
    gc.disable()
    took = asyncio.run(patch({"large": LARGE, "small": SMALL}[what], folder))
    print(json.dumps({"ms": took * 1000}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
