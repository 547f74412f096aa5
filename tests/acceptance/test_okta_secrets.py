"""No secret is in anything that idsync says or keeps: not in output, plan, snapshot, journal or store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.okta_world import Place, served
from tests.okta_simulator import Fail, Fault, Organization, Simulator
from tests.sources.okta.private_keys import CURVES, RSA, pem

SCOPES = ("okta.users.read", "okta.groups.read", "okta.apps.read")


def with_a_token_in_a_variable(simulator: Simulator, place: Place) -> list[bytes]:
    return [simulator.token.encode()]


def with_a_token_in_a_file(simulator: Simulator, place: Place) -> list[bytes]:
    place.more = {}
    (place.folder / "secrets").mkdir()
    (place.folder / "secrets" / "token").write_text(simulator.token + "\n")
    place.configure(auth="{api_token: {file: secrets/token}}")
    return [simulator.token.encode()]


def with_a_private_key(simulator: Simulator, place: Place) -> list[bytes]:
    simulator.authority.add_client("0oaclient", [RSA.as_dict(private=False)], scopes=SCOPES)
    place.more = {"OKTA_KEY": pem(RSA)}
    place.configure(auth="{oauth: {client_id: 0oaclient, private_key: {env: OKTA_KEY}}}")
    return [line.encode() for line in pem(RSA).splitlines()[1:-1]]


def with_proof_of_possession(simulator: Simulator, place: Place) -> list[bytes]:
    key = CURVES["P-256"]
    simulator.authority.add_client("0oaclient", [key.as_dict(private=False)], scopes=SCOPES, dpop=True)
    place.more = {}
    (place.folder / "okta.pem").write_text(pem(key))
    place.configure(auth="{oauth: {client_id: 0oaclient, private_key: {file: okta.pem}}}")
    return [line.encode() for line in pem(key).splitlines()[1:-1]]


@pytest.mark.parametrize(
    "sign_in",
    [with_a_token_in_a_variable, with_a_token_in_a_file, with_a_private_key, with_proof_of_possession],
    ids=lambda sign_in: sign_in.__name__,
)
def test_a_whole_run_leaves_no_secret_anywhere(
    sign_in: Callable[[Simulator, Place], list[bytes]], tmp_path: Path
) -> None:
    organization = Organization.generate(6, users=12, groups=3, apps=2, members_per_group=4)
    with served(organization, tmp_path, as_process=sign_in is with_a_token_in_a_variable) as (simulator, place):
        secrets = sign_in(simulator, place)
        own = set(place.folder.rglob("*"))
        said = [place.run("snapshot", "--debug", "-o", place.folder / "s.json")]
        said.append(place.run("plan", "--debug", "--format", "json", "-o", place.folder / "a.plan"))
        said.append(place.run("apply", "--debug", place.folder / "a.plan"))
        said.append(place.run("history", "1", "--format", "json"))
        assert [ended.code for ended in said] == [0, 0, 0, 0], said
        simulator.faults.add(Fault("/api/v1/groups", Fail(401), times=None))
        refused = place.run("plan", "--debug")
        assert refused.code == 4
        secrets += [token.encode() for token in simulator.authority._issued]
        written = b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file() and path not in own)
    everything = written + "".join(ended.out + ended.err for ended in (*said, refused)).encode()
    assert b"idsync" in everything
    assert [secret for secret in secrets if secret in everything] == []
