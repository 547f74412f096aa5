"""Readings that Okta, a proxy or a credential spoiled."""

from copy import deepcopy

from tests.lives.organization import Document


def misread(how: tuple[str, ...], reading: Document) -> Document:
    """The reading, spoiled."""
    spoiled = deepcopy(reading)
    match how:
        case "no groups", *_:
            spoiled["groups"] = []
        case "groups empty", *_:
            for group in spoiled["groups"]:
                group["members"] = []
        case "a group empty", group_id:
            for group in spoiled["groups"]:
                group["members"] = [] if group["id"] == group_id else group["members"]
        case "profiles empty", *_:
            for user in spoiled["users"]:
                user["profile"] = {}
        case "half of the people", *_:
            spoiled["users"] = spoiled["users"][::2]
        case "an odd person", okta_id:
            for user in spoiled["users"]:
                user["username"] = "\0" if user["id"] == okta_id else user["username"]
        case "nobody", *_:
            spoiled["users"] = []
        case _:
            raise AssertionError(f"no reading is spoiled like this: {how}")
    return spoiled
