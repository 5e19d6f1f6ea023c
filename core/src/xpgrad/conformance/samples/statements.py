"""Programs of statements: each gets x (3 by 4) and v (4 elements), both tracked, and a maker of index arrays."""

from __future__ import annotations

from typing import Any, Final

from xpgrad._namespace._operations import operation

__all__ = ["PROGRAMS"]

Program = "Callable[[Any, Any, Callable[[Any], Any]], Any]"
PROGRAMS: Final[dict[str, Any]] = {}


def program(function: Any) -> Any:
    """Enter a program by the words of its name."""
    PROGRAMS[function.__name__.replace("_", " ")] = function
    return function


@program
def add_to_a_product(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * v
    y += v
    y *= y
    return y


@program
def divide_and_subtract_in_place(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * 2.0
    y /= v
    y -= x
    y **= 2
    return y


@program
def write_an_element(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * 1.0
    y[1, 2] = v[0] * v[1]
    y[0, 0] = 3.0
    return y * y


@program
def write_rows_and_columns(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * 1.0
    y[0, :] = v
    y[:, 1] = y[:, 1] * y[:, 2]
    y[1:, 2:] = v[:2]
    return y * x


@program
def write_backwards_and_with_steps(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * 1.0
    y[::2, ::-1] = x[:2, :] * v
    return y * y


@program
def read_with_new_axes(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    return x[:, None, 1:] * v[None, 1:] + x[..., 0:1, None]


@program
def read_the_same_row_twice(x: Any, v: Any, ints: Any) -> Any:
    return x[ints([0, 2, 0, 0]), :] * v


@program
def read_duplicates_once_more(x: Any, v: Any, ints: Any) -> Any:
    return x[ints([0, 0]), :] * v + x[ints([2, 0]), :] + x[ints([1, 1]), :]


@program
def read_pairs_of_indices(x: Any, v: Any, ints: Any) -> Any:
    return x[ints([0, 2, 0]), ints([1, 3, 1])] * v[:3]


@program
def write_duplicates_the_last_stays(x: Any, v: Any, ints: Any) -> Any:
    y = x * 1.0
    y[ints([1, 1, 0]), :] = x * v
    return y * y


@program
def add_at_duplicates_through_scatter_add(x: Any, v: Any, ints: Any) -> Any:
    y = operation("scatter_add")(x * 1.0, ints([1, 1, 0]), x * v)
    return y * y


@program
def write_where_a_mask_says(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * 1.0
    y[x > 0.5] = 2.0
    return y * v


@program
def step_through_time(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    state = x * 0.0
    state[0, :] = v
    for t in range(1, 3):
        state[t, :] = state[t - 1, :] * x[t, :] + v
    return state


@program
def write_into_what_was_read(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    y = x * 1.0
    z = y[0, :]
    y[0, :] = v
    return y * z


@program
def accumulate_in_a_loop(x: Any, v: Any, ints: Any) -> Any:  # noqa: ARG001
    total = v * 0.0
    for row in range(3):
        total += x[row, :] * v
    return total * total
