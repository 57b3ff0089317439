"""What people are told: stored once, read on pages and in labs while it is new."""
