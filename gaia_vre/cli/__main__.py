"""Run the command line as ``python -m gaia_vre.cli``."""

from gaia_vre.cli import main

main()
