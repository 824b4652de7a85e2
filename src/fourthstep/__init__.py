"""Fourthstep: decision support for the interventional management of cancer pain."""

__version__ = "0.1.0"
