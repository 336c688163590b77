"""Batches hold images, their captions and mismatches, and continue from any position."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ROOT
from dataset.batches import Batch, Recombined, _mismatch, batches, choose
from dataset.faces import Dataset


def arrays(batch: Batch) -> list[np.ndarray]:
    """The fields of a batch that are there."""
    return [field.numpy() for field in batch if field is not None]


def shapes(feed) -> list[tuple[int, ...]]:
    return [tuple(s.shape) for s in feed.element_spec if isinstance(s, tf.TensorSpec)]


def take(data, vectors, batch_size, position, count):
    """The next `count` images of training from a position on."""
    steps = -(-count // batch_size)
    fed = [arrays(b) for b in batches(data, vectors, batch_size, 5, position).take(steps)]
    return [np.concatenate(each)[:count] for each in zip(*fed, strict=True)]


@settings(max_examples=8)
@given(st.integers(1, 40), st.integers(0, 60))
def test_training_goes_on_where_it_stopped(in_memory, numbered_vectors, batch_size, position):
    data, vectors = in_memory([3, 4, 5]), numbered_vectors(3)
    whole = take(data, vectors, 7, 0, position + 30)
    for all_parts, part in zip(whole, take(data, vectors, batch_size, position, 30), strict=True):
        np.testing.assert_array_equal(all_parts[position:], part)


@pytest.mark.parametrize("replicas_here", [1, 2])
def test_shares_of_a_batch_read_its_images_once_and_nothing_else(
    in_memory, numbered_vectors, replicas_here
):
    data, vectors = in_memory([3, 4, 5]), numbered_vectors(3)
    read: list[np.ndarray] = []

    class Watched(Dataset):
        def read(self, which):
            read.append(which)
            return super().read(which)

    watched = Watched(data.images, data.captions, data.caption_ids, data.summary, data.folder)
    shares = [[0, 2], [1, 3]]
    whole = take(data, vectors, 4, 3, 24)
    parts = [np.empty_like(array) for array in whole]
    for first in range(0, 2, replicas_here):
        own = shares[first : first + replicas_here]
        feed = batches(watched, vectors, 4, 5, 3, shares=own).take(6 * len(own))
        for turn, batch in enumerate(feed):
            rows = 4 * (turn // len(own)) + np.array(own[turn % len(own)])
            for array, part in zip(parts, arrays(batch), strict=True):
                array[rows] = part
    for array, part in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(array, part)
    assert {len(rows) for rows in read} == {2}


def test_batches_are_images_with_right_and_wrong_vectors(in_memory):
    data, random = in_memory([3, 4, 5]), np.random.default_rng(0)
    vectors = random.normal(size=(3, 1, 6)) + 0.01 * random.normal(size=(3, 2, 6))
    feed = batches(data, vectors, 8, 0)
    assert shapes(feed) == [(8, 4, 4, 3), (8, 2, 6), (8, 6), (8, 6)]
    choice = choose(data, 2, 0, np.arange(8))
    batch = next(iter(feed))
    assert batch.mismatched_images is None
    images, right, asked, wrong = arrays(batch)
    np.testing.assert_array_equal(asked, right[:, 0])
    assert choice.mirrored.any() and not choice.mirrored.all()
    for row, mirrored, got in zip(choice.rows, choice.mirrored, images, strict=True):
        np.testing.assert_array_equal(got, data.images[row][:, :: -1 if mirrored else 1])
    ids = data.caption_ids[choice.rows, None]
    np.testing.assert_array_equal(right, vectors.astype(np.float32)[ids, choice.paraphrases])
    theirs = data.caption_ids[choice.others]
    apart = np.linalg.norm(vectors[theirs, 0] - vectors[ids, 0], axis=2)
    nearest = theirs[np.arange(8), apart.argmin(axis=1)]
    expected = vectors.astype(np.float32)[nearest, choice.other_paraphrases]
    np.testing.assert_array_equal(wrong, expected)


def test_the_mismatch_is_near_but_does_not_mean_the_same():
    own = np.zeros((3, 2))
    others = np.array([[[3, 0], [2, 0], [4, 0]], [[3, 0], [0.1, 0], [2, 0]], [[0, 0]] * 3])
    np.testing.assert_array_equal(_mismatch(own, others, others), others[[0, 1, 2], [1, 2, 0]])


def test_the_mismatch_does_not_leave_out_what_sets_it_apart():
    own, others = np.zeros((1, 2)), np.array([[[2, 0], [3, 0]]])
    for paraphrase, expected in (((2, 5), (2, 5)), ((1.6, 0), (1.6, 0)), ((1, 1), (3, 1))):
        found = _mismatch(own, others, np.array([[paraphrase, (3, 1)]]))
        np.testing.assert_array_equal(found, [expected])
    none = _mismatch(own, others, np.array([[(1, 1), (1, 2)]]))
    np.testing.assert_array_equal(none, others[:, 0])  # the nearest caption replaces them


def test_batches_of_the_original_are_unmirrored_images_right_and_wrong(in_memory):
    data, vectors = in_memory([3, 4, 5]), np.random.default_rng(0).normal(size=(3, 1, 6))
    feed = batches(data, vectors, 8, 0, mirror=False, mismatched_images=True)
    assert shapes(feed) == [(8, 4, 4, 3), (8, 2, 6), (8, 6), (8, 4, 4, 3)]
    choice = choose(data, 1, 0, np.arange(8))
    batch = next(iter(feed))
    assert batch.mismatched_captions is None
    images, right, _, wrong = arrays(batch)
    np.testing.assert_array_equal(images, data.images[choice.rows])
    expected = vectors.astype(np.float32)[data.caption_ids[choice.rows, None], [0, 0]]
    np.testing.assert_array_equal(right, expected)
    np.testing.assert_array_equal(wrong, data.images[choice.others[:, 0]])


def test_a_share_of_what_is_drawn_is_recombined(in_memory, numbered_vectors):
    data, vectors = in_memory([3, 4, 5]), numbered_vectors(3)
    recombined = 100 + numbered_vectors(7)
    for share, least, most in ((0.0, 0, 0), (0.4, 330, 470), (1.0, 1000, 1000)):
        feed = batches(data, vectors, 100, 5, recombined=Recombined(recombined, share))
        fed = [arrays(batch) for batch in feed.take(10)]
        _, right, asked, _ = (np.concatenate(each) for each in zip(*fed, strict=True))
        others = asked[:, 0] >= 100
        assert least <= others.sum() <= most
        np.testing.assert_array_equal(asked[~others], right[~others, 0])
        if share:
            assert {*asked[others, 0]} == {*recombined[:, 0, 0]}, "all are drawn"
            assert {*asked[others, 1]} == {*recombined[0, :, 1]}, "in all words"


def test_every_epoch_words_the_captions_anew(in_memory, numbered_vectors):
    data, epochs = in_memory([3, 4, 5]), 40
    images, right, _, wrong = take(data, numbered_vectors(3), 12, 0, 12 * epochs)
    assert (right[:, 0, 0] != wrong[:, 0]).all() and (right[:, 1, 0] != wrong[:, 0]).all()
    captions = {}  # by image, mirrored or not
    for row, image in enumerate(data.images):
        for mirrored in (image, image[:, ::-1]):
            captions[mirrored.tobytes()] = row, data.caption_ids[row]
    seen: dict[int, set[float]] = {}
    for image, ((caption, paraphrase), (again, _)) in zip(images, right, strict=True):
        row, own = captions[image.tobytes()]
        assert caption == again == own
        seen.setdefault(row, set()).add(paraphrase)
    assert all(paraphrases == {0, 1, 2} for paraphrases in seen.values()) and len(seen) == 12


@pytest.mark.parametrize("shape", [(2, 1, 6), (3, 6)])
def test_batches_want_vectors_for_each_caption(shape, in_memory):
    with pytest.raises(ValueError, match=rf"\(3, P, D\). Received: \({shape[0]}, "):
        batches(in_memory([3, 4, 5]), np.zeros(shape), 8, 0)


def test_import_brings_no_tensorflow():
    code = "import sys, dataset.batches; print('tensorflow' in sys.modules)"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, text=True).stdout == "False\n"
