"""What a person's lab runs: JupyterLab, started by ``python -m gaia_vre.lab``."""
