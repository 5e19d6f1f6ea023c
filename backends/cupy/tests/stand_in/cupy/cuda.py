"""Devices, streams and the runtime of the stand-in."""

import os
import sys
import threading
import types

LOG = []
"""What was asked of devices and streams."""
_here = threading.local()


def _stack():
    if not hasattr(_here, "stack"):
        _here.stack = [0]
        _here.streams = {}
    return _here.stack


def get_device_id():
    return _stack()[-1]


class Device:
    def __init__(self, device=None):
        self.id = get_device_id() if device is None else getattr(device, "id", device)

    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, Device) and other.id == self.id

    def __enter__(self):
        _stack().append(self.id)
        return self

    def __exit__(self, *_):
        _stack().pop()

    def synchronize(self):
        LOG.append(("synchronize", self.id))

    def __repr__(self):
        return f"<CUDA Device {self.id}>"


class Stream:
    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        self.device_id = get_device_id()
        self.name = "null" if null else "own"

    def __enter__(self):
        _stack()
        self.before = get_current_stream()
        _here.streams[self.device_id] = self
        return self

    def __exit__(self, *_):
        _here.streams[self.device_id] = self.before

    def record(self, event=None):
        assert self.device_id == get_device_id(), "an event of another device"
        LOG.append(("record", self.device_id, self.name))
        return (self.device_id, self.name)

    def wait_event(self, event):
        LOG.append(("wait", self.device_id, event))


def get_current_stream(device_id=-1):
    _stack()
    number = get_device_id() if device_id < 0 else device_id
    if number not in _here.streams:
        with Device(number):
            _here.streams[number] = Stream(null=True)
    return _here.streams[number]


class UnownedMemory:
    """Another library's memory."""


class CUDARuntimeError(RuntimeError):
    pass


def _driver_version():
    return int(os.environ.get("STAND_IN_DRIVER", "13000"))


def _count():
    count = int(os.environ.get("STAND_IN_DEVICES", "1"))
    if not _driver_version():
        message = "cudaErrorInsufficientDriver"
        raise CUDARuntimeError(message)
    if _driver_version() // 1000 < 13 or not count:
        message = "cudaErrorNoDevice"
        raise CUDARuntimeError(message)
    return count


runtime = types.SimpleNamespace(
    CUDARuntimeError=CUDARuntimeError,
    getDeviceCount=_count,
    driverGetVersion=_driver_version,
    runtimeGetVersion=lambda: 13000,
    memGetInfo=lambda: (1000 + get_device_id(), 2000),
)

sys.modules["cupy.cuda.device"] = types.SimpleNamespace(Device=Device)
