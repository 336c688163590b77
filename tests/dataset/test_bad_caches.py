"""A cache that is not what it should be is noticed and built again."""

import io

import numpy as np
import pytest

from dataset.cache import load_dataset
from dataset.vectors import encode_captions


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


CACHES = {
    "images of another size": ("pictures.npy", npy(np.zeros((2, 16, 16, 3), np.uint8))),
    "images of another type": ("pictures.npy", npy(np.zeros((2, 32, 32, 3), np.float32))),
    "fewer images": ("pictures.npy", npy(np.zeros((1, 32, 32, 3), np.uint8))),
    "pickled images": ("pictures.npy", npy(np.array([{}], object))),
    "missing captions": ("caption_ids.npy", npy(np.array([0, 7], np.int32))),
    "negative captions": ("caption_ids.npy", npy(np.array([0, -1], np.int32))),
    "captions of another type": ("caption_ids.npy", npy(np.array([0.0, 1.0]))),
    "damaged names": ("names.json", b'["good1.png", '),
    "no names": ("names.json", None),
    "other names": ("names.json", b'["good1.png"]'),
    "deeply nested JSON": ("about.json", b"[" * 10**6),
    "an older summary": ("about.json", b'[["a", "b"], {"found": 2}]'),
}


@pytest.mark.parametrize("kind", CACHES)
def test_a_cache_that_is_not_what_it_should_be_is_made_anew(kind, load_with, tmp_path):
    name, content = CACHES[kind]
    whole = np.array(load_with({}).images)
    (cache,) = (tmp_path / "cache").iterdir()
    (cache / name).unlink()  # it may be mapped
    if content is not None:
        (cache / name).write_bytes(content)
    again = load_dataset(tmp_path / "faces", None, 32, tmp_path / "cache")
    np.testing.assert_array_equal(again.images, whole)
    assert again.names == ["good1.png", "good2.png"] and again.caption_ids.tolist() == [0, 1]


@pytest.mark.parametrize("name", ["pictures.npy", "caption_ids.npy", "names.json", "about.json"])
def test_one_other_bit_in_a_cache_is_noticed_and_it_is_made_anew(name, load_with, tmp_path):
    whole = load_with({})
    images, captions = np.array(whole.images), whole.captions
    (cache,) = (tmp_path / "cache").iterdir()
    content = bytearray((cache / name).read_bytes())
    content[-3] ^= 1
    (cache / name).unlink()  # it may be mapped
    (cache / name).write_bytes(content)
    again = load_dataset(tmp_path / "faces", None, 32, tmp_path / "cache")
    np.testing.assert_array_equal(again.images, images)
    assert again.names == ["good1.png", "good2.png"] and again.captions == captions


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("damage", [flipped, lambda _: b"", lambda _: npy(np.zeros((2, 5, 3)))])
def test_vectors_that_are_not_what_they_should_be_are_made_anew(damage, load_with):
    def encode(texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 3), np.float32)

    found = load_with({})
    encode_captions(found, encode, "mine", 1)
    (path,) = found.folder.glob("vectors-*.npy")
    path.write_bytes(damage(path.read_bytes()))
    np.testing.assert_array_equal(encode_captions(found, encode, "mine", 1), np.ones((2, 1, 3)))
