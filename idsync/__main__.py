"""The program's entry: `idsync …` and `python -m idsync …`."""

from idsync.cli.application import main

if __name__ == "__main__":
    main()
