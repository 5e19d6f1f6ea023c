"""no_grad, enable_grad, set_grad_enabled, inference_mode: blocks, decorators, generators, tasks, threads."""

import asyncio
import contextlib
import contextvars
import sys
import threading

import pytest

import xpgrad as xp
from xpgrad._modes import STRICT_TAPE
from xpgrad.autograd import set_grad_enabled

X = xp.tensor([1.0], requires_grad=True)


def recording():
    assert xp.is_grad_enabled() == (X * 2).requires_grad
    return xp.is_grad_enabled()


def state():
    return recording(), xp.is_inference_mode_enabled(), STRICT_TAPE.get()


def test_no_grad_records_nothing_and_puts_back():
    assert recording()
    with xp.no_grad():
        assert not recording()
        with xp.enable_grad():
            assert recording()
            with xp.no_grad():
                assert not recording()
            assert recording()
        assert not recording()
    assert recording()


def test_an_exception_puts_back_too():
    with pytest.raises(KeyError), xp.no_grad():
        raise KeyError
    assert recording()


def test_one_instance_may_be_entered_again():
    off = xp.no_grad()
    with off, off:
        assert not recording()
        with xp.enable_grad(), off:
            assert not recording()
        assert not recording()
    assert recording()


@pytest.mark.parametrize(
    "decorator", [xp.no_grad, xp.no_grad(), xp.inference_mode, xp.inference_mode()]
)
def test_decorators_with_and_without_parentheses(decorator):
    @decorator
    def f(a, *, b):
        """Says so."""
        return recording(), a, b

    assert f(1, b=2) == (False, 1, 2)
    assert f.__name__ == "f"
    assert f.__doc__ == "Says so."
    assert recording()


def test_decorated_functions_may_recur_and_mix():
    @xp.no_grad()
    def off(n):
        return [recording(), *(on(n - 1) if n else [])]

    @xp.enable_grad
    def on(n):
        return [recording(), *(off(n - 1) if n else [])]

    assert off(3) == [False, True, False, True]
    assert recording()


def test_methods_can_be_decorated():
    class Model:
        @xp.no_grad()
        def evaluate(self):
            return recording()

        @staticmethod
        @xp.no_grad
        def fixed():
            return recording()

    assert Model().evaluate() is False
    assert Model.fixed() is False


def test_set_grad_enabled_switches_at_once_and_as_a_block_puts_back():
    set_grad_enabled(False)
    try:
        assert not recording()
    finally:
        set_grad_enabled(True)
    assert recording()
    for mode in (False, True):
        with set_grad_enabled(mode):
            assert recording() is mode
        assert recording()


def test_set_grad_enabled_as_a_decorator_changes_only_the_calls():
    @set_grad_enabled(False)
    def f():
        return recording()

    assert recording()
    assert f() is False
    assert recording()


def test_inference_mode_is_not_undone_by_enable_grad():
    with xp.inference_mode():
        assert xp.is_inference_mode_enabled()
        assert not recording()
        with xp.enable_grad():
            assert not recording()
        with set_grad_enabled(True):
            assert not recording()
        with xp.inference_mode(False):
            assert recording()
        layer = xp.ones(2, requires_grad=True)
    assert not xp.is_inference_mode_enabled()
    assert (layer * 2).requires_grad


def test_a_decorated_generator_is_switched_only_while_it_runs():
    @xp.no_grad()
    def steps():
        got = []
        try:
            for _ in range(2):
                got.append(recording())
                got.append((yield recording()))
        except KeyError:
            got.append(recording())
            yield "caught"
        finally:
            got.append(recording())
        return got

    running = steps()
    assert next(running) is False
    assert recording(), "the caller of a generator is not switched"
    assert running.send("a") is False
    assert recording()
    with pytest.raises(StopIteration) as end:
        running.send("b")
    assert end.value.value == [False, "a", False, "b", False]
    running = steps()
    next(running)
    assert running.throw(KeyError) == "caught"
    running.close()
    assert recording()


def test_a_decorated_coroutine_is_switched_and_other_tasks_are_not():
    seen = []

    @xp.no_grad()
    async def off():
        for _ in range(3):
            seen.append(("off", recording()))
            await asyncio.sleep(0)

    async def on():
        for _ in range(3):
            seen.append(("on", recording()))
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(off(), on(), off())
        assert recording()

    asyncio.run(main())
    assert {s for s in seen if s[0] == "off"} == {("off", False)}
    assert {s for s in seen if s[0] == "on"} == {("on", True)}


def test_a_decorated_async_generator_is_switched_only_while_it_runs():
    @xp.no_grad
    async def steps():
        for _ in range(3):
            yield recording()

    async def main():
        async for inside in steps():
            assert inside is False
            assert recording()

    asyncio.run(main())


def test_a_decorated_async_generator_gets_the_exceptions_of_its_caller():
    seen = []

    @xp.no_grad()
    async def steps():
        try:
            yield recording()
        except KeyError:
            seen.append(("caught", recording()))
            yield "caught"
        finally:
            seen.append(("finally", recording()))

    @contextlib.asynccontextmanager
    @xp.no_grad()
    async def patient():
        with contextlib.suppress(KeyError):
            yield

    async def main():
        running = steps()
        assert await anext(running) is False
        assert recording()
        assert await running.athrow(KeyError) == "caught"
        assert recording()
        with pytest.raises(StopAsyncIteration):
            await anext(running)
        running = steps()
        await anext(running)
        await running.aclose()
        running = steps()
        await anext(running)
        with pytest.raises(LookupError):
            await running.athrow(LookupError)
        async with patient():
            raise KeyError
        assert recording()

    asyncio.run(main())
    assert seen == [("caught", False)] + [("finally", False)] * 3


def test_a_class_is_no_function_to_decorate():
    for decorator in (
        xp.no_grad,
        xp.no_grad(),
        xp.inference_mode(),
        set_grad_enabled(False),
        xp.strict_tape(),
    ):
        with pytest.raises(
            TypeError, match="cannot decorate a class, got Model: decorate its methods"
        ):

            @decorator
            class Model:
                pass

    assert recording()


def test_threads_have_a_mode_of_their_own():
    seen = []
    with xp.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recording()))
        thread.start()
        thread.join()
        assert not recording()
    assert seen == [True]


def test_one_instance_entered_by_two_threads_puts_each_back():
    off, inside, leave, seen = xp.no_grad(), threading.Event(), threading.Event(), []

    def other():
        with xp.no_grad(), off:
            inside.set()
            leave.wait()
        seen.append(recording())

    thread = threading.Thread(target=other)
    with off:
        thread.start()
        inside.wait()
    assert recording()
    leave.set()
    thread.join()
    assert seen == [True]


@pytest.mark.parametrize("guard", [xp.no_grad(), xp.strict_tape(), xp.inference_mode()])
def test_one_instance_serves_many_threads_at_a_time(guard):
    wrong, before, outside = [], sys.getswitchinterval(), state()

    def work():
        try:
            for _ in range(300):
                with guard, guard:
                    assert state() != outside
                assert state() == outside
        except BaseException as error:  # noqa: BLE001 - an exception in a thread is not seen
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_one_default_dtype_serves_two_threads_that_end_in_the_order_they_began():
    guard, seen = xp.default_dtype(xp.float32), []
    entered, left = threading.Event(), threading.Event()

    def other():
        with guard:
            entered.set()
            left.wait(10)
            seen.append(xp.zeros(1).dtype)
        seen.append(xp.zeros(1).dtype)

    thread = threading.Thread(target=other)
    with guard:
        thread.start()
        entered.wait(10)
    assert xp.zeros(1).dtype == xp.float64
    left.set()
    thread.join()
    assert seen == [xp.float32, xp.float64]


def test_blocks_of_two_generators_may_end_in_the_order_they_began():
    def steps(switch):
        with switch:
            yield recording()

    for third in (contextlib.nullcontext(), xp.no_grad()):
        first, second = steps(xp.no_grad()), steps(xp.enable_grad())
        assert (next(first), next(second)) == (False, True)
        first.close()
        assert recording(), "the second block is open"
        with third:
            second.close()
        assert recording()


def test_a_block_that_ends_in_another_context_changes_nothing_there():
    guard = xp.no_grad()

    def steps():
        with guard:
            yield

    running = steps()
    contextvars.copy_context().run(next, running)
    with xp.no_grad():
        with guard:
            contextvars.copy_context().run(running.close)
        assert not recording()
    assert recording()


def test_a_set_grad_enabled_may_be_entered_again():
    off = set_grad_enabled(False)
    with off, off:
        with off:
            pass
        assert not recording()
    assert recording()
    with off:
        assert not recording()
    assert recording()


def test_a_block_may_end_in_another_context():
    def steps():
        with xp.no_grad():
            yield recording()

    running = steps()
    assert contextvars.copy_context().run(next, running) is False
    running.close()
    assert recording()


def test_what_was_recorded_stays_recorded():
    x = xp.tensor([2.0], requires_grad=True)
    y = x * x
    with xp.no_grad():
        z = y * 10
    assert y.requires_grad
    assert not z.requires_grad
    (y + z).sum().backward()
    assert x.grad.tolist() == [4.0]
