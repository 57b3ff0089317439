"""What projects publish, over HTTP."""
