"""An OpenCV face detector, as a measure that is independent of the classifier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from config import UsageError


def load_detector(path: Path) -> Callable[[np.ndarray], float]:
    """Load an OpenCV cascade that finds faces.

    Args:
        path: The cascade's `.xml` file.

    Returns:
        A function from images, `(N, S, S, 3)` uint8, to the share of them with a face.

    Raises:
        UsageError: The file is missing or not a cascade, or OpenCV 4 is not installed.
    """
    if not path.is_file():
        raise UsageError(f"--cascade {path} is not a file. Name one of OpenCV's .xml cascades.")
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
    except (cv2.error, SystemError):  # raised for files that are not cascades
        usable = False
    if not usable:
        raise UsageError(f"--cascade {path} is not a cascade that OpenCV can read.")

    def detect(images: np.ndarray) -> float:
        found = 0
        for image in images:
            # Detectors expect some background around a face, and faces of at least 24 px.
            gray = np.pad(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 16, mode="edge")
            gray = cv2.resize(gray, None, fx=2, fy=2)
            found += len(cascade.detectMultiScale(gray, 1.1, 3)) > 0
        return found / len(images)

    return detect
