"""Decisions of rewards, held by laws."""
