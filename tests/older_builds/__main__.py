"""Writes the archive of older builds: `python -m tests.older_builds`, in a clone that has their commits."""

import io
import lzma
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

from tests.older_builds import ARCHIVE, COMMITS, RUNNER

_ROOT = Path(__file__).parents[2]
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 64 << 20}]


def main() -> None:
    """Write it; what two builds have in common stands together, so that it takes room once."""
    found: list[tuple[tarfile.TarInfo, bytes]] = []
    for name, commit in COMMITS.items():
        made = subprocess.run(["git", "archive", commit, "idsync", RUNNER], cwd=_ROOT, capture_output=True, check=True)
        with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
            for file in archive:
                content = archive.extractfile(file)
                if content is not None:
                    place = PurePosixPath(file.name).name if file.name == RUNNER else file.name
                    found.append((_as_plain(f"{name}/{place}", file.size), content.read()))
    with lzma.open(ARCHIVE, "wb", filters=_FILTERS) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for file, data in sorted(found, key=lambda each: each[0].name.partition("/")[2]):
            archive.addfile(file, io.BytesIO(data))


def _as_plain(name: str, size: int) -> tarfile.TarInfo:
    file = tarfile.TarInfo(name)
    file.size = size
    return file


if __name__ == "__main__":
    main()
