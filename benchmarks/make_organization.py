"""Writes a made-up organization: a snapshot as it is, and one for each way in which one person may change."""

from pathlib import Path

import click

from benchmarks.options import size_options
from benchmarks.organizations import VARIANTS, Size, make_organization, write_snapshot


@click.command()
@size_options
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def main(size: Size, seed: int, directory: Path) -> None:
    """Write the snapshots of a made-up organization into DIRECTORY."""
    directory.mkdir(parents=True, exist_ok=True)
    organization = make_organization(size, seed)
    for variant in VARIANTS:
        write_snapshot(organization, directory / f"{variant}.json", variant)


if __name__ == "__main__":
    main()
