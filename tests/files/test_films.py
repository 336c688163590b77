"""Films hold the frames that they were given, at their pace, once or again and again."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from config import FILMS, ProjectError
from files import films

LEVELS = (0, 60, 120, 180, 240)
FRAMES = [np.full((64, 64, 3), level, np.uint8) for level in LEVELS]


def levels(path, format):
    """The grey of each frame."""
    if format == "mp4":
        iio = pytest.importorskip("imageio.v3")
        pytest.importorskip("imageio_ffmpeg")
        return [frame.mean() for frame in iio.imread(path, plugin="FFMPEG")]
    with Image.open(path) as film:
        return [np.asarray(f.convert("RGB")).mean() for f in ImageSequence.Iterator(film)]


# imageio's reader leaves the pipes from ffmpeg to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("format", FILMS)
@pytest.mark.parametrize("loop", [False, True])
def test_frames_are_kept_in_order(format, loop, tmp_path):
    path = tmp_path / "below" / f"a.{format}"
    films.write(FRAMES, path, format, loop)
    expected = [*LEVELS, 180, 120, 60] if loop else LEVELS
    assert levels(path, format) == pytest.approx(expected, abs=4)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_a_loop_repeats_and_another_film_does_not(format, tmp_path):
    for loop in (False, True):
        films.write(FRAMES, tmp_path / "a", format, loop)
        with Image.open(tmp_path / "a") as film:
            film.load()  # a WebP knows how long its first frame lasts once it is read
            assert film.info["duration"] == 1000 / films.RATE
            assert film.info.get("loop", 1) == (0 if loop else 1)


def test_without_the_package_mp4_says_what_to_install(monkeypatch):
    monkeypatch.setattr(films.importlib.util, "find_spec", lambda _: None)
    for format in ("gif", "webp"):
        films.check(format)
    with pytest.raises(ProjectError, match=r"pip install -r requirements-film\.txt"):
        films.check("mp4")


def test_another_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: avi"):
        films.write(FRAMES, tmp_path / "a.avi", "avi", False)
