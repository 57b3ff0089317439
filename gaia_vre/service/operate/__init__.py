"""What administrators see and do: people, servers, the state of the parts, maintenance."""
