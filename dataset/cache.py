"""Pictures with captions: found, and decoded once into a memory-mapped folder."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import mmap
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from tqdm import tqdm

import images
from captions import EXAMPLES
from config import ProjectError
from files import are_whole, keep_checksums
from sources import (
    SIDE_CARS,
    SUFFIXES,
    TABLES,
    Files,
    find_tables,
    is_picture,
    open_files,
    read_captions,
    stem_of,
)
from summary import Summary, rare_colours, shorten, tag_lines

Describe = Callable[[np.ndarray], list[str]]  # (B, S, S, 3) uint8 -> captions, empty if unsure
DESCRIBED = "none found: colours as the classifier sees them"  # where the captions come from
UNREAD = "unread"  # stands for the caption of a picture that cannot be read
_FILES = ("pictures.npy", "caption_ids.npy", "names.json", "about.json")  # of a cache
_VERSION = 3  # of the cache: raise it when the same files would give other pixels or captions
_CHUNK = 256  # pictures that are in memory at a time while a cache is built


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures and their captions, memory-mapped. N pictures, M different captions."""

    pictures: np.ndarray  # (N or more, S, S, 3) uint8; see `rows`
    captions: list[str]  # M different texts
    caption_ids: np.ndarray  # (N,) int32: which text is a picture's caption
    summary: Summary
    folder: Path  # of the cache
    rows: np.ndarray | None = None  # (N,) int, where only some of the pictures are used

    def read(self, which: np.ndarray) -> np.ndarray:
        """Some of the N pictures, in memory."""
        return np.array(self.pictures[which if self.rows is None else self.rows[which]])

    def __len__(self) -> int:
        return len(self.caption_ids)

    @property
    def names(self) -> list[str]:
        """N paths relative to the data's root; read anew each time, for they can be many."""
        return json.loads((self.folder / "names.json").read_text("utf-8"))

    @functools.cached_property
    def caption_ends(self) -> np.ndarray:
        """(M,) int64: the running total of the pictures that have each caption."""
        return np.cumsum(np.bincount(self.caption_ids, minlength=len(self.captions)))

    @functools.cached_property
    def by_caption(self) -> np.ndarray:
        """(N,) int64: the pictures' rows in the order of their captions."""
        return np.argsort(self.caption_ids, kind="stable")


# ------------------------------------------------------------------------------- the cache


def load_dataset(
    path: Path, tags: Path | None, size: int, cache_dir: Path, describe: Describe | None = None
) -> Dataset:
    """Open the pictures of a folder or a zip with their captions.

    The pictures are decoded once, into a folder of `cache_dir` that is used again as long as
    neither the pictures nor the tags change. A picture or a row of tags that cannot be used is
    left out and named in the summary.

    Args:
        path: A folder, or a `.zip` that is read in place. Pictures in its folders count too.
        tags: A file of captions in any format that `captions.parse_tags` reads. None looks for
            the first of `TABLES` in the folders that hold pictures, the folders above them and
            the parent of `path`, and at last for a side-car `NAME.txt` beside each picture.
        size: Side of the pictures in px.
        cache_dir: Where caches are kept. An older one of the same path and size is removed.
        describe: Gives pictures captions where there are none at all.

    Returns:
        The data set, in the order of the pictures' paths.

    Raises:
        UsageError: There is nothing at `path` or `tags`.
        ProjectError: No picture can be used, all have the same caption, `path` is a damaged
            zip, or the cache cannot be written.

    Example:
        >>> dataset = load_dataset(Path("faces"), None, 64, Path("model/cache"))
        >>> print(dataset.summary.text())
    """
    files = open_files(path)
    pictures = sorted(filter(is_picture, files.stamps))
    if not pictures:
        unread = _unread(files)["unread_examples"]
        raise ProjectError(
            f"No pictures in {path}: looked for {' '.join(SUFFIXES)} files."
            + (f" Not read: {', '.join(unread)}." if unread else "")
        )
    tables = find_tables(path, files, pictures, tags)
    side_cars = {stem_of(name) + ".txt" for name in pictures} & files.stamps.keys()
    described = not tables and not side_cars and describe is not None
    if not tables and not side_cars and not described:
        places = f"{path}, its folders and its parent"
        raise ProjectError(
            f"No captions for the {len(pictures):,} pictures in {path}: looked for "
            f"{', '.join(TABLES)} in {places}, and for {SIDE_CARS}. Or name a file by --tags."
        )
    contents = [
        [(name, files.stamps[name]) for name in pictures],
        [(str(Path(t.label).resolve()), hashlib.sha256(t.data).hexdigest()) for t in tables]
        or [(name, files.stamps[name]) for name in sorted(side_cars)],
        sorted(files.unread.items()),
    ]
    kin = _digest([str(path.resolve()), size])
    cache = cache_dir / f"{kin}-{_digest([_VERSION, images.MIN_SIDE, described, contents])}"
    if (dataset := _load(cache)) is not None:
        return dataset

    if described:
        captions = _described(files, pictures, size, describe)
        about = {"tags": DESCRIBED, "duplicates": 0, "unmatched": 0, "bad_rows": 0}
        about |= {"unmatched_examples": [], "bad_examples": []}
    else:
        captions, about = read_captions(path, files, pictures, tables)
    # Before the decoding, which may take long; what was looked at can be told from afterwards.
    if not described:
        _check_captions(path, set(captions.values()), about)
    try:
        with _unfinished(cache_dir) as folder:
            summary = _build(folder, files, pictures, captions, about, size)
            if not summary.used:
                raise ProjectError(f"No picture in {path} can be used.\n{summary.text()}")
            _check_captions(path, {text for text, _ in summary.commonest}, about)
            dataset = _publish(folder, cache)
    except OSError as error:
        why = error.strerror or error
        raise ProjectError(
            f"Cannot write the cache in {cache_dir}: {why}. It may be removed."
        ) from error
    for older in cache_dir.glob(f"{kin}-*"):
        if older != cache:
            shutil.rmtree(older, ignore_errors=True)
    return dataset


def _described(files: Files, pictures: list[str], size: int, describe: Describe) -> dict[str, str]:
    """Captions by picture, for those that can be read and that `describe` is sure of."""
    captions = {}
    decode = functools.partial(_decode, files, size)
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(pictures), desc="look", unit=" pictures", disable=None) as bar,
    ):
        for start in range(0, len(pictures), _CHUNK):
            chunk = pictures[start : start + _CHUNK]
            decoded = dict(zip(chunk, pool.map(decode, chunk), strict=True))
            seen = {name: p for name, p in decoded.items() if not isinstance(p, str)}
            # What cannot be decoded is left out later, when it is asked for again.
            captions |= dict.fromkeys(decoded.keys() - seen, UNREAD)
            texts = describe(np.stack(list(seen.values()))) if seen else []
            captions |= {name: text for name, text in zip(seen, texts, strict=True) if text}
            bar.update(len(chunk))
    return captions


def _check_captions(path: Path, texts: set[str], about: dict[str, Any]) -> None:
    if len(texts) == 1:
        raise ProjectError(
            f"All pictures of {path} that have one have the same caption, "
            f"{shorten(texts.pop())!r}. Training needs different ones: the discriminator learns "
            "what a caption means by telling a picture's own from another picture's.\n"
            + "\n".join(tag_lines(about))
        )


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def map_pictures(path: Path) -> np.ndarray:
    """The pictures of a cache, (N, S, S, 3) uint8, left on the disk."""
    pictures = np.load(path, mmap_mode="r")
    if hasattr(mmap, "MADV_RANDOM"):
        # Training takes them in no order: what the system reads ahead is thrown away, and with a
        # million pictures costs a hundred times as much as reading.
        pictures.base.madvise(mmap.MADV_RANDOM)
    return pictures


def _load(cache: Path) -> Dataset | None:
    """Map a cache, or None where there is none that is whole."""
    if not are_whole(cache / "checksums.json", [cache / name for name in _FILES]):
        return None
    captions, summary = json.loads((cache / "about.json").read_text("utf-8"))
    pictures = map_pictures(cache / "pictures.npy")
    caption_ids = np.load(cache / "caption_ids.npy", mmap_mode="r")
    return Dataset(pictures, captions, caption_ids, Summary(**summary), cache)


@contextlib.contextmanager
def _unfinished(cache_dir: Path) -> Iterator[Path]:
    """A folder to build a cache in, which is gone afterwards unless it was renamed."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    for left in cache_dir.glob("unfinished-*"):
        process = left.name.removeprefix("unfinished-")
        if process.isdecimal() and not _runs(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    folder = cache_dir / f"unfinished-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether a process, other than this one, may still be building."""
    if process == os.getpid():
        return False
    if os.name == "nt":
        return True  # there, signal 0 is no question but Ctrl-C
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # runs, for another user
    return True


def _publish(folder: Path, cache: Path) -> Dataset:
    """Give a whole cache its name, unless another process was faster."""
    if (dataset := _load(cache)) is None:
        shutil.rmtree(cache, ignore_errors=True)  # damaged
        with contextlib.suppress(OSError):  # another process may be faster right now
            folder.rename(cache)
        dataset = _load(cache)
    if dataset is None:
        raise OSError(f"{folder} cannot be renamed to {cache}")
    return dataset


def _build(
    folder: Path,
    files: Files,
    pictures: list[str],
    captions: dict[str, str],
    about: dict[str, Any],
    size: int,
) -> Summary:
    """Write a cache. Memory holds the names and one chunk of pictures, whatever their number."""
    names = [name for name in pictures if name in captions]
    left_out: dict[str, list[str]] = {}
    if without := [name for name in pictures if name not in captions]:
        reason = "colours unsure" if about["tags"] == DESCRIBED else "no caption"
        left_out[reason] = without
    used: list[str] = []
    ids: list[int] = []
    texts: dict[str, int] = {}  # caption -> its id, in order of appearance
    decode = functools.partial(_decode, files, size)
    with (
        (folder / "pictures.npy").open("wb") as file,
        ThreadPoolExecutor(os.cpu_count()) as pool,  # Pillow decodes outside Python's lock
        tqdm(total=len(names), desc="decode", unit=" pictures", disable=None) as bar,
    ):
        _write_header(file, len(names), size)
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            for name, result in zip(chunk, pool.map(decode, chunk), strict=True):
                if isinstance(result, str):
                    reason, _, detail = result.partition(": ")
                    example = f"{name} ({detail})" if detail else name
                    left_out.setdefault(reason, []).append(example)
                else:
                    file.write(result.data)
                    used.append(name)
                    ids.append(texts.setdefault(captions[name], len(texts)))
            bar.update(len(chunk))
        _write_header(file, len(used), size)
    np.save(folder / "caption_ids.npy", np.array(ids, np.int32))

    counts = Counter(ids)
    unique = list(texts)
    summary = Summary(
        found=len(pictures),
        used=len(used),
        left_out={reason: len(names) for reason, names in left_out.items()},
        examples={reason: names[:EXAMPLES] for reason, names in left_out.items()},
        captions=len(unique),
        commonest=[(unique[i], count) for i, count in counts.most_common(10)],
        rare=rare_colours({text: counts[i] for text, i in texts.items()}),
        **_unread(files),
        **about,
    )
    (folder / "names.json").write_text(json.dumps(used), "utf-8")
    (folder / "about.json").write_text(json.dumps([unique, dataclasses.asdict(summary)]), "utf-8")
    keep_checksums(folder / "checksums.json", [folder / name for name in _FILES])
    return summary


def _unread(files: Files) -> dict[str, Any]:
    """The summary's fields about what could not be opened."""
    names = [f"{name} ({why})" for name, why in sorted(files.unread.items())]
    return {"unread": len(names), "unread_examples": names[:EXAMPLES]}


def _write_header(file: BinaryIO, count: int, size: int) -> None:
    """Write the head of a .npy file; NumPy leaves room in it so that the count can change."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 3)}
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, header)


def _decode(files: Files, size: int, name: str) -> np.ndarray | str:
    """A picture, or why it cannot be used."""
    try:
        with files.open(name) as file:
            return images.decode(file, size)
    except images.BadPicture as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
