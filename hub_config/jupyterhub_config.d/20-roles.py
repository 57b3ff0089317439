from gaia_vre.hub.roles import configure_roles

configure_roles(c)
