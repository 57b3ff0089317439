"""How much people keep: measuring homes, limits, and the rescue when a home is too full."""
