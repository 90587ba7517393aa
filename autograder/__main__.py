"""`python -m autograder` runs the command `autograder`."""

from autograder.commands.app import main

main()
