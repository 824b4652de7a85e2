"""Floor 7, synthetic: made-up patients whose truth is known, to measure the engine against.

A patient is first a latent state (`patient.py`), then a truth about it (`truth.py`, from `tables/`), then FHIR resources
(`record.py`), then the mess of real systems (`mess.py`).  Nothing here may know the engine or its knowledge: whoever
writes both sides of a test from one table measures nothing.  An import contract holds that.
"""
