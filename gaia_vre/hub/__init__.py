"""JupyterHub: authenticator, roles, spawners and hooks; the files of hub_config call these."""
