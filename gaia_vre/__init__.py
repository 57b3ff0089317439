"""Virtual research environment of GAIA Data."""
