"""The address of an organization in the one form in which addresses are compared."""

_OWN_PORTS = {"https": "443", "http": "80"}


def normal_org_url(text: str) -> str:
    """The address in lower case, without a trailing slash, and without the port that its scheme has by itself."""
    address = text.lower().rstrip("/")
    scheme, separator, rest = address.partition("://")
    own = f":{_OWN_PORTS.get(scheme, '')}"
    return address.removesuffix(own) if separator and own != ":" and rest.endswith(own) else address


def spelled_with_port(org_url: str) -> str:
    """The same address with its scheme's own port, as earlier versions kept it and labelled objects with it."""
    scheme, _, rest = org_url.partition("://")
    port = _OWN_PORTS.get(scheme)
    return org_url if port is None or ":" in rest.rpartition("]")[2] else f"{org_url}:{port}"
