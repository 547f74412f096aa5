"""What a request may hold, told before anything is made of it: strict JSON, and no more of anything than is of use.

The library reads bodies as well; it takes what is not JSON (NaN, a key twice), and much time for what it then refuses.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
)
from scim2_server.errors import UnsupportedMediaTypeException
from scim2_server.requests import ScimRequest

MOST_BULK = 200
"""Operations of a bulk request: other requests wait while they are done."""
LARGEST_BULK = 1 << 20
LARGEST_SEARCH = 64 << 10
LARGEST_RESOURCE = 256 << 10
"""So many bytes the attributes of a resource have at most, members apart; Okta's users are two thousand long."""
MOST_CHANGES = 2000
"""Operations of a PATCH that only names members of a group."""
MOST_OTHER_CHANGES = 200
"""Operations of any other PATCH: each looks at the whole resource."""
LONGEST_NAME = 500
"""So many characters a name or an `externalId` has at most: a filter that asks for it must have room for it."""
LONGEST_FILTER = 2000
"""So many characters of a filter are more than anybody writes, and few enough to try on everybody."""
LONGEST_PATHS = 128 << 10
"""So many characters all paths of a request have at most: reading them takes more than two seconds."""
MOST_ATTRIBUTES = 200
_UNPACKED = frozenset({"", "identity"})


def check_request(request: ScimRequest) -> None:
    """Refuse what is too large, or not JSON, by raising an exception of SCIM's."""
    if (request.header("Content-Encoding") or "").strip().casefold() not in _UNPACKED:
        raise UnsupportedMediaTypeException(detail="A body must not be compressed.")
    _check_search(request.query)
    if not request.body or request.method in ("GET", "DELETE"):
        return
    parts = request.path.strip("/").casefold().split("/")
    _check_size(parts, len(request.body))
    content = read_strictly(request.body)
    if not isinstance(content, dict):
        return
    told = {name.casefold(): value for name, value in content.items()}
    if parts[-1] == ".search":
        _check_search(told)
    elif parts == ["bulk"]:
        _check_bulk(told.get("operations"))
    elif request.method == "PATCH":
        _check_paths(_check_changes(told.get("operations")))


def read_strictly(body: bytes) -> Any:
    """The value of JSON as RFC 8259 means it to be written. Raises InvalidSyntaxException."""
    try:
        told = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse, parse_float=_number)
        if b"\\ud" in body.lower():  # perhaps half of a surrogate pair, which no UTF-8 has
            json.dumps(told, ensure_ascii=False).encode()
        return told
    except RecursionError:
        raise InvalidSyntaxException(detail="The JSON nests too deeply.") from None
    except ValueError as error:
        raise InvalidSyntaxException(detail=f"The body is not JSON: {error}"[:300]) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs) or len({name.casefold() for name in told}) != len(told):
        raise ValueError("an object has one name twice; SCIM's names do not tell cases apart")
    return told


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:30]} is out of range")
    return number


def _check_size(parts: list[str], size: int) -> None:
    limits = {".search": LARGEST_SEARCH, "bulk": LARGEST_BULK}
    limit = limits.get(parts[-1], LARGEST_RESOURCE if parts[0] == "users" else size)
    if size > limit:
        raise PayloadTooLargeException(detail=f"A body has at most {limit} bytes here.")


def _check_search(asked: Mapping[str, Any]) -> None:
    wanted = asked.get("filter")
    if isinstance(wanted, str) and len(wanted) > LONGEST_FILTER:
        raise InvalidFilterException(detail=f"A filter has at most {LONGEST_FILTER} characters.")
    for name in ("attributes", "excludedattributes", "excludedAttributes"):
        names = asked.get(name) or ()
        if len(names.split(",") if isinstance(names, str) else names) > MOST_ATTRIBUTES:
            raise InvalidValueException(detail=f"{name} names at most {MOST_ATTRIBUTES} attributes.")


def _check_bulk(operations: Any) -> None:
    if not isinstance(operations, list) or not operations:
        raise InvalidValueException(detail="A bulk request has a list of one or more Operations.")
    if len(operations) > MOST_BULK:
        raise PayloadTooLargeException(detail=f"A bulk request has at most {MOST_BULK} operations (maxOperations).")
    contents = [operation.get("data") for operation in operations if isinstance(operation, dict)]
    told = ({name.casefold(): value for name, value in each.items()} for each in contents if isinstance(each, dict))
    _check_paths(sum(_check_changes(each.get("operations")) for each in told))


def _check_changes(operations: Any) -> int:
    """Refuse too many changes, or too long paths; so many characters their paths have."""
    if not isinstance(operations, list):
        return 0
    if len(operations) > MOST_CHANGES:
        raise PayloadTooLargeException(detail=f"A PATCH has at most {MOST_CHANGES} operations.")
    for path in _paths(operations):
        if len(path) > LONGEST_FILTER:
            raise InvalidPathException(detail=f"A path has at most {LONGEST_FILTER} characters.")
    return sum(map(len, _paths(operations)))


def _check_paths(characters: int) -> None:
    if characters > LONGEST_PATHS:
        raise PayloadTooLargeException(detail=f"All paths of a request have at most {LONGEST_PATHS} characters.")


def _paths(operations: list[Any]) -> Iterable[str]:
    found = (operation.get("path") for operation in operations if isinstance(operation, dict))
    return (path for path in found if isinstance(path, str))
