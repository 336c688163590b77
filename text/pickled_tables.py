"""Pickled word-vector tables, read as data: nothing in them is ever run."""

from __future__ import annotations

import dataclasses
import enum
import pickletools
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from config import ProjectError

Shape = tuple[int, ...]


def damaged(path: Path, why: object) -> ProjectError:
    """The error for a file of a model that is not what it should be."""
    return ProjectError(f"{path} is cut short or damaged: copy or download it again. ({why})")


def check_floats(what: str, shape: Shape, dtype: np.dtype, *expected: Shape) -> None:
    """Raise a `ProjectError` unless an array with that header fits the model's other files."""
    if shape not in expected or dtype.kind != "f":
        raise ProjectError(
            f"{what} does not fit the model's other files: it should hold floats of shape "
            f"{' or '.join(map(str, expected))}. Received: {dtype} of shape {shape}"
        )


LONGEST_CONSTANT = 32  # bytes of a string that a pickle refers to again
MEMO_SIZE = 1_000  # such constants, of which a table has some 20; and other things that are kept
BATCH_OPCODES = 100_000  # until rows join the list: picklers write 1,000 at once, in 40 each


class _Global(enum.Enum):
    """All that the pickle of an array names, as `module name`; never imported, never called."""

    RECONSTRUCT = "numpy.core.multiarray _reconstruct"
    FROMBUFFER = "numpy.core.numeric _frombuffer"  # in protocol 5
    NDARRAY = "numpy ndarray"
    DTYPE = "numpy dtype"
    ENCODE = "_codecs encode"  # of bytes that Python 3 wrote in protocol 2


@dataclasses.dataclass
class _Type:
    """What a pickle says of a type."""

    code: str  # "f4", "O8"
    order: str = "="  # of bytes; it is said when the type is in the memo already


@dataclasses.dataclass
class _Array:
    """What a pickle says of an array: at first nothing, for it too is in the memo before."""

    type: _Type | None = None
    shape: tuple = ()
    content: str | bytes | bytearray | list = b""


class _Bounded:
    """A file that is never asked for more than `limit` bytes, whatever lengths it announces."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit

    def read(self, size: int) -> bytes:
        if size > self._limit:
            raise ValueError(f"{size:,} bytes are announced where {self._limit:,} are too many")
        return self._file.read(size)

    def readline(self) -> bytes:
        line = self._file.readline(self._limit)
        if b"\\" in line:  # the names that protocols 2 to 5 write as lines have none
            raise ValueError("a name with a backslash")
        return line


def read_pickled_rows(file: BinaryIO, path: Path, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """The rows of a pickled array of arrays, as (e,) floats.

    Knows the protocols 2 to 5: NumPy never wrote a file in an older one.

    Raises:
        ProjectError: The pickle has what no array needs, or a row that does not fit.
        ValueError, TypeError, LookupError, RecursionError: It is no pickle of such an array.
    """
    count, width = shape
    stack, outer = [], []  # what came since the last mark; the stacks before each mark
    # What the pickle can refer to again: all there is. Of rows and their parts the latest are kept.
    constants: OrderedDict[int, Any] = OrderedDict()
    latest: OrderedDict[int, Any] = OrderedDict()
    rows = puts = opcodes = 0
    # A float has 8 bytes at most, which take 16 where they are written as text.
    for opcode, value, _ in pickletools.genops(_Bounded(file, 16 * width + 1000)):
        opcodes += 1
        if opcodes > BATCH_OPCODES:
            raise ValueError(f"row {rows} does not end")
        match opcode.name:
            case "BININT1" | "BININT" | "BININT2" | "LONG1" | "NONE":
                stack.append(value)
            case "BINGET" | "LONG_BINGET":
                memo = constants if value in constants else latest
                memo.move_to_end(value)
                stack.append(memo[value])
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(opcode.name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case "SHORT_BINSTRING" | "BINSTRING":  # Python 2's, read as Latin-1
                stack.append(value)
            case "SHORT_BINBYTES" | "BINBYTES" | "BYTEARRAY8" | "SHORT_BINUNICODE" | "BINUNICODE":
                stack.append(value)
            case "NEWFALSE" | "NEWTRUE":
                stack.append(opcode.name == "NEWTRUE")
            case "REDUCE":
                arguments = stack.pop()
                stack.append(_called(stack.pop(), arguments))
            case "BUILD":
                state = stack.pop()
                stack.append(_built(stack.pop(), state))
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                memo = constants if _is_constant(stack[-1]) else latest
                memo[puts if value is None else value] = stack[-1]
                if len(memo) > MEMO_SIZE:
                    memo.popitem(last=False)  # what was not referred to for longest
                puts += 1
            case "MARK":
                outer.append(stack)
                stack = []
            case "TUPLE":
                items, stack = tuple(stack), outer.pop()
                stack.append(items)
            case "EMPTY_LIST":
                stack.append([])
            case "APPEND" | "APPENDS":
                if opcode.name == "APPEND":
                    items = [stack.pop()]
                else:
                    items, stack = stack, outer.pop()
                if stack[-1] != [] or len(stack) + len(outer) > 10 or rows + len(items) > count:
                    raise ValueError("it has rows beside those of the table")
                for item in items:
                    yield _vector(item, path, rows, width)
                    rows += 1
                opcodes = 0
            case "GLOBAL":
                stack.append(_named(value, path))
            case "STACK_GLOBAL":
                stack[-2:] = [_named(" ".join(stack[-2:]), path)]
            case "PROTO" | "FRAME" | "STOP":
                pass
            case other:
                if other == "INST":
                    _named(value, path)
                raise _unsafe(path, f"the opcode {other}")
    match stack:
        case [_Array(_Type("O4" | "O8"), (size,), [])] if size == rows == count:
            return
    raise ValueError(f"it holds no table of {count:,} words")


def _unsafe(path: Path, what: str) -> ProjectError:
    return ProjectError(
        f"{path} is unsafe and was not loaded: a table of word vectors has no use for {what}. "
        "Delete it and download it again."
    )


def _named(name: str, path: Path) -> _Global:
    try:
        return _Global(name.replace("numpy._core.", "numpy.core.", 1))  # NumPy 2 says the former
    except ValueError:
        what = name.replace(" ", ".")[:100]
        raise _unsafe(path, what if what.isprintable() else ascii(what)) from None


def _is_constant(value: object) -> bool:
    return isinstance(value, (_Global, _Type)) or (
        isinstance(value, (str, bytes)) and len(value) <= LONGEST_CONSTANT
    )


def _called(function: object, arguments: object) -> _Array | _Type | bytes:
    """What a call stands for."""
    match function, arguments:
        case _Global.RECONSTRUCT, (_Global.NDARRAY, (0,), "b" | b"b"):
            return _Array()
        case _Global.DTYPE, (str(code), _, _):
            return _Type(code)
        case _Global.ENCODE, (str(text), "latin1"):
            return text.encode("latin-1")
        case _Global.FROMBUFFER, (content, _Type() as type, tuple(shape), "C" | "F"):
            return _Array(type, shape, content)
    raise ValueError("it has a call that is none of an array's")


def _built(value: object, state: object) -> _Array | _Type:
    """What a type or an array becomes with its state."""
    match value, state:
        case _Type(), (3 | 4, "<" | ">" | "|" | "=" as order, None, None, None, *_):
            value.order = order
            return value
        case _Array(None), (1, tuple(shape), _Type() as type, bool(), content):
            value.type, value.shape, value.content = type, shape, content
            return value
    raise ValueError("it has a state that is none of an array's")


def _vector(item: object, path: Path, row: int, width: int) -> np.ndarray:
    match item:
        case _Array(_Type("f2" | "f4" | "f8" as code, order), shape, str() | bytes() | bytearray()):
            dtype = np.dtype(order + code)
        case _:
            raise ValueError(f"row {row} is no array of floats")
    check_floats(f"{path}: row {row}", shape, dtype, (width,), (1, width))
    content = item.content.encode("latin-1") if isinstance(item.content, str) else item.content
    if len(content) != width * dtype.itemsize:
        raise ValueError(f"row {row} has {len(content)} bytes")
    return np.frombuffer(content, dtype)
