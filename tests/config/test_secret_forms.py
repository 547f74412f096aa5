"""Secrets in the forms in which they come: read where only one thing can be meant, named where not, never repeated."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from idsync.config.secret_references import EnvironmentSecret
from idsync.config.secrets import Resolved, resolve
from idsync.diagnostics import Position
from idsync.okta.keys import read_key
from tests.sources.okta.private_keys import CURVES, pem

KEY = pem(CURVES["P-256"]).strip()
ESCAPED = KEY.replace("\n", "\\n")


def of(text: str) -> Resolved:
    return resolve(EnvironmentSecret("OKTA_KEY", Position("idsync.yaml", 6, 9)), {"OKTA_KEY": text}, Path())


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.replace("\n", "\r\n"),
        ESCAPED,
        ESCAPED + "\\n",
        KEY.replace("\n", "\\r\\n"),
        f'"{ESCAPED}"',
        f"'{KEY}'",
        f"Bag Attributes\n    friendlyName: idsync\nKey Attributes: <No Attributes>\n{KEY}\n",
        f"  {KEY}\n\n",
    ],
)
def test_a_key_is_read_in_every_form_that_can_only_mean_it(text: str) -> None:
    found = of(text)
    assert found.diagnostics == ()
    assert found.secret is not None
    assert read_key(found.secret.reveal()).public() == read_key(KEY).public()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("/secrets/okta.pem", "path of a file"),
        ("./okta.pem", "path of a file"),
        ("~/okta.key", "path of a file"),
        (r"C:\keys\okta.pem", "path of a file"),
        ("okta.pem", "path of a file"),
        (base64.b64encode(KEY.encode()).decode(), "base64"),
        ("\n".join(base64.encodebytes(KEY.encode()).decode().split()), "base64"),
        ('"00hunter2hunter2"', "quotes"),
        ("'00hunter2hunter2'", "quotes"),
        ("$OKTA_API_TOKEN", "name of a variable"),
        ("${OKTA_API_TOKEN}", "name of a variable"),
        ("${{ secrets.OKTA }}", "name of a variable"),
        ("{{ okta_token }}", "name of a variable"),
        ("%OKTA_API_TOKEN%", "name of a variable"),
        ("$(cat token)", "name of a variable"),
        ('{"keys": [{"kty": "EC", "d": "hunter2"}]}', "JWKS"),
        (KEY.rpartition("\n")[0], "end is missing"),
        (KEY.replace("PRIVATE KEY", "CERTIFICATE"), "a certificate"),
        (KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"), "encrypted"),
        ("00hunter2 hunter2", "characters that no secret has"),
        ("00hunter2\n00hunter3", "characters that no secret has"),
        ("00huntér2", "characters that no secret has"),
        (" \n", "empty"),
    ],
)
def test_what_is_not_a_secret_is_named_and_not_repeated(text: str, what: str) -> None:
    found = of(text)
    assert found.secret is None
    (told,) = found.diagnostics
    assert told.code == "unusable_secret"
    assert what in told.summary
    assert told.fix
    for words in (told.summary, told.why, told.fix):
        assert "hunter" not in words
        assert KEY.splitlines()[1] not in words


@pytest.mark.parametrize("text", ["00hunter2-hunter2_x", "a.b.c", "abc=def", "TWFu", '{"kty": "EC"}'])
def test_what_may_be_a_secret_is_taken_as_it_is(text: str) -> None:
    found = of(text)
    assert found.diagnostics == ()
    assert found.secret is not None
    assert found.secret.reveal() == text
