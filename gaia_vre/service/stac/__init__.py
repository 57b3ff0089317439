"""The catalog as a STAC API at ``/services/gaia/stac``."""
