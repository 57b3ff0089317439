from gaia_vre.hub.login import configure_login

configure_login(c)
