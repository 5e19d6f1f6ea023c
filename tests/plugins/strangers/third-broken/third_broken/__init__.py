"""A plugin whose dependency is missing."""

from a_library_nobody_installed import everything as everything
