"""The background side: takes the inbox in, empties the outbox, measures at night, decides when time has passed."""
