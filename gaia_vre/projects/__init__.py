"""Projects: people with roles who share files, a budget and an end."""
