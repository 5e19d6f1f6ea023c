"""Whether a GPU answers, and if not, which part is missing and how to get it."""

from __future__ import annotations

import os
import re
from importlib import metadata

import cupy

from xpgrad.errors import BackendError

_WHEEL = re.compile(r"cupy(-cuda\d+x?|-rocm-[\d-]+)?")


def device_count() -> int:
    """How many CUDA devices are visible; at least one.

    Raises:
        BackendError: With ``part`` set to ``"device"``, saying what is missing.
    """
    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except (RuntimeError, ImportError, OSError) as error:  # CuPy's own error is a RuntimeError
        raise _missing(str(error)) from error
    if count < 1:
        cause = "0 devices"
        raise _missing(cause)
    return count


def wheels() -> list[str]:
    """The distributions of this environment that carry CuPy; more than one is a broken install."""
    names = {str(each.metadata["Name"]).lower() for each in metadata.distributions()}
    return sorted(name for name in names if _WHEEL.fullmatch(name))


def _missing(cause: str) -> BackendError:
    error = BackendError(f"{_what_is_missing()} (CUDA says: {cause}){_two_wheels()}")
    error.part = "device"
    return error


def _what_is_missing() -> str:
    driver, needed = _versions()
    if not driver:
        return (
            "the NVIDIA driver is missing: no CUDA driver was found on this machine; install it "
            "(`nvidia-smi` shows whether it works), or use device 'cpu'"
        )
    if driver // 1000 < needed // 1000:
        return (
            f"the NVIDIA driver is too old: it serves CUDA {_text(driver)} and the installed CuPy "
            f"wheel needs CUDA {_text(needed)}; update the driver, or uninstall that wheel and "
            f'`pip install "xpgrad[cuda{driver // 1000}]"`'
        )
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    hidden = "" if visible is None else f"; CUDA_VISIBLE_DEVICES is {visible!r}"
    return (
        f"the NVIDIA driver (CUDA {_text(driver)}) is there, but no GPU is visible to this process"
        f"{hidden}; `nvidia-smi -L` lists what the machine has"
    )


def _versions() -> tuple[int, int]:
    """The CUDA versions of the driver (0: none) and of the wheel, as 1000 * major + 10 * minor."""
    try:
        runtime = cupy.cuda.runtime
        return int(runtime.driverGetVersion()), int(runtime.runtimeGetVersion())
    except (RuntimeError, ImportError, OSError):
        return 0, 0


def _text(version: int) -> str:
    return f"{version // 1000}.{version % 1000 // 10}"


def _two_wheels() -> str:
    found = wheels()
    if len(found) < 2:
        return ""
    return (
        f". Several CuPy wheels are installed ({', '.join(found)}) and they break each other: "
        "uninstall all of them, then install one"
    )
