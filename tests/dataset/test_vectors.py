"""Sentence vectors are computed once, and within their room."""

import dataclasses

import numpy as np

from dataset import vectors as vectors_module
from dataset.vectors import count_paraphrases, encode_captions, encode_recombined


def test_paraphrases_are_encoded_once_and_older_ones_make_room(
    tmp_path, monkeypatch, in_memory, numbered_vectors
):
    data = in_memory([2, 1, 1], tmp_path)
    monkeypatch.setattr(
        vectors_module,
        "paraphrase",
        lambda caption, count, seed: [caption] + [f"{caption} {n}" for n in range(1, count)],
    )
    monkeypatch.setattr(vectors_module, "_CHUNK", 2)
    calls = []

    def encode(texts):
        """A vector of the numbers in the text: those of the caption and the paraphrase."""
        calls.append(texts)
        numbers = [[*text.split()[1:], 0][:2] for text in texts]
        return np.array(numbers, np.float32)

    (tmp_path / "vectors-a.npy").touch()  # of an older version
    (tmp_path / "names.json").touch()
    for name, paraphrases, version, made_anew in (
        ("a", 1, 5, 2),
        ("a", 3, 5, 3),
        ("a", 3, 5, 0),
        ("b", 3, 5, 3),
        ("b", 3, 6, 3),
    ):
        monkeypatch.setattr(vectors_module, "VERSION", version)
        calls.clear()
        vectors = encode_captions(data, encode, name, paraphrases)
        np.testing.assert_array_equal(vectors, numbered_vectors(3, paraphrases))
        assert isinstance(vectors, np.memmap) and vectors.dtype == np.float16
        assert len(calls) == made_anew and max(map(len, calls), default=0) <= 3
        assert len(list(tmp_path.iterdir())) == 3, "vectors do not pile up, and nothing else goes"


def test_recombined_captions_are_kept_beside_those_of_the_data(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(vectors_module, "RECOMBINED", 2)
    data = in_memory([2, 1, 1], tmp_path)

    def encode(texts):
        made.extend(texts)
        return np.array([[len(text)] for text in texts], np.float32)

    made: list[str] = []
    assert encode_recombined(data, encode, "a", 2) is None, "no caption is a list of tags"
    captions = ["red hair, aqua eyes", "blue hair, pink eyes, hat", "green hair, red eyes"]
    data = dataclasses.replace(data, captions=captions)
    encode_captions(data, encode, "a", 2)
    made.clear()
    vectors = encode_recombined(data, encode, "a", 2)
    assert vectors is not None and vectors.shape == (2, 2, 1) and len(made) == 4
    np.testing.assert_array_equal(encode_recombined(data, encode, "a", 2), vectors)
    assert len(made) == 4 and len([*tmp_path.glob("*.npy")]) == 2
    made.clear()
    held_out = dataclasses.replace(data, caption_ids=np.zeros(2, np.int32))
    encode_recombined(held_out, encode, "a", 2)
    assert made[::2] == [captions[0]] * 2, "nothing of the images that are held out"
    monkeypatch.setattr(vectors_module, "RECOMBINED", 99)
    vectors = encode_recombined(data, encode, "b", 1)
    assert vectors is not None and len(vectors) == len(captions), "no more than the data's own"


def test_paraphrases_are_bounded_by_their_room():
    assert [count_paraphrases(120, 192, wanted) for wanted in (0, 1, 64)] == [1, 1, 64]
    assert count_paraphrases(10_000, 384, 256) == 66  # 507 MB
    assert count_paraphrases(10**6, 4800, 64) == 1
