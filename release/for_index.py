"""Make README.md and pyproject.toml fit for a package index, where no file of the repository lies beside them.

`python -m release.for_index --repository https://HOST/OWNER/NAME --ref TAG`, in a checkout that is thrown away. The
address is known where a release is made, and stands in no file: a fork's packages lead to the fork.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from release.links import with_links

PAGES = {"Documentation": "tree/{ref}/docs", "Changes": "blob/{ref}/CHANGELOG.md", "Issues": "issues"}


def readme_for_index(readme: str, repository: str, ref: str) -> str:
    """The README with every link to a file leading to the repository, as it was at `ref`."""
    return with_links(readme, lambda label, address: f"[{label}]({repository}/blob/{ref}/{address})")


def project_for_index(project: str, repository: str, ref: str) -> str:
    """pyproject.toml with the addresses of the project. Raises ValueError where it has some."""
    if "[project.urls]" in project:
        raise ValueError("pyproject.toml has addresses already.")
    pages = {"Homepage": repository, "Source": repository}
    pages |= {name: f"{repository}/{page.format(ref=ref)}" for name, page in PAGES.items()}
    lines = [f"{name} = {json.dumps(address)}" for name, address in pages.items()]
    return project.replace("[project.scripts]", "\n".join(["[project.urls]", *lines, "", "[project.scripts]"]), 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(prog="python -m release.for_index", description=__doc__)
    parser.add_argument("--repository", required=True, help="its address in a browser")
    parser.add_argument("--ref", required=True, help="the tag that is released")
    parser.add_argument("--root", type=Path, default=Path(), help="the checkout (where it is run)")
    options = parser.parse_args(arguments)
    for name, made in (("README.md", readme_for_index), ("pyproject.toml", project_for_index)):
        file = options.root / name
        file.write_text(made(file.read_text(), options.repository.rstrip("/"), options.ref))


if __name__ == "__main__":
    main()
