from gaia_vre.hub.admission import configure_admission

configure_admission(c)
