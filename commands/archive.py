"""Write faces into one tar instead of a folder of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from commands.drawing import Face, FaceWriter
from config import UsageError
from files import litert
from files.images import encode_image
from files.tars import SampleTar

Sample = dict[str, bytes]


class TarFaceWriter(FaceWriter):
    """Draws faces and writes them to a tar, each with its description beside it.

    A run that was stopped is continued: the last face that it wrote is drawn again, to see that it
    is the same.
    """

    def write(
        self, faces: Sequence[Face], which: Sequence[int] | None = None
    ) -> Iterator[tuple[Face, np.ndarray]]:
        """Draw faces and write them to the tar; yield those that it lacked, in order.

        Args:
            faces: See `FaceWriter.write`.
            which: See `FaceWriter.write`.

        Yields:
            A face and its image, (S, S, 3) uint8.

        Raises:
            UsageError: The tar was begun with other faces.
            WriteError: It cannot be written.
        """
        which = range(len(faces)) if which is None else which
        with SampleTar(self.output) as tar, self.progress(len(which)) as bar:
            known = max(0, len(tar.names) // 2 - 1)  # by their names; the last one is drawn again
            names = [name for n in which[:known] for name in self._names(faces[n])]
            if names != tar.names[: 2 * known]:
                raise self._other(tar)
            bar.update(known)
            last, drawn = tar.last, self._draw(faces, which[known:])
            for face, image, sample in litert.map_in_threads(self._encode, drawn):
                if last and sample != last:
                    raise self._other(tar)
                if not last:
                    tar.add(sample)
                    yield face, image
                last = {}
                bar.update()
            if last:
                raise self._other(tar)

    def _encode(self, drawn: tuple[Face, np.ndarray]) -> tuple[Face, np.ndarray, Sample]:
        face, image = drawn[0], self.enlarge(drawn[1])
        data = encode_image(image, self.format, self.provenance(face).metadata(len(image)))
        text = face.text.encode("utf-8", "replace")
        return face, image, dict(zip(self._names(face), (data, text), strict=True))

    def _names(self, face: Face) -> tuple[str, str]:
        return f"{face.stem}.{self.format}", f"{face.stem}.txt"

    def _other(self, tar: SampleTar) -> UsageError:
        return UsageError(
            f"-o {self.output}: {tar.part} was begun with other faces. Use the same options, with "
            "the --seed that was printed then, or remove it to begin anew."
        )
