"""Floor 5, assessment: one patient, one day; assess.py is the map of the whole walk."""
