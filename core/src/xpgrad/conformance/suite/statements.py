"""Level 4: programs of in-place statements, indexing and duplicates give NumPy's values and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from xpgrad.conformance.programs import agrees_with_numpy, leaves_shared_memory_alone
from xpgrad.conformance.samples.statements import PROGRAMS

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 4


@pytest.mark.parametrize("program", PROGRAMS)
def test_statements_give_numpys_values_and_gradients(site: Site, program: str) -> None:
    agrees_with_numpy(site, PROGRAMS[program])


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_statement_changes_no_other_tensor(site: Site, program: str) -> None:
    leaves_shared_memory_alone(site, PROGRAMS[program])


def test_a_leaf_that_requires_grad_refuses_a_statement(site: Site) -> None:
    from xpgrad.errors import GraphError  # noqa: PLC0415 - one test's

    x: Any = site.place(_host([1.0, 2.0], site)).requires_grad_()
    with pytest.raises(GraphError):
        x += 1.0
    assert site.host(x).tolist() == [1.0, 2.0]


def _host(values: list[float], site: Site) -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np.asarray(values, "float64" if site.has("float64") else "float32")
