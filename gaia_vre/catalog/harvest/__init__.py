"""Harvest other catalogs: one module per kind of source, one contract, one way of writing what was found."""
