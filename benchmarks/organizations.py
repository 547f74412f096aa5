"""Made-up organizations of any size: the same seed and sizes give the same bytes, of a snapshot and of its changes."""

import random
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.vocabulary import CITIES, DEPARTMENTS, FIRST_NAMES, GROUP_KINDS, LAST_NAMES, PRODUCTS, TOPICS

ORG_URL = "https://big-pizza.okta.com"
APP_ID = "0oa1bigpizzateleport"
TAKEN_AT = "2026-11-02T08:00:00Z"
TEAM = "team-"
DIRECT_SHARE = 20
"""One in so many memberships is a person's direct assignment to an app."""

Variant = Literal["same", "profile", "leaver", "joiner", "mover", "many"]
VARIANTS: tuple[Variant, ...] = ("same", "profile", "leaver", "joiner", "mover", "many")
"""The organization as it is, as it is after one person changed, and after one in twenty did, in all four ways."""
MANY_SHARE = 20
"""One in so many people changes in the organization of many changes."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ENCODER = msgspec.json.Encoder()


class Size(msgspec.Struct, frozen=True):
    """How many there are of each; `memberships` counts people in groups and direct assignments to apps."""

    users: int
    groups: int
    memberships: int
    apps: int = 200

    def __post_init__(self) -> None:
        """Refuse what no organization can be made of."""
        if self.users < 20 or self.groups < 10 or self.apps < 1:
            raise ValueError("an organization has at least 20 users, 10 groups and 1 app")
        if not 2 * (self.groups + self.apps) <= self.memberships <= self.users * self.groups // 2:
            raise ValueError("memberships are at least two for each group and app, and leave half of all pairs free")


class Body(msgspec.Struct, frozen=True):
    """A group or app as the snapshot shows it, and its members as positions among the users."""

    fields: dict[str, object]
    members: tuple[int, ...]


class Organization(msgspec.Struct, frozen=True):
    """Users as lines of JSON, groups and apps with their members, and the people in it who may change."""

    size: Size
    user_ids: list[str]
    user_lines: list[bytes]
    groups: list[Body]
    apps: list[Body]


def make_organization(size: Size, seed: int = 0) -> Organization:
    """Make an organization up."""
    draw = random.Random(seed)
    user_ids = [_okta_id("00u", number) for number in range(size.users)]
    user_lines = [_ENCODER.encode(user) for user in _users(draw, user_ids)]
    direct = size.memberships // DIRECT_SHARE
    groups = _groups(draw, size, size.memberships - direct)
    return Organization(size, user_ids, user_lines, groups, _apps(draw, size, direct, groups))


def write_snapshot(organization: Organization, path: Path, variant: Variant = "same") -> None:
    """Write the organization, or what changes of people make of it, as a snapshot file."""
    changed, unassigned = _changed(organization, variant)
    head = {
        "format_version": "1.0",
        "org_url": ORG_URL,
        "app_id": APP_ID,
        "app_label": "Teleport",
        "taken_at": TAKEN_AT,
        "complete": True,
        "unassigned": unassigned,
    }
    quoted = [f'"{user_id}"' for user_id in changed.user_ids]
    with path.open("wb") as file:
        file.write(_ENCODER.encode(head)[:-1])
        for name, lines in (
            ("users", changed.user_lines),
            ("groups", (_body_line(group, "members", quoted) for group in changed.groups)),
            ("apps", (_body_line(app, "users", quoted) for app in changed.apps)),
        ):
            file.write(b',\n"%s":[' % name.encode())
            file.writelines(_separated(line for line in lines if line))
            file.write(b"]")
        file.write(b"}\n")


def _separated(lines: Iterable[bytes]) -> Iterator[bytes]:
    between = b"\n"
    for line in lines:
        yield between + line
        between = b",\n"


def _body_line(body: Body, key: str, quoted: list[str]) -> bytes:
    members = ",".join([quoted[position] for position in body.members])
    return _ENCODER.encode(body.fields)[:-1] + f',"{key}":[{members}]}}'.encode()


def _okta_id(prefix: str, number: int) -> str:
    """Twenty characters that look drawn by lot, and differ for different numbers: the factor shares none with 62."""
    scattered = (number * 1_234_567_890_123_456_789_011 + 918_273_645) % 62**12
    digits = []
    for _ in range(12):
        scattered, digit = divmod(scattered, 62)
        digits.append(_DIGITS[digit])
    return f"{prefix}1bigp{''.join(digits)}"


def _users(draw: random.Random, user_ids: list[str]) -> Iterator[dict[str, object]]:
    taken: dict[str, int] = {}
    departments = list(DEPARTMENTS)
    for number, user_id in enumerate(user_ids):
        first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
        spelled = f"{first.ascii}.{last.ascii}".lower().replace(" ", "-")
        taken[spelled] = namesakes = taken.get(spelled, 0) + 1
        login = f"{spelled}{namesakes if namesakes > 1 else ''}@big-pizza.com"
        department = draw.choice(departments)
        profile = {
            "login": login,
            "email": login,
            "firstName": first.shown,
            "lastName": last.shown,
            "displayName": f"{first.shown} {last.shown}",
            "title": draw.choice(DEPARTMENTS[department]),
            "department": department,
            "employeeNumber": f"E{100_000 + number}",
            "costCenter": f"CC-{draw.randrange(400):04}",
            "city": draw.choice(CITIES),
            "userType": "Contractor" if draw.random() < 0.1 else "Employee",
            "remote": draw.random() < 0.3,
        }
        scope = "USER" if draw.random() < 0.05 else "GROUP"
        yield {"id": user_id, "username": login, "status": _status(draw), "scope": scope, "profile": profile}


def _status(draw: random.Random) -> str:
    lot = draw.random()
    if lot < 0.99:
        return "ACTIVE"
    if lot < 0.992:
        return "SUSPENDED"
    return draw.choice(("PASSWORD_EXPIRED", "PROVISIONED", "RECOVERY", "STAGED"))


def _groups(draw: random.Random, size: Size, memberships: int) -> list[Body]:
    kinds, weights = list(GROUP_KINDS), list(GROUP_KINDS.values())
    groups = []
    for number, count in enumerate(skewed(draw, size.groups, memberships, size.users)):
        # The first few make sure that even a small organization has teams to move between.
        kind = "team" if number < 5 else draw.choices(kinds, weights)[0]
        name = f"{kind}-{draw.choice(PRODUCTS)}-{draw.choice(TOPICS)}-{number:05}"
        fields: dict[str, object] = {
            "id": _okta_id("00g", number),
            "name": name,
            "description": f"Everybody who works on {name.partition('-')[2]}" if draw.random() < 0.5 else "",
            "type": "APP_GROUP" if draw.random() < 0.1 else "OKTA_GROUP",
        }
        groups.append(Body(fields, tuple(sorted(draw.sample(range(size.users), count)))))
    return groups


def _apps(draw: random.Random, size: Size, assignments: int, groups: list[Body]) -> list[Body]:
    apps = []
    for number, count in enumerate(skewed(draw, size.apps, assignments, size.users)):
        product = draw.choice(PRODUCTS)
        fields: dict[str, object] = {
            "id": _okta_id("0oa", number),
            "label": f"{product.title()} {number}",
            "name": product,
            "status": "ACTIVE" if draw.random() < 0.97 else "INACTIVE",
            "groups": [group.fields["id"] for group in draw.sample(groups, 3)],
        }
        apps.append(Body(fields, tuple(sorted(draw.sample(range(size.users), count)))))
    return apps


def skewed(draw: random.Random, count: int, total: int, most: int) -> list[int]:
    """Sizes of `count` sets that add up to `total`, none above `most`: a few large ones and very many small ones."""
    weights = [1 / (rank + 4) for rank in range(count)]
    sums = list(accumulate(weights))
    marks = [round(total * part / sums[-1]) for part in sums]
    sizes = [here - before for before, here in zip([0, *marks], marks, strict=False)]
    surplus = 0
    for rank, wanted in enumerate(sizes):
        sizes[rank] = min(wanted + surplus, most)
        surplus += wanted - sizes[rank]
    draw.shuffle(sizes)
    return sizes


def _changed(organization: Organization, variant: Variant) -> tuple[Organization, dict[str, str]]:
    """The organization after the change, and what became of people who lack the app."""
    if variant == "many":
        return _much_changed(organization)
    here, there, person = _movable(organization)
    user_ids, lines, groups = organization.user_ids, list(organization.user_lines), list(organization.groups)
    unassigned = {}
    match variant:
        case "same":
            pass
        case "profile":
            user = msgspec.json.decode(lines[person])
            user["profile"]["title"] = "incident lead"
            lines[person] = _ENCODER.encode(user)
        case "leaver":
            lines[person] = b""
            unassigned[user_ids[person]] = "DEPROVISIONED"
        case "joiner":
            number = len(user_ids)
            user_ids = [*user_ids, _okta_id("00u", number)]
            lines.append(_joiner(lines[person], user_ids[-1], number))
            groups[here], groups[there] = _with(groups[here], number), _with(groups[there], number)
        case "mover":
            groups[here], groups[there] = _without(groups[here], person), _with(groups[there], person)
    return Organization(organization.size, user_ids, lines, groups, organization.apps), unassigned


def _much_changed(organization: Organization) -> tuple[Organization, dict[str, str]]:
    """One person in twenty changes: by turns another title, a leaver, a joiner, somebody in other groups."""
    lines, user_ids = list(organization.user_lines), list(organization.user_ids)
    joined: dict[int, list[int]] = {}
    unassigned, moved = {}, set()
    active = [person for person, line in enumerate(lines) if b'"status":"ACTIVE"' in line]
    for turn, person in enumerate(active[::MANY_SHARE]):
        match turn % 4:
            case 0:
                user = msgspec.json.decode(lines[person])
                user["profile"]["title"] = f"incident lead {turn % 7}"
                lines[person] = _ENCODER.encode(user)
            case 1:
                lines[person] = b""
                unassigned[user_ids[person]] = "DEPROVISIONED"
            case 2:
                number = len(user_ids)
                user_ids.append(_okta_id("00u", number))
                lines.append(_joiner(lines[person], user_ids[-1], number, f"-{turn}"))
                joined.setdefault(turn % len(organization.groups), []).append(number)
            case _:
                moved.add(person)
    # Who moves goes from each group to the one before it.
    following = [*organization.groups[1:], organization.groups[0]]
    groups = [
        Body(
            group.fields,
            tuple(sorted({*set(group.members) - moved, *set(after.members) & moved, *joined.get(place, ())})),
        )
        for place, (group, after) in enumerate(zip(organization.groups, following, strict=True))
    ]
    return Organization(organization.size, user_ids, lines, groups, organization.apps), unassigned


def _movable(organization: Organization) -> tuple[int, int, int]:
    """Two teams, and an active person of the first who is not in the second: the one who changes."""
    teams = [place for place, group in enumerate(organization.groups) if str(group.fields["name"]).startswith(TEAM)]
    teams.sort(key=lambda place: len(organization.groups[place].members))
    for here in teams:
        for person in organization.groups[here].members:
            if b'"status":"ACTIVE"' not in organization.user_lines[person]:
                continue
            for there in teams:
                if not _is_in(organization.groups[there], person):
                    return here, there, person
    raise ValueError("nobody in this organization can move from one team to another")


def _is_in(group: Body, person: int) -> bool:
    place = bisect_left(group.members, person)
    return place < len(group.members) and group.members[place] == person


def _with(group: Body, person: int) -> Body:
    return Body(group.fields, tuple(sorted([*group.members, person])))


def _without(group: Body, person: int) -> Body:
    return Body(group.fields, tuple([member for member in group.members if member != person]))


def _joiner(like: bytes, user_id: str, number: int, which: str = "") -> bytes:
    user = msgspec.json.decode(like)
    login = f"nova.neumann-joiner{which}@big-pizza.com"
    user |= {"id": user_id, "username": login}
    user["profile"] |= {"login": login, "email": login, "firstName": "Nova", "lastName": "Neumann-Joiner"}
    user["profile"] |= {"displayName": "Nova Neumann-Joiner", "employeeNumber": f"E{100_000 + number}"}
    return _ENCODER.encode(user)
