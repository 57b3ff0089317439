from gaia_vre.hub.hosts import configure_hosts

configure_hosts(c)
