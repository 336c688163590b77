"""Captions that the encoder does not distinguish are one caption."""

import numpy as np
import pytest

from config import ProjectError
from dataset.batches import choose
from dataset.faces import merge_captions


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_captions_that_encode_alike_are_never_each_others_mismatch(in_memory, dtype):
    data = in_memory([1, 2, 1, 2])
    vectors = np.array([[1, 0], [0, 1], [1, 1e-7], [1, 1]], dtype)
    vectors = np.stack([vectors, np.eye(4, 2, dtype=dtype)], axis=1)  # the others do not count
    merged = merge_captions(data, vectors)
    np.testing.assert_array_equal(
        merged.caption_ids, np.where(data.caption_ids == 2, 0, data.caption_ids)
    )
    choice = choose(merged, 2, 0, np.arange(200))
    others = merged.caption_ids[choice.others]
    assert (merged.caption_ids[choice.rows, None] != others).all()
    assert set(others.ravel()) == {0, 1, 3}
    assert merge_captions(data, np.eye(4, dtype=np.float32)[:, None]) is data
    with pytest.raises(ProjectError, match="gives all captions the same vector"):
        merge_captions(data, np.ones((4, 1, 2), np.float32))
