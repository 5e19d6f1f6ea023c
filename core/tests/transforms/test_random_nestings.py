"""Random stacks of transforms on functions with known derivatives of every order: the result is the known one.

``XPGRAD_EXAMPLES=20000 pytest core/tests/transforms/test_random_nestings.py`` searches longer.
"""

import importlib.util
import itertools
import os
import pathlib

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import xpgrad as xp
from xpgrad._modes import LEVELS
from xpgrad.errors import GraphError

_spec = importlib.util.spec_from_file_location(
    "nestings", pathlib.Path(__file__).with_name("nestings.py")
)
nestings = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(nestings)
NAMES = list(nestings.TRANSFORMS)

EXAMPLES = int(os.environ.get("XPGRAD_EXAMPLES", "200"))
SEARCH = settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES <= 200,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
NUMBERS = st.integers(0, 2**16)
STACKS = st.lists(st.tuples(st.sampled_from(NAMES), NUMBERS), min_size=1, max_size=4)


@SEARCH
@given(seed=NUMBERS, stack=STACKS, point=st.sampled_from(nestings.POINTS))
def test_any_stack_of_transforms_gives_the_known_derivative(seed, stack, point):
    case = nestings.nested(seed, stack)
    try:
        found = nestings.difference(case, point)
    except GraphError as error:
        if "from outside" not in str(error):
            raise
        reject()  # a derivative of one's own may not close over what is differentiated
    assert found < 1e-10, case.text
    assert not LEVELS.get()


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(NAMES, NAMES)))
def test_every_pair_of_transforms(outer, inner):
    for seed in (1, 2):
        case = nestings.nested(seed, [(inner, seed), (outer, seed + 10)])
        assert nestings.difference(case, nestings.POINTS[seed]) < 1e-11, case.text


@pytest.mark.parametrize("name", NAMES)
def test_every_transform_on_every_device(name, device):
    for seed in range(3):
        case = nestings.nested(seed, [(name, seed)])
        with xp.device(device):
            assert nestings.difference(case, nestings.POINTS[seed], device) < 1e-11, case.text


def test_a_wrong_meaning_is_noticed():
    case = nestings.nested(3, [("grad", 0)])
    case.meaning[-1] = case.meaning[-1] + nestings.Sum(
        {((0,) * case.n, (0,) * case.n, "1", (0,) * case.n): 1}
    )
    assert nestings.difference(case, nestings.POINTS[0]) > 1e-3


def test_the_meanings_are_derivatives():
    """The school's rules against a central difference."""
    for seed in range(20):
        case, h = nestings.random_case(seed), 1e-5
        point = nestings.POINTS[seed % 4][: case.n]
        for part in case.meaning:
            for i in range(case.n):
                up = (*point[:i], point[i] + h, *point[i + 1 :])
                down = (*point[:i], point[i] - h, *point[i + 1 :])
                slope = (part.value(up) - part.value(down)) / (2 * h)
                assert part.derivative(i).value(point) == pytest.approx(slope, rel=1e-6, abs=1e-6)
