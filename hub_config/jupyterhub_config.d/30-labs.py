from gaia_vre.hub.labs import configure_labs

configure_labs(c)
