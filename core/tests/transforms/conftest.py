"""The devices every transform is tried on."""

import pytest


@pytest.fixture(params=("numpy:cpu", "array_api_strict:cpu", "array_api_strict:device1"))
def device(request):
    if request.param.startswith("array_api_strict"):
        pytest.importorskip(
            "xpgrad_array_api_strict", reason="the strict backend is in the dev group"
        )
    return request.param
