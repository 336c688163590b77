"""Models that are not what they should be are named."""

import builtins

import numpy as np
import pytest

from config import PRETRAINED, ProjectError
from files import litert


@pytest.mark.parametrize(
    ("noise", "text", "size", "message"),
    [(7, 384, 64, "noise"), (100, 7, 64, "text"), (100, 384, 32, "shape")],
)
def test_an_exported_generator_of_another_shape_is_named(noise, text, size, message):
    (path,) = PRETRAINED.glob("*.tflite")
    inputs = {"noise": (16, noise), "text": (16, text)}
    with pytest.raises(ProjectError, match=message) as caught:
        litert.open_model(path, inputs, (16, size, size, 3))
    assert str(path) in str(caught.value)
    with pytest.raises(ProjectError, match="its inputs are"):
        litert.open_model(path, {"images": (16, 64, 64, 3)}, (16, 118))


def test_a_generator_that_fails_as_it_draws_is_named(monkeypatch):
    from ai_edge_litert.interpreter import Interpreter

    def fail(self):
        raise RuntimeError("Input tensor 18 lacks data")  # of a file with one byte changed

    (path,) = PRETRAINED.glob("*.tflite")
    run = litert.open_model(path, {"noise": (16, 100), "text": (16, 384)}, (16, 64, 64, 3))
    assert run
    monkeypatch.setattr(Interpreter, "invoke", fail)
    with pytest.raises(ProjectError, match="18 lacks data") as caught:
        run(np.zeros((16, 100), np.float32), np.zeros((16, 384), np.float32))
    assert str(path) in str(caught.value)


def test_threads_take_items_in_order_and_few_ahead():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    results = litert.map_in_threads(lambda number: number * number, items())
    for number, result in enumerate(results):
        assert result == number * number
        assert len(taken) <= number + 2 * litert.THREADS + 2
    assert len(taken) == 100


def test_ctrl_c_while_the_library_is_loaded_is_no_missing_library(monkeypatch, tmp_path):
    def load(name, *_):
        if name.startswith("ai_edge_litert"):
            raise ImportError("initialization failed") from KeyboardInterrupt()
        return original(name, *_)

    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", load)
    with pytest.raises(KeyboardInterrupt):
        litert.open_model(tmp_path / "none.tflite", {}, ())
