"""The tests of Regulars: one folder per room, and the house, the journeys and the benchmarks beside them."""
