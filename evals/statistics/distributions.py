"""Quantiles and tails of the normal and of Student's distribution.

By scipy.special, which scipy.stats calls for them too: importing that takes a second, as long as all else
that the gate does.
"""

from __future__ import annotations

from scipy.special import ndtr, ndtri, stdtr, stdtrit


def normal_quantile(confidence: float) -> float:
    """What a standard normal value is below with this chance."""
    return float(ndtri(confidence))


def normal_above(value: float) -> float:
    """The chance that a standard normal value is above this one."""
    return float(ndtr(-value))


def student_quantile(confidence: float, freedom: float) -> float:
    """What a value of Student's t is below with this chance."""
    return float(stdtrit(freedom, confidence))


def student_above(value: float, freedom: float) -> float:
    """The chance that a value of Student's t is above this one."""
    return float(stdtr(freedom, -value))
