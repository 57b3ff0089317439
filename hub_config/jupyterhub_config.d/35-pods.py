from gaia_vre.hub.pods.configuration import configure_pods

configure_pods(c)
