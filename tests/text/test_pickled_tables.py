"""Pickled tables of word vectors, above all malicious ones."""

import io
import os
import pickle
import shutil
import struct
import subprocess
import sys
import timeit
import tracemalloc
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from config import ROOT, ProjectError
from text.pickled_tables import read_pickled_rows
from text.word_vectors import open_table

GOLDEN = ROOT / "tests" / "golden" / "skipthoughts_tiny"
COUNT, WIDTH = 54, 20
VECTORS = np.load(GOLDEN / "utable_plain2d.npy")
PICKLE = (GOLDEN / "utable.npy").read_bytes()[128:]  # by Python 2


def header(count=COUNT):
    file = io.BytesIO()
    fields = {"descr": "|O", "fortran_order": False, "shape": (count,)}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


def objects(rows):
    """Make an array of arrays; `np.array` would stack arrays of one shape."""
    table = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        table[index] = row
    return table


def opened(folder, pickled, count=COUNT, width=WIDTH):
    """Write a pickle as a table, and open that."""
    path = folder / "utable.npy"
    path.write_bytes(header(count) + pickled)
    return open_table(path, (count, width))


def test_a_table_of_python_2_is_read(tmp_path):
    table = opened(tmp_path, PICKLE)
    assert isinstance(table, np.memmap) and table.dtype == np.float32
    np.testing.assert_array_equal(table, VECTORS)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_table_of_python_3_is_read(tmp_path, protocol):
    rows = np.random.default_rng(0).normal(size=(2_500, WIDTH)).astype(np.float16)
    kinds = ["<f4", ">f4", "<f8", "<f2"]
    table = [row.astype(kinds[i // 10 % 4]) for i, row in enumerate(rows)]  # new types come late
    table = objects([row[None] if i % 3 else row for i, row in enumerate(table)])
    found = opened(tmp_path, pickle.dumps(table, protocol), len(rows))
    np.testing.assert_array_equal(found, rows.astype(np.float32))


def test_a_row_that_is_soon_repeated_is_read(tmp_path):
    table = objects([VECTORS[0], *[VECTORS[1]] * 50, *VECTORS[:3]])
    np.testing.assert_array_equal(opened(tmp_path, pickle.dumps(table)), np.stack(table))


@pytest.mark.parametrize("protocol", [2, 4])
def test_memory_holds_some_rows_only(tmp_path, protocol):
    rows = np.random.default_rng(0).normal(size=(8_000, 1_000)).astype(np.float32)
    path = tmp_path / "utable.pickle"
    path.write_bytes(pickle.dumps(objects(rows), protocol))
    tracemalloc.start()
    with path.open("rb") as file:
        count = sum(1 for _ in read_pickled_rows(file, path, rows.shape))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == len(rows)
    assert peak < rows.nbytes / 3  # a pickler adds 1,000 rows at once


class Attack:
    """Makes a call when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def attacks(path):
    """Return calls that make a file. None of them may ever happen."""
    python = f"open({path!r}, 'w').close()"
    system = Attack(os.system, f'echo >"{path}"')
    return {
        "system": system,
        "subprocess": Attack(subprocess.call, [sys.executable, "-c", python]),
        "eval": Attack(eval, python),
        "exec": Attack(exec, python),
        "timeit": Attack(timeit.timeit, "pass", python),
        "mkdir": Attack(os.mkdir, path),
        "copy": Attack(shutil.copyfile, __file__, path),
        "method": Attack(Path.touch, Path(path)),
        "numpy's class": Attack(np.memmap, path, "u1", "w+", 0, (1,)),
        "numpy's method": Attack(np.ndarray.tofile, np.zeros(3), path),
        "numpy's function": Attack(np.save, path + ".npy", 0),
        "pickle in a pickle": Attack(pickle.loads, pickle.dumps(system)),
    }


def hidden(attack):
    """Yield tables with something in them that is not a row."""
    yield objects([attack, *VECTORS[1:]])
    yield objects([*VECTORS[:-1], attack])
    yield objects([*VECTORS[:-1], objects([attack])])
    yield objects([*VECTORS[:-1], objects([{"deep": [(attack,)]}])])
    yield objects([*VECTORS[:-1], [*VECTORS, attack]])
    yield attack


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("name", attacks(""))
def test_what_a_table_would_do_is_not_done(tmp_path, name, protocol):
    made = tmp_path / "made"
    for table in hidden(attacks(str(made))[name]):
        pickled = pickle.dumps(table, protocol)
        with pytest.raises(ProjectError, match=r"utable\.npy is unsafe and was not loaded"):
            opened(tmp_path, pickled)
        assert [path.name for path in tmp_path.iterdir()] == ["utable.npy"]
        assert not made.exists()
    pickle.loads(pickled)  # this does what the test fears
    assert list(tmp_path.glob("made*"))


# Written by hand, as no pickler would: parts of a table, and what an attacker may put there.
CALL = b"h\x01h\x02K\x00\x85U\x01b\x87R"
STATE = b"(K\x01K\x01K\x14\x86h\x08\x89U\x50"


@pytest.mark.parametrize(
    ("part", "instead", "message"),
    [
        (CALL, b"cposix\nsystem\n", "posix.system"),
        (CALL, b"(U\x02idiposix\nsystem\n", "posix.system"),
        (CALL, b"(cposix\nsystem\nU\x02ido", "posix.system"),
        (CALL, b"cos\nsystem\n)\x81", "os.system"),
        (CALL, b"\x8c\x08builtins\x8c\x04eval\x93", "builtins.eval"),
        (CALL, b"\x8c\x05numpy\x8c\x0fndarray.__new__\x93", "numpy.ndarray.__new__"),
        (CALL, b"c\x1b[2J\nsystem\n", r"\x1b[2J.system"),
        (CALL, b"h\x02)\x81", "EMPTY_TUPLE"),
        (CALL, b"\x82\x01", "EXT1"),
        (CALL, b"\x84\x01\x00\x00\x00", "EXT4"),
        (CALL, b"Pid\n", "PERSID"),
        (CALL, b"U\x02idQ", "BINPERSID"),
        (CALL, b"\x97", "NEXT_BUFFER"),
        (CALL, b"}", "EMPTY_DICT"),
        (CALL, b"K\x01" + b"2\x86" * 40, "DUP"),
        (CALL, b"K\x01" + b"\x85" * 200_000, "does not end"),
        (CALL, b"(" * 200_000, "does not end"),
        (CALL, b"K\x01" + b"h\x01" * 200_000, "does not end"),
        (CALL, b"\x8e" + struct.pack("<Q", 2**40), "1,099,511,627,776 bytes"),
        (CALL, b"\x8d" + struct.pack("<Q", 2**62), "bytes are announced"),
        (CALL, b"\x96" + struct.pack("<Q", 2**62), "bytes are announced"),
        (CALL, b"B" + struct.pack("<I", 2**32 - 1), "bytes are announced"),
        (CALL, b"T" + struct.pack("<i", 2**31 - 1), "bytes are announced"),
        (CALL, b"T" + struct.pack("<i", -1), "byte count < 0"),
        (CALL, b"\x8b" + struct.pack("<i", 2**31 - 1), "bytes are announced"),
        (CALL, b"c" + b"a" * 10_000, "cut short or damaged"),
        (CALL, b"h\x02K\x00\x85R", "a call that no array needs"),
        (CALL, b"h\x01h\x02K\x7f\x85U\x01b\x87R", "a call that no array needs"),
        (CALL, b"h\x7f", "refers to an object that is missing"),
        (CALL, b"r\xff\xff\xff\xff" + CALL + b"j\xff\xff\xff\xff", "cut short or damaged"),
        (CALL, b"e", "cut short or damaged"),
        (CALL, b"t", "cut short or damaged"),
        (CALL, b"R" * 9, "cut short or damaged"),
        (CALL, b"\xff", "cut short or damaged"),
        (STATE, b"(K\x01K\x01J\xff\xff\xff\x7f\x86h\x08\x89U\x50", "(1, 2147483647)"),
        (STATE, b"(K\x01K\x15\x85h\x08\x89U\x50", "(21,)"),
        (STATE, b"(K\x01K\x01K\x14\x86h\x05\x89U\x50", "is not an array of floats"),
        (STATE, b"(K\x01K\x01K\x14\x86h\x04\x89U\x50", "a state that no array has"),
        (
            STATE,
            b"(K\x01K\x01K\x14\x86h\x04U\x02i4K\x00K\x01\x87R\x89U\x50",
            "not an array of floats",
        ),
        (STATE, b"(K\x01K\x01K\x14\x86h\x08\x89T\x4f\x00\x00\x00", "cut short or damaged"),
    ],
)
@pytest.mark.parametrize("row", [1, -1])
def test_a_pickle_with_opcodes_that_no_table_has_is_refused(tmp_path, part, instead, message, row):
    pieces = PICKLE.split(part)
    assert len(pieces) > 30
    pickled = part.join(pieces[:row]) + instead + part.join(pieces[row:])
    tracemalloc.start()
    with pytest.raises(ProjectError) as caught:
        opened(tmp_path, pickled)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(tmp_path / "utable.npy") in str(caught.value)
    assert message in str(caught.value)
    assert peak < 40e6
    assert [path.name for path in tmp_path.iterdir()] == ["utable.npy"]


@pytest.mark.parametrize(
    "table",
    [
        objects(VECTORS[:-1]),
        objects([*VECTORS, VECTORS[0]]),
        list(VECTORS),
        VECTORS,
        COUNT,
        None,
        objects([VECTORS[0], *VECTORS[1:].astype(complex)]),
        objects([VECTORS[0], *map(str, VECTORS[1:])]),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_of_something_else_is_refused(tmp_path, table, protocol):
    with pytest.raises(ProjectError, match=r"utable\.npy is (cut short or damaged|unsafe)"):
        opened(tmp_path, pickle.dumps(table, protocol))


def test_a_reference_to_a_row_long_past_is_refused(tmp_path):
    rows = np.zeros((2_000, 3), np.float32)
    table = objects([rows[0], *rows[1:], rows[0]])
    table[-1] = table[0]
    with pytest.raises(ProjectError, match="refers to an object that is missing or no longer kept"):
        opened(tmp_path, pickle.dumps(table), len(table), 3)


def test_a_text_with_an_unknown_escape_is_refused(tmp_path):
    with pytest.raises(ProjectError, match=r"utable\.npy"):
        opened(tmp_path, PICKLE[:2] + b"S'\\u'\n" + PICKLE[2:])


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_pickle_is_read_or_refused(tmp_path_factory, data):
    pickled = bytearray(PICKLE)
    for place in data.draw(st.lists(st.integers(0, len(PICKLE) - 1), max_size=4)):
        pickled[place] = data.draw(st.integers(0, 255))
    del pickled[data.draw(st.integers(0, len(PICKLE)) | st.none()) :]
    try:
        table = opened(tmp_path_factory.getbasetemp(), bytes(pickled))
    except ProjectError as error:
        assert "utable.npy" in str(error)
    else:
        assert table.shape == VECTORS.shape
