"""How long starts took, step by step: told by the hub, shown to whoever started."""
