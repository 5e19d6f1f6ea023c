"""The conformance kit: what a backend must do, as tests that ship.

``xpgrad conformance backend NAME`` runs it from any directory; in an author's repository, two lines do::

    pytest_plugins = ["xpgrad.conformance.plugin"]            # conftest.py
    from xpgrad.conformance.test_backend import *             # test_conformance.py

``xpgrad conformance operation 'special.*'`` runs on the operations of a package what core's own must pass; see
``test_operation``.  The names of the kit's tests are a public interface.
"""

KIT_VERSION = 3
"""Raised when a test is added that a conforming backend may fail."""
