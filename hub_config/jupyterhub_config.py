"""The hub of one machine: its own part, then the fragments that a cluster loads too."""

from pathlib import Path

from gaia_vre.hub.machine import configure_machine

configure_machine(c)
for fragment in sorted(Path(__file__).parent.glob("jupyterhub_config.d/*.py")):
    load_subconfig(str(fragment))
