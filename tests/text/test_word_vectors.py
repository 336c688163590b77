"""The words of a model, and opening its tables of word vectors."""

import shutil
import struct
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from config import ROOT, ProjectError
from text import word_vectors
from text.word_vectors import Dictionary, open_table

GOLDEN = ROOT / "tests" / "golden" / "skipthoughts_tiny"
SHAPE = (54, 20)


@pytest.fixture(params=["utable", "btable"])
def table(request, tmp_path):
    """A copy of a pickled table; its plain twin is `*_plain2d.npy`."""
    return Path(shutil.copy(GOLDEN / f"{request.param}.npy", tmp_path))


@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8")), max_size=9))
def test_each_word_has_its_row(tmp_path_factory, words):
    words = ["UNK", *words, "<eos>", "x\x85y", "hair\r", "hair", "last"]
    path = tmp_path_factory.getbasetemp() / "dictionary.txt"
    path.write_bytes("\n".join(words).encode())
    dictionary = Dictionary(path)
    expected = {word.strip(): row for row, word in enumerate(words)}  # the last duplicate wins
    assert len(dictionary) == len(words)
    for word in (*expected, "xyzzy"):
        assert (word in dictionary) == (word in expected)
        assert dictionary.get(word, -1) == expected.get(word, -1)
    assert dictionary["hair"] == len(words) - 2
    with pytest.raises(KeyError):
        dictionary["xyzzy"]


def test_a_table_is_converted_once_and_again_when_it_changes(table, monkeypatch):
    before = np.array(open_table(table, SHAPE))
    np.testing.assert_array_equal(before, np.load(GOLDEN / f"{table.stem}_plain2d.npy"))
    with monkeypatch.context() as patch:
        patch.delattr(word_vectors, "_convert")
        again = open_table(table, SHAPE)
        assert isinstance(again, np.memmap)
        np.testing.assert_array_equal(again, before)
    (other,) = {"utable", "btable"} - {table.stem}
    shutil.copyfile(GOLDEN / f"{other}.npy", table)
    assert not np.allclose(open_table(table, SHAPE), before)


def test_a_table_in_a_folder_that_cannot_be_written_is_read(table):
    expected = np.array(open_table(table, SHAPE))
    converted = table.with_suffix(".float32.npy")
    converted.unlink()
    (converted / "in the way").mkdir(parents=True)
    np.testing.assert_array_equal(open_table(table, SHAPE), expected)
    assert not list(table.parent.glob("*.tmp"))


def test_a_converted_table_must_fit_the_other_files(table):
    open_table(table, SHAPE)
    with pytest.raises(ProjectError, match=rf"{table.stem}\.float32\.npy .* \(54, 21\)"):
        open_table(table, (54, 21))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((53, 20), np.float32),
        np.zeros((54, 21), np.float32),
        np.zeros((54, 20), np.int32),
        np.array([np.zeros((1, 20), np.float32)] * 53 + [None], object),
        np.array([np.zeros((1, 21), np.float32), *[None] * 53], object),
        np.array([None] * 7, object),
    ],
)
def test_a_table_that_does_not_fit_is_named(tmp_path, array):
    np.save(tmp_path / "btable.npy", array, allow_pickle=True)
    with pytest.raises(ProjectError, match=r"btable\.npy"):
        open_table(tmp_path / "btable.npy", SHAPE)
    assert [path.name for path in tmp_path.iterdir()] == ["btable.npy"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x01\x00\xff\xff{",
        *(
            b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
            for text in (
                b"-" * 9_000 + b"1",
                b"(" * 9_000,
                b"{'descr': '|O', 'fortran_order': False, 'shape': 'long'}",
                b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), 3: 4}",
                b"{'descr': '<f4', 'fortran_order': False, 'shape': (54, 20, 4611686018427387904)}",
                b"{'descr': '<f4', 'fortran_order': False, 'shape': (54, 20)}",
                b"  indented\n wrong",
            )
        ),
    ],
)
def test_a_header_that_no_table_has_is_refused(tmp_path, content):
    (tmp_path / "utable.npy").write_bytes(content)
    with pytest.raises(ProjectError, match=r"utable\.npy"):
        open_table(tmp_path / "utable.npy", SHAPE)
