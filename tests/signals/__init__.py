"""The measures, held against print, recomputations and laws."""
