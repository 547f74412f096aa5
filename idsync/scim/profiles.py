"""A SCIM user's attributes under Okta's profile names, so that what is pushed and what is pulled agree.

Names on the left are RFC 7643's (§4.1 and §4.3), names on the right those of Okta's default user profile, as Okta's
own mappings pair them. What neither knows keeps its name.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from idsync.model.identity import ProfileValue

Attributes = Mapping[str, Any]

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_OURS = frozenset({"schemas", "id", "externalId", "meta", "groups", "active", "password", "userName"})
"""What says who somebody is, or what the service answers for: no attributes of a profile."""
_NAMES = {
    "givenName": "firstName",
    "familyName": "lastName",
    "middleName": "middleName",
    "honorificPrefix": "honorificPrefix",
    "honorificSuffix": "honorificSuffix",
}
_SAME = frozenset(
    {"displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone"}
)
_ADDRESS = {
    "streetAddress": "streetAddress",
    "locality": "city",
    "region": "state",
    "postalCode": "zipCode",
    "country": "countryCode",
    "formatted": "postalAddress",
}
_ENTERPRISE = {
    "employeeNumber": "employeeNumber",
    "costCenter": "costCenter",
    "organization": "organization",
    "division": "division",
    "department": "department",
}


def profile_of(resource: Attributes) -> dict[str, ProfileValue]:
    """The profile that a SCIM user resource carries; what it does not mention is not in it."""
    profile: dict[str, ProfileValue] = {}
    for name, value in resource.items():
        if name in _OURS or value is None:
            continue
        if name == ENTERPRISE and isinstance(value, Mapping):
            profile.update(_enterprise(value))
        elif name.casefold().startswith("urn:") and isinstance(value, Mapping):
            profile.update({key: each for key, each in value.items() if _is_plain(each)})
        else:
            profile.update(_core(name, value))
    return profile


def _core(name: str, value: Any) -> dict[str, ProfileValue]:
    match name:
        case "name":
            return _renamed(value, _NAMES)
        case "emails":
            return _emails(value)
        case "phoneNumbers":
            return _phones(value)
        case "addresses":
            return _renamed(_first_of(value), _ADDRESS)
        case _:
            return {name: value} if name in _SAME or _is_plain(value) else {}


def _enterprise(value: Attributes) -> dict[str, ProfileValue]:
    profile = _renamed(value, _ENTERPRISE)
    manager = value.get("manager")
    if isinstance(manager, Mapping):
        profile.update(_renamed(manager, {"value": "managerId", "displayName": "manager"}))
    elif isinstance(manager, str):
        profile["managerId"] = manager
    known = {*_ENTERPRISE, "manager"}
    return profile | {key: each for key, each in value.items() if key not in known and _is_plain(each)}


def _emails(value: Any) -> dict[str, ProfileValue]:
    """The primary address, or the first where none is called so, and the first other one."""
    primary = _first_of(value)
    profile = _renamed(primary, {"value": "email"})
    others = (each for each in _entries(value) if each is not primary)
    second = next((each.get("value") for each in others if isinstance(each.get("value"), str)), None)
    return profile | ({} if second is None else {"secondEmail": second})


def _phones(value: Any) -> dict[str, ProfileValue]:
    profile: dict[str, ProfileValue] = {}
    for entry in _entries(value):
        name = "mobilePhone" if entry.get("type") == "mobile" else "primaryPhone"
        if isinstance(entry.get("value"), str):
            profile.setdefault(name, entry["value"])
    return profile


def _first_of(value: Any) -> Attributes:
    """The primary entry of a list of them, or the first."""
    entries = list(_entries(value))
    return next((each for each in entries if each.get("primary") is True), entries[0] if entries else {})


def _entries(value: Any) -> Iterable[Attributes]:
    return (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


def _renamed(value: Any, names: Mapping[str, str]) -> dict[str, ProfileValue]:
    if not isinstance(value, Mapping):
        return {}
    return {ours: value[theirs] for theirs, ours in names.items() if _is_plain(value.get(theirs))}


def _is_plain(value: Any) -> bool:
    """Whether a value can be a profile's: a text, number or truth value, or a list of these."""
    if isinstance(value, list):
        return all(isinstance(each, str | int | float | bool) for each in value)
    return isinstance(value, str | int | float | bool)
