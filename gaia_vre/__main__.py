"""``python -m gaia_vre`` is the command ``gaia-vre``."""

from gaia_vre.cli import main

if __name__ == "__main__":
    main()
