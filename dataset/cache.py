"""Images with captions: found, and decoded once into a memory-mapped folder."""

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

from config import ProjectError
from console import EXAMPLES, shorten
from dataset.captions import SIDE_CARS, find_tables, read_captions
from dataset.faces import Dataset
from dataset.sources import SUFFIXES, TABLES, Files, is_image, open_files, stem_of
from dataset.summary import Summary, rare_colours, tag_lines
from files.derived import checksums_match, write_checksums
from files.images import MIN_SIDE, BadImage, read_image

Describe = Callable[[np.ndarray], list[str]]  # (B, S, S, 3) uint8 -> captions, empty if unsure
DESCRIBED = "none found: colours as the classifier sees them"  # where the captions come from
UNREAD = "unread"  # stands for the caption of an image that cannot be read
_FILES = ("pictures.npy", "caption_ids.npy", "names.json", "about.json")  # of a cache
_VERSION = 3  # of the cache: raise it when the same files would give other pixels or captions
_CHUNK = 256  # images that are in memory at a time while a cache is built


def load_dataset(
    path: Path, tags: Path | None, size: int, cache_dir: Path, describe: Describe | None = None
) -> Dataset:
    """Open the images of a folder or a zip with their captions.

    The images are decoded once, into a folder of `cache_dir` that is used again as long as
    neither the images nor the tags change. An image or a row of tags that cannot be used is
    left out and named in the summary.

    Args:
        path: A folder, or a `.zip` that is read in place. Images in its folders count too.
        tags: A file of captions in any format that `captions.parse_tags` reads. None looks for
            the first of `TABLES` in the folders that hold images, the folders above them and
            the parent of `path`, and at last for a side-car `NAME.txt` beside each image.
        size: Side of the images in px.
        cache_dir: Where caches are kept. An older one of the same path and size is removed.
        describe: Gives images captions where there are none at all.

    Returns:
        The data set, in the order of the images' paths.

    Raises:
        UsageError: There is nothing at `path` or `tags`.
        ProjectError: No image can be used, all have the same caption, `path` is a damaged
            zip, or the cache cannot be written.

    Example:
        >>> dataset = load_dataset(Path("faces"), None, 64, Path("model/cache"))
        >>> print(dataset.summary.text())
    """
    files = open_files(path)
    images = sorted(filter(is_image, files.stamps))
    if not images:
        unread = _unread(files)["unread_examples"]
        raise ProjectError(
            f"No images in {path}: looked for {' '.join(SUFFIXES)} files."
            + (f" Not read: {', '.join(unread)}." if unread else "")
        )
    tables = find_tables(path, files, images, tags)
    side_cars = {stem_of(name) + ".txt" for name in images} & files.stamps.keys()
    described = not tables and not side_cars and describe is not None
    if not tables and not side_cars and not described:
        places = f"{path}, its folders and its parent"
        raise ProjectError(
            f"No captions for the {len(images):,} images in {path}: looked for "
            f"{', '.join(TABLES)} in {places}, and for {SIDE_CARS}. Or name a file by --tags."
        )
    contents = [
        [(name, files.stamps[name]) for name in images],
        [(str(Path(t.label).resolve()), hashlib.sha256(t.data).hexdigest()) for t in tables]
        or [(name, files.stamps[name]) for name in sorted(side_cars)],
        sorted(files.unread.items()),
    ]
    kin = _digest([str(path.resolve()), size])
    cache = cache_dir / f"{kin}-{_digest([_VERSION, MIN_SIDE, described, contents])}"
    if (dataset := _load(cache)) is not None:
        return dataset

    if described:
        captions = _described(files, images, size, describe)
        about = {"tags": DESCRIBED, "duplicates": 0, "unmatched": 0, "bad_rows": 0}
        about |= {"unmatched_examples": [], "bad_examples": []}
    else:
        captions, about = read_captions(path, files, images, tables)
    # Before the decoding, which may take long; what was looked at can be told from afterwards.
    if not described:
        _check_captions(path, set(captions.values()), about)
    try:
        with _unfinished(cache_dir) as folder:
            summary = _build(folder, files, images, captions, about, size)
            if not summary.used:
                raise ProjectError(f"No image in {path} can be used.\n{summary.text()}")
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


def _described(files: Files, images: list[str], size: int, describe: Describe) -> dict[str, str]:
    """Captions by image, for those that can be read and that `describe` is sure of."""
    captions = {}
    decode = functools.partial(_decode, files, size)
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(images), desc="look", unit=" images", disable=None) as bar,
    ):
        for start in range(0, len(images), _CHUNK):
            chunk = images[start : start + _CHUNK]
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
            f"All images of {path} that have one have the same caption, "
            f"{shorten(texts.pop())!r}. Training needs different ones: the discriminator learns "
            "what a caption means by telling an image's own from another image's.\n"
            + "\n".join(tag_lines(about))
        )


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def map_images(path: Path) -> np.ndarray:
    """The images of a cache, (N, S, S, 3) uint8, left on the disk."""
    images = np.load(path, mmap_mode="r")
    if hasattr(mmap, "MADV_RANDOM"):
        # Training takes them in no order: what the system reads ahead is thrown away, and with a
        # million images costs a hundred times as much as reading.
        images.base.madvise(mmap.MADV_RANDOM)
    return images


def _load(cache: Path) -> Dataset | None:
    """Map a cache, or None where there is none that is whole."""
    if not checksums_match(cache / "checksums.json", [cache / name for name in _FILES]):
        return None
    captions, summary = json.loads((cache / "about.json").read_text("utf-8"))
    images = map_images(cache / "pictures.npy")
    caption_ids = np.load(cache / "caption_ids.npy", mmap_mode="r")
    return Dataset(images, captions, caption_ids, Summary(**summary), cache)


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
    images: list[str],
    captions: dict[str, str],
    about: dict[str, Any],
    size: int,
) -> Summary:
    """Write a cache. Memory holds the names and one chunk of images, whatever their number."""
    names = [name for name in images if name in captions]
    left_out: dict[str, list[str]] = {}
    if without := [name for name in images if name not in captions]:
        reason = "colours unsure" if about["tags"] == DESCRIBED else "no caption"
        left_out[reason] = without
    used: list[str] = []
    ids: list[int] = []
    texts: dict[str, int] = {}  # caption -> its id, in order of appearance
    decode = functools.partial(_decode, files, size)
    with (
        (folder / "pictures.npy").open("wb") as file,
        ThreadPoolExecutor(os.cpu_count()) as pool,  # Pillow decodes outside Python's lock
        tqdm(total=len(names), desc="decode", unit=" images", disable=None) as bar,
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
        found=len(images),
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
    write_checksums(folder / "checksums.json", [folder / name for name in _FILES])
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
    """An image, or why it cannot be used."""
    try:
        with files.open(name) as file:
            return read_image(file, size)
    except BadImage as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
