"""An OpenCV face detector as an independent measure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from config import UsageError


def detector(path: Path) -> Callable[[np.ndarray], float]:
    """A function from images to the share of them in which an OpenCV cascade finds a face."""
    if not path.is_file():
        raise UsageError(f"--cascade {path} is no file. Name an .xml of OpenCV's.")
    try:
        import cv2

        make = cv2.CascadeClassifier
    except (ImportError, AttributeError):  # OpenCV 5 has no cascades
        raise UsageError(
            '--cascade needs OpenCV 4: python3 -m pip install "opencv-python-headless<5"'
        ) from None
    try:
        cascade = make(str(path))
        usable = not cascade.empty()
    except (cv2.error, SystemError):  # how its Python side says that it is no cascade
        usable = False
    if not usable:
        raise UsageError(f"--cascade {path} is not a cascade that OpenCV can read.")

    def detect(images: np.ndarray) -> float:
        found = 0
        for image in images:
            # Detectors look for faces with something around them, of 24 px and more.
            gray = np.pad(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 16, mode="edge")
            gray = cv2.resize(gray, None, fx=2, fy=2)
            found += len(cascade.detectMultiScale(gray, 1.1, 3)) > 0
        return found / len(images)

    return detect
