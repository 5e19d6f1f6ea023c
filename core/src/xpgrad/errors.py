"""The errors and warnings of xpgrad: few named types, each also the built-in a caller expects.

Every message says what was given, what was expected and what to do next.
"""


class XpgradError(Exception):
    """Base of every error that xpgrad raises on purpose."""


class PluginWarning(UserWarning):
    """A plugin was left out, wholly or in part; everything else works."""


class PluginError(XpgradError):
    """A plugin is broken, or a name that a plugin would provide is not known."""


class BackendError(XpgradError, RuntimeError):
    """A backend is unknown, or is installed and cannot start.

    ``part`` says which part is missing: ``"plugin"``, ``"library"``, ``"device"`` (driver or
    device), or ``""`` where that is not known.
    """

    part: str = ""


class DeviceError(XpgradError, ValueError):
    """A device text cannot be read, no backend serves it, or two devices were mixed."""


class DTypeError(XpgradError, TypeError):
    """A dtype is unknown to a backend, or not allowed where it was given."""


class ShapeError(XpgradError, ValueError):
    """Shapes do not broadcast, or an axis is out of range."""


class GraphError(XpgradError, RuntimeError):
    """The graph cannot do what was asked: freed values, no gradient, a leaf changed in place."""


class MissingRuleError(XpgradError, NotImplementedError):
    """A derivative was asked of an operation that has no rule for it."""


class MissingFunctionError(XpgradError, NotImplementedError):
    """A backend's library has not the function, and core has no portable default for it."""


class LeftTapeWarning(UserWarning):
    """A recorded value became a plain number or array, so no gradient flows through it."""


class LeftTapeError(XpgradError, RuntimeError):
    """A recorded value was about to leave the tape where that is not allowed."""


class StateDictError(XpgradError, RuntimeError):
    """A state dict does not fit: names are missing, unexpected, or of another shape."""


class MissingName(NotImplementedError, AttributeError):  # noqa: N818 - first of all a missing name
    """A name of another framework that a compatibility module does not provide."""


class OptimizerError(XpgradError, ValueError):
    """An optimizer was given an argument, a parameter or a state that it cannot use."""
