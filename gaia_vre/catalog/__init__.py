"""The datasets of the poles: what they are, where they stand, how they open."""
