"""Configuration of the Dask Gateway server; all of it follows from the settings."""

from gaia_vre.core.settings import load_settings
from gaia_vre.gateway.configuration import configure

configure(c, load_settings())
