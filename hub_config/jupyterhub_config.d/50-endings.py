from gaia_vre.hub.endings import configure_endings

configure_endings(c)
