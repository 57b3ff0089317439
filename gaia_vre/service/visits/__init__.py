"""Who entered whose server: told by the lab that was entered, shown to its owner."""
