"""NumPy's own calls on tensors: ``np.sin(t)``, ``np.sum(t, axis=0)``, ``np.median(t)``, ``array * t``.

NumPy asks through ``__array_ufunc__`` and ``__array_function__``; this package translates names and
arguments to the standard's functions and composes what the standard does not have.  NumPy is never
imported here: it is only reached through what it passes in.
"""

from xpgrad.compat.numpy._protocols import array_function, array_ufunc

__all__ = ["array_function", "array_ufunc"]
