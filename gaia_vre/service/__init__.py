"""The service at /services/gaia: pages, JSON API, and the loop that keeps what runs in order."""
