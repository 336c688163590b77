"""The encoder against a scan in PyTensor, the successor of Theano."""

import json
import os

import numpy as np
import pytest

from config import ROOT
from skipthoughts_encoder import load_encoder

# Do without a C compiler, which may be missing. PyTensor reads this once, at its import.
os.environ["PYTENSOR_FLAGS"] = "cxx=,mode=FAST_COMPILE"
pytensor = pytest.importorskip("pytensor")

GOLDEN = ROOT / "tests" / "golden" / "skipthoughts_tiny"


def last_state(arrays, prefix):
    """Return the function (T, e) -> (d,) of one GRU, written as in the published program."""
    pt = pytensor.tensor
    W, b, U, Wx, bx, Ux = (arrays[f"{prefix}_{name}"] for name in ("W", "b", "U", "Wx", "bx", "Ux"))
    d = len(Ux)

    def step(x, h):
        gates = pt.sigmoid(pt.dot(h, U) + x @ W + b)
        reset, update = gates[:d], gates[d:]
        candidate = pt.tanh(pt.dot(h, Ux) * reset + x @ Wx + bx)
        return update * h + (1 - update) * candidate

    words = pt.matrix("words", dtype="float32")
    start = pt.zeros(d, dtype="float32")
    states, _ = pytensor.scan(step, sequences=words, outputs_info=start)
    return pytensor.function([words], states[-1])


# PyTensor 3 warns that scan will return the states alone; PyTensor 2 has no option for that.
@pytest.mark.filterwarnings("ignore:Scan return signature will change:DeprecationWarning")
def test_a_scan_gives_the_same_vectors(encoder_folder):
    encoder = load_encoder(encoder_folder)
    with np.load(GOLDEN / "uni_skip.npz") as uni, np.load(GOLDEN / "bi_skip.npz") as bi:
        encode = last_state(uni, "encoder")
        forward, backward = last_state(bi, "encoder"), last_state(bi, "encoder_r")
    utable, btable = (np.load(GOLDEN / f"{name}table_plain2d.npy") for name in "ub")
    words = (GOLDEN / "dictionary.txt").read_text(encoding="utf-8").split("\n")
    vectors = []
    for tokens in json.loads((GOLDEN / "tokens.json").read_text(encoding="utf-8")):
        rows = [words.index(token if token in words else "UNK") for token in tokens]
        u, b = utable[rows], btable[rows]
        vectors.append(np.concatenate([encode(u), forward(b), backward(b[::-1])]))
    texts = json.loads((GOLDEN / "sentences.json").read_text(encoding="utf-8"))
    np.testing.assert_allclose(encoder.encode(texts, use_norm=False), vectors, rtol=0, atol=1e-5)
    with np.load(GOLDEN / "reference.npz") as reference:
        np.testing.assert_allclose(reference["nonorm"], vectors, rtol=0, atol=1e-5)
