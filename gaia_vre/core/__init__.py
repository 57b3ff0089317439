"""Values and errors that every part shares; no I/O beyond reading settings."""
