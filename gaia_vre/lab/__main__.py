"""The command that the hub's spawner runs in place of ``jupyterhub-singleuser``."""

from gaia_vre.lab.launcher import main

if __name__ == "__main__":
    main()
