"""Projects over HTTP: JSON for programs, pages for people."""
