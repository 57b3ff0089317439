"""Apps that projects publish, over HTTP."""
