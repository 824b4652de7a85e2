"""Floor 7, fetch: a Bulk Data export from a FHIR server into a folder that `fourthstep screen` reads."""
