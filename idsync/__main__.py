"""The program's entry: `idsync …` and `python -m idsync …`."""

import gc

from idsync.cli.application import main as run_command


def main() -> None:
    """Run one command. It ends before cycles of garbage matter, and looking for them in a whole company costs time."""
    gc.disable()
    run_command()


if __name__ == "__main__":
    main()
