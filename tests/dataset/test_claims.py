"""What captions and paraphrases state and deny, and which of them contradict each other."""

import dataclasses

import numpy as np
import pytest

from dataset.batches import _mismatch, batches
from dataset.claims import Claims, read_captions


@pytest.fixture
def read(in_memory, fact_encoder):
    """A function that reads the claims of captions with their paraphrases."""

    def read(texts: list[list[str]], others: dict[int, list[str]] | None = None):
        encoder = fact_encoder("cyborg")
        captions = [first for first, *_ in texts]
        data = in_memory([1] * len(texts))
        data = dataclasses.replace(data, captions=captions, others=others or {})
        vectors = np.stack([encoder.encode(each) for each in texts]).astype(np.float16)
        return data, vectors, encoder.probe

    return read


@pytest.mark.parametrize(
    ("other", "contradicts"),
    [
        ("blue hair", True),
        ("no red hair", True),
        ("glasses", True),
        ("hat", False),
        ("no blue hair", False),
        ("no glasses", False),
        ("red hair", False),
        ("red eyes", False),
        ("no cyborg", True),
        ("xyzzy", False),
        ("red hair, no hat, hood", False),
        ("red hair, no hat, long hair, short hair, no cyborg", True),
    ],
)
def test_what_states_another_value_or_denies_a_stated_one_contradicts(read, other, contradicts):
    data, vectors, probe = read([["red hair, no glasses, cyborg"] * 2, ["hat", other]])
    claims = Claims.read(data, vectors, probe)
    own, others = np.array([0]), np.array([[1, 1]])
    assert claims.contradict(own, others, 1).tolist() == [[contradicts] * 2]
    assert claims.contradict(own, others, np.array([[0, 1]])).tolist() == [[False, contradicts]]


def test_all_captions_of_an_image_are_true_of_it(read):
    texts = [["a", "red hair", "no hat", "hat"], ["blue hair", "hat", "smile", "girl"]]
    data, vectors, probe = read(texts, {0: ["red hair", "no hat"]})
    stated, denied = read_captions(data, vectors, probe)[0]
    assert [probe.facts[i] for i in np.flatnonzero(stated)] == ["red hair"]
    assert [probe.facts[i] for i in np.flatnonzero(denied)] == ["hat"]
    claims = Claims.read(data, vectors, probe)
    found = claims.contradict(np.array([0]), np.array([[1, 1, 1]]), np.array([[0, 1, 2]]))
    assert found.tolist() == [[True, True, False]]


def test_a_list_of_tags_says_itself_what_a_vector_hides(read):
    data, vectors, probe = read([["red hair, long hair, no hat, cyborg"], ["a hat of red hair"]])
    vectors[0] = vectors[1]  # whatever the list's vector says
    stated, denied = read_captions(data, vectors, probe)[0]
    assert {probe.facts[i] for i in np.flatnonzero(stated)} >= {"red hair", "long hair"}
    assert [probe.facts[i] for i in np.flatnonzero(denied)] == ["hat"]


def test_a_large_pool_is_read_in_parts(read, monkeypatch):
    texts = [["red hair", "hat"], ["blue hair", "smile"], ["green hair", "glasses"]]
    whole = Claims.read(*read(texts))
    monkeypatch.setattr("dataset.claims._CHUNK", 3)
    parts = Claims.read(*read(texts))
    np.testing.assert_array_equal(parts.made, whole.made)


def test_a_mismatch_says_what_is_not_true():
    own = np.zeros((1, 2))
    others = np.array([[[1, 0], [2, 0], [3, 0]]])
    said = np.array([[[1, 1], [2, 1], [3, 1]]])
    for untrue, said_untrue, expected in (
        ((1, 1, 1), (0, 1, 1), (2, 1)),
        ((1, 1, 1), (0, 0, 1), (3, 1)),
        ((0, 1, 1), (0, 0, 0), (2, 0)),  # the nearest caption that is not true itself
        ((0, 0, 0), (0, 0, 0), (1, 1)),  # nothing is known: by distance
    ):
        masks = np.array([untrue], bool), np.array([said_untrue], bool)
        np.testing.assert_array_equal(_mismatch(own, others, said, *masks), [expected])


def test_no_mismatch_of_a_batch_is_true_of_its_image(in_memory, fact_encoder):
    encoder = fact_encoder()
    texts = []
    for number in range(12):
        hair, eyes = ("red", "blue", "pink")[number % 3], ("red", "aqua")[number % 2]
        extra = ("smile", "hat", "glasses", "long hair")[number // 3]
        texts.append([f"{hair} hair, {eyes} eyes, {extra}", f"{hair} hair", extra, f"{eyes} eyes"])
    data = in_memory([1] * 12)
    data = dataclasses.replace(data, captions=[each[0] for each in texts])
    vectors = np.stack([encoder.encode(each) for each in texts]).astype(np.float16)
    claims = Claims.read(data, vectors, encoder.probe)
    feed = batches(data, vectors, 12, 0, mirror=False, claims=claims)
    for batch in feed.take(20):
        assert batch.captions.dtype == batch.mismatched_captions.dtype == np.float32
        wrong = encoder.probe.read(batch.mismatched_captions.numpy())
        for image, said in zip(batch.images.numpy(), wrong, strict=True):
            (row,) = np.flatnonzero((data.images == image).all((1, 2, 3)))
            (own,) = encoder.probe.read(encoder.encode([data.captions[data.caption_ids[row]]]))
            colours = [name for name in said if name.split()[0] in ("red", "blue", "pink", "aqua")]
            assert any(name not in own for name in colours), (own, said)
