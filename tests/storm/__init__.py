"""Many workers at one month's money at once, crashing as they go: the budget holds at every committed state."""
