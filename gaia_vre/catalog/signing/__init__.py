"""Files of other archives that want a key: each archive's way to get at them, behind one interface."""
