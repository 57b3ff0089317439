from gaia_vre.hub.pages import configure_pages

configure_pages(c)
