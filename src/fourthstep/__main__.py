"""`python -m fourthstep` is the command line."""

from fourthstep.cli import main

main()
