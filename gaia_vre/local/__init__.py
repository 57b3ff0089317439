"""The whole environment on one machine: start, watch, stop."""
