"""The command `autograder`, also as `python -m autograder`."""

from __future__ import annotations

from autograder.commands.interruption import Interruption


def main() -> None:
    """Run the command line."""
    # Importing the commands takes a moment, in which Ctrl-C must not print a traceback.
    interruption = Interruption()
    from autograder.commands import app

    app.main(interruption)


if __name__ == "__main__":
    main()
