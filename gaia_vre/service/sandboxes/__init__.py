"""Sandboxes over HTTP, and what the reconcile loop does for them."""
