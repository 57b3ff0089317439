"""Dask Gateway: who may start which clusters, how they run on one machine, and the notebook's way in."""
