"""The server part of the GAIA panel: what the browser may ask, answered without it ever seeing a token."""
