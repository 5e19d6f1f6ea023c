"""Sample calls of every operation with a derivative, one file per chapter of the standard."""

from xpgrad.conformance.samples import (
    contraction,
    convolution,
    elementwise,
    fft,
    indexing,
    linalg,
    linear_algebra,
    manipulation,
    ordering,
    special,
    statistics,
    windows,
)
from xpgrad.conformance.samples._declared import case_of as case_of
from xpgrad.conformance.samples._declared import elementwise_case as elementwise_case
from xpgrad.conformance.samples._declared import matching as matching
from xpgrad.conformance.samples._make import CASES as CASES
from xpgrad.conformance.samples._make import Case as Case
from xpgrad.conformance.samples._make import Maker as Maker
from xpgrad.conformance.samples._make import Sample as Sample
from xpgrad.conformance.samples.chosen import Chosen as Chosen

__all__ = [
    "CASES",
    "Case",
    "Chosen",
    "Maker",
    "Sample",
    "case_of",
    "contraction",
    "convolution",
    "elementwise",
    "elementwise_case",
    "fft",
    "indexing",
    "linalg",
    "linear_algebra",
    "manipulation",
    "matching",
    "ordering",
    "special",
    "statistics",
    "windows",
]
