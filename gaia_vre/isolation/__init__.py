"""Keep users' processes apart on one machine: file view (bubblewrap) and limits (cgroups)."""
