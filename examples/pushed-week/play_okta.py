"""Plays Okta for a week: pushes joiners, a mover, leavers and groups over SCIM, as Okta does, and says what to look at.

It needs Python and nothing else. `python play_okta.py --help` says more.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
DOMAIN = "enzos-pizza.com"
TEMPORARY = [f"temp{number}" for number in range(1, 9)]
REFUSED = " Tokens are kept in the directory: where it was deleted, make a token again, as README.md says."
Resource = dict[str, Any]


class Refused(Exception):
    """The service did not do what it was asked; the text is what an administrator of Okta reads."""


class Scim:
    """One SCIM service, asked in the words that Okta uses; each request is told in a line."""

    def __init__(self, base_url: str, token: str) -> None:
        address = urlsplit(base_url)
        connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
        self._connection = connect(address.netloc, timeout=60)  # so long Okta waits, too
        self._base = address.path.rstrip("/")
        self._headers = {
            "User-Agent": "Okta SCIM Client 1.0.0",
            "Accept": "application/scim+json",
            "Content-Type": "application/scim+json; charset=utf-8",
            "Authorization": f"Bearer {token}",
        }

    def ask(self, method: str, path: str, body: Resource | None = None) -> Resource:
        """The answer to one request. Raises Refused."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, f"{self._base}/{path}", text, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        print(f"    {method:6} /{path.partition('?')[0]} -> {answer.status}")
        if answer.status >= 300:
            raise Refused(f"{answer.status}: {_detail(content)}{REFUSED if answer.status == 401 else ''}")
        found: Resource = json.loads(content) if content else {}
        return found

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def find(self, kind: str, attribute: str, text: str) -> Resource | None:
        """The resource of this name, if there is one. Okta looks before it creates."""
        wanted = quote(f'{attribute} eq "{text}"')
        found = self.ask("GET", f"{kind}?filter={wanted}&startIndex=1&count=100")
        resources = found.get("Resources") or [None]
        first: Resource | None = resources[0]
        return first

    def replace(self, kind: str, scim_id: str, changed: Resource) -> None:
        """GET, then PUT of what was returned with the changes merged in."""
        self.ask("PUT", f"{kind}/{scim_id}", self.ask("GET", f"{kind}/{scim_id}") | changed)

    def patch(self, kind: str, scim_id: str, operations: list[Resource]) -> None:
        """PATCH with these operations."""
        self.ask("PATCH", f"{kind}/{scim_id}", {"schemas": [PATCH], "Operations": operations})


def _detail(content: bytes) -> str:
    try:
        return f"Errors reported by remote server: {json.loads(content)['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"Invalid JSON: {content[:80]!r}"


class Okta:
    """An organization with one SCIM app: knows who is assigned and which groups are pushed, and pushes what changes."""

    def __init__(self, scim: Scim, *, patches: bool) -> None:
        self._scim = scim
        self._patches = patches
        self._people: dict[str, Resource] = {}
        self._ids: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}

    def join(self, login: str, first: str, last: str, department: str) -> None:
        """Somebody is hired, and the app is assigned to them."""
        name = f"{login}@{DOMAIN}"
        self._people[login] = {
            "schemas": [USER, ENTERPRISE],
            "userName": name,
            "externalId": f"00u{login}",
            "name": {"givenName": first, "familyName": last},
            "displayName": f"{first} {last}",
            "emails": [{"primary": True, "value": name, "type": "work"}],
            ENTERPRISE: {"department": department},
            "active": True,
        }
        self.assign(login)

    def assign(self, login: str) -> None:
        """The app is assigned, or assigned again: who is found by name is linked, else created."""
        person = self._people[login]
        found = self._scim.find("Users", "userName", person["userName"])
        if found is None:
            made = self._scim.ask("POST", "Users", person | {"password": "a-placeholder-as-okta-sends-it"})
            self._ids[login] = made["id"]
            return
        self._ids[login] = found["id"]
        if self._patches:
            self._scim.patch("Users", found["id"], [{"op": "replace", "value": {"active": True}}])
        self._scim.replace("Users", found["id"], person)

    def change(self, login: str, department: str) -> None:
        """Somebody moves to another department."""
        self._people[login][ENTERPRISE] = {"department": department}
        self._scim.replace("Users", self._ids[login], self._people[login])

    def withdraw(self, login: str) -> None:
        """Somebody is deactivated, or the app is taken from them: one and the same push."""
        if self._patches:
            self._scim.patch("Users", self._ids[login], [{"op": "replace", "value": {"active": False}}])
        else:
            self._scim.replace("Users", self._ids[login], {"active": False})

    def push_group(self, name: str, *logins: str) -> None:
        """A group is pushed for the first time, with its members."""
        found = self._scim.find("Groups", "displayName", name)
        self._members[name] = {*logins}
        if found is None:
            body = {"schemas": [GROUP], "displayName": name, "members": self._listed(logins)}
            found = self._scim.ask("POST", "Groups", body)
        self._groups[name] = found["id"]
        self._push_whole(name)

    def move(self, login: str, left: str, joined: str) -> None:
        """Somebody leaves one group and joins another."""
        self._members[left].discard(login)
        self._members[joined].add(login)
        if not self._patches:
            self._push_whole(left)
            self._push_whole(joined)
            return
        gone = {"op": "remove", "path": f'members[value eq "{self._ids[login]}"]'}
        self._scim.patch("Groups", self._groups[left], [gone, self._named(left)])
        come = {"op": "add", "path": "members", "value": self._listed([login])}
        self._scim.patch("Groups", self._groups[joined], [come, self._named(joined)])

    def rename_group(self, name: str, title: str) -> None:
        """A group is called something else."""
        self._groups[title], self._members[title] = self._groups.pop(name), self._members.pop(name)
        if self._patches:
            self._scim.patch("Groups", self._groups[title], [self._named(title)])
        else:
            self._scim.replace("Groups", self._groups[title], {"displayName": title})

    def _push_whole(self, name: str) -> None:
        members = self._listed(sorted(self._members[name]))
        if self._patches:
            whole = {"op": "replace", "path": "members", "value": members}
            self._scim.patch("Groups", self._groups[name], [whole, self._named(name)])
        else:
            self._scim.replace("Groups", self._groups[name], {"displayName": name, "members": members})

    def _named(self, name: str) -> Resource:
        """Okta tells a group's name with every change of its members."""
        return {"op": "replace", "value": {"id": self._groups[name], "displayName": name}}

    def _listed(self, logins: "list[str] | tuple[str, ...]") -> list[Resource]:
        return [{"value": self._ids[login], "display": f"{login}@{DOMAIN}"} for login in logins]


def monday(okta: Okta) -> None:
    """Five people join, and two groups are pushed."""
    okta.join("ada", "Ada", "Amari", "Engineering")
    okta.join("boris", "Boris", "Baker", "Engineering")
    okta.join("chloe", "Chloe", "Costa", "Support")
    okta.join("diego", "Diego", "Diaz", "Support")
    okta.join("eve", "Eve", "Eriksen", "Engineering")
    okta.push_group("team-web", "ada", "boris", "eve")
    okta.push_group("team-support", "chloe", "diego")


def tuesday(okta: Okta) -> None:
    """Boris moves from Engineering to Support, and from one team to the other."""
    okta.change("boris", "Support")
    okta.move("boris", "team-web", "team-support")


def wednesday(okta: Okta) -> None:
    """Eve is suspended in Okta."""
    del okta
    print("    (nothing: Okta pushes neither a suspension nor its end)")


def thursday(okta: Okta) -> None:
    """Diego leaves the company, and the app is taken from Chloe."""
    okta.withdraw("diego")
    okta.withdraw("chloe")


def friday(okta: Okta) -> None:
    """Chloe gets the app back, and the web team gets another name."""
    okta.assign("chloe")
    okta.rename_group("team-web", "team-storefront")


def saturday(okta: Okta) -> None:
    """Eight temporary people join. Then an administrator clears their group by mistake, and all eight lose the app."""
    for login in TEMPORARY:
        okta.join(login, "Temp", login.removeprefix("temp"), "Events")
    for login in TEMPORARY:
        okta.withdraw(login)


def sunday(okta: Okta) -> None:
    """The administrator puts the group back."""
    for login in TEMPORARY:
        okta.assign(login)


WEEK: list[tuple[Callable[[Okta], None], list[tuple[str, str]]]] = [
    (
        monday,
        [
            ("get users", "five accounts; the attributes that were pushed are traits"),
            ("get access_lists", "two lists, titled and granting as the configuration says"),
            (f"explain ada@{DOMAIN} role/dev", "which rule gives Ada the role `dev`"),
        ],
    ),
    (
        tuesday,
        [
            (f"explain boris@{DOMAIN}", "`helpdesk` in place of `dev`, and the list Team support"),
            ("history", "one run for each push that changed something, by the token that pushed it"),
        ],
    ),
    (
        wednesday,
        [
            (f"get users eve@{DOMAIN}", "Eve still has her account: pushes alone cannot see a suspension"),
            (f"lock eve@{DOMAIN} --message 'suspended in Okta'", "what a person can do; reading Okta's API does it"),
        ],
    ),
    (
        thursday,
        [
            ("get locks", "locks for Diego and Chloe, which say why and until when"),
            ("get users", "neither of them has an account any more"),
            (f"explain diego@{DOMAIN}", "why Diego has nothing"),
        ],
    ),
    (
        friday,
        [
            ("get locks", "Chloe's lock is gone; Diego's stays until it ends"),
            (f"explain chloe@{DOMAIN}", "her roles, and the list that still names her"),
            ("get access_lists", "the list Team storefront, under the name that it had"),
        ],
    ),
    (
        saturday,
        [
            ("get locks", "all eight are locked: nothing puts that off"),
            ("get users", "some of them still have their accounts: the guard `user_deletes` holds what is over five"),
            (
                "plan",
                "what is held, and the command that lets it go with a reason: "
                "`idsync apply -c access --allow user_deletes=REASON`. Leave it for the story to go on",
            ),
        ],
    ),
    (
        sunday,
        [
            ("get locks", "Diego's lock, and no other that a push made"),
            ("plan", "that nothing is left to do, and nothing is held any more"),
            ("history --verify", "that nobody changed the record of the week"),
        ],
    ),
]


def main() -> int:
    """Push the week; 1 where the service refuses something."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base-url", default="http://127.0.0.1:8080/scim/v2/okta", help="as the token's maker said")
    parser.add_argument(
        "--dialect", choices=["patch", "put"], default="patch", help="as an app of Okta's catalog, or as a custom app"
    )
    parser.add_argument("--wait", action="store_true", help="wait for Enter after each day")
    options = parser.parse_args()
    token = os.environ.get("IDSYNC_SCIM_TOKEN")
    if not token:
        parser.error("set IDSYNC_SCIM_TOKEN to what `idsync scim token create` printed")
    try:
        with closing(Scim(options.base_url, token)) as scim:
            okta = Okta(scim, patches=options.dialect == "patch")
            for day, looks in WEEK:
                tell(day, okta, looks)
                if options.wait and day is not sunday:
                    input("\nEnter for the next day ")
    except (EOFError, KeyboardInterrupt):
        print()
    except Refused as error:
        print(f"It ended here: {error}", file=sys.stderr)
        return 1
    except (OSError, HTTPException) as error:
        print(f"Nobody answers at {options.base_url}: {error}. Does `idsync serve -c access` run?", file=sys.stderr)
        return 1
    return 0


def tell(day: Callable[[Okta], None], okta: Okta, looks: list[tuple[str, str]]) -> None:
    """Push one day, and say what to look at."""
    print(f"\n{day.__name__.capitalize()}. {day.__doc__}")
    day(okta)
    for command, what in looks:
        print(f"  idsync {command} -c access\n      {what}")


if __name__ == "__main__":
    sys.exit(main())
