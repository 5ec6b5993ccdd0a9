"""The ways into the stores: let in, kept, lost, found again."""
