"""Level 1 once more, on shapes that nobody thought of: ``--fuzz N`` draws N cases for each elementwise operation.

Hypothesis draws shapes that broadcast together and picks values of the operation's own samples, so that they lie where
it is defined; what fails is shrunk to the smallest shapes.  The verdict does not rest on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xpgrad.conformance import checks
from xpgrad.conformance.samples import Maker, Sample, case_of
from xpgrad.conformance.site import Call, active
from xpgrad.conformance.suite._calls import widest

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 1


def test_random_shapes_agree(site: Site, fuzzed_operation: str, fuzz: int) -> None:
    for dtype in widest(site, fuzzed_operation):
        _every_draw(site, fuzzed_operation, _largest(fuzzed_operation, dtype), fuzz)


def _every_draw(site: Site, operation: str, sample: Sample, number: int) -> None:
    """Draw shapes and values so many times, and check; raises for the smallest draw that fails."""
    import hypothesis  # noqa: PLC0415 - an extra
    from hypothesis import strategies  # noqa: PLC0415 - same
    from hypothesis.extra import numpy as arrays  # noqa: PLC0415 - same

    shapes = arrays.mutually_broadcastable_shapes(
        num_shapes=len(active(operation, sample)), min_dims=0, max_dims=3, min_side=0, max_side=4
    )

    @hypothesis.settings(max_examples=number, deadline=None, database=None, derandomize=True)
    @hypothesis.given(shapes, strategies.integers(0, 2**16))
    def agrees(drawn: Any, seed: int) -> None:
        call = Call(site, operation, _drawn(operation, sample, drawn.input_shapes, seed))
        if site.xp.backend.name == "numpy":  # which is the reference
            checks.agrees_with_differences(call)
        else:
            checks.agrees_with_reference(call)
        checks.recorded_pass_agrees(call)

    agrees()


def _largest(name: str, dtype: str) -> Sample:
    """The sample with the most numbers, all of which lie where the operation is defined."""
    samples = list(case_of(name).samples(Maker(dtype)))
    every = {n for s in samples for n in active(name, s)}
    whole = [s for s in samples if active(name, s).keys() == every]
    return max(whole, key=lambda s: min(a.size for a in active(name, s).values()))


def _drawn(name: str, sample: Sample, shapes: Any, seed: int) -> Sample:
    """A call on arrays of these shapes, filled with numbers of the sample's."""
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    rng = np.random.default_rng(seed)
    chosen = {
        n: rng.choice(values.reshape(-1), shape)
        for (n, values), shape in zip(active(name, sample).items(), shapes, strict=True)
    }
    label = f"shapes {', '.join(map(str, shapes))}"
    return replace(sample, label=label, arrays=sample.arrays | chosen)
