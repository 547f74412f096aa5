"""Private keys in a folder, a file each, by id: made here, and never anywhere else. The newest signs.

Okta fetches the public halves from the service, so that a key can be replaced without anybody's copying it.
"""

import contextlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from idsync.config.secrets import KEY_FILE, MAX_BYTES, key_ids
from idsync.errors import SecretError
from idsync.okta.keys import read_key

BITS = 2048


def make_key(folder: Path, now: datetime) -> str:
    """Make a key (RSA), which signs from now on; its id, which begins with the time. Raises SecretError."""
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(BITS)
    key_id = f"{now:%Y%m%dT%H%M%SZ}-{key.thumbprint()[:8]}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n")  # a configuration lies in a repository, a key must not
        path = folder / f"{key_id}{KEY_FILE}"
        waiting = path.with_suffix(".new")
        with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.as_pem(private=True))
            file.flush()
            os.fsync(file.fileno())
        waiting.rename(path)
    except OSError as error:
        raise _refused(folder, error) from error
    return key_id


def rotate_keys(folder: Path, now: datetime) -> tuple[str, list[str]]:
    """Make another key, and keep the one before for as long as signatures of it are about; its id, and those removed.

    Raises SecretError.
    """
    before = keys_in(folder)
    made = make_key(folder, now)
    removed = before[:-1]
    for key_id in removed:
        with contextlib.suppress(FileNotFoundError):
            (folder / f"{key_id}{KEY_FILE}").unlink()
    return made, removed


def keys_in(folder: Path) -> list[str]:
    """The ids of the keys in a folder, the oldest first; none where there is no folder. Raises SecretError."""
    try:
        return key_ids(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _refused(folder, error) from error


def public_keys(folder: Path) -> list[dict[str, Any]]:
    """The public halves as JWKs, the newest first. Raises SecretError."""
    found = []
    for key_id in reversed(keys_in(folder)):
        try:
            with (folder / f"{key_id}{KEY_FILE}").open("rb") as file:
                text = file.read(MAX_BYTES).decode(errors="replace")
        except FileNotFoundError:  # a rotation removed it since
            continue
        except OSError as error:
            raise _refused(folder, error) from error
        key = read_key(text, key_id)
        found.append({**key.public(), "kid": key_id, "use": "sig", "alg": key.algorithm})
    return found


def _refused(folder: Path, error: OSError) -> SecretError:
    return SecretError(
        f"The folder of keys {folder} cannot be used.",
        why=f"{error.strerror}.",
        fix="Correct its permissions, or the path in auth.oauth.private_key.folder.",
    )
