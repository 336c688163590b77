"""The shipped figures of real faces are checked before they are used."""

import numpy as np
import pytest

from config import CLASSIFIER, ProjectError
from evaluation.real_faces import REAL, RealFaces, read_real_faces
from files.untrusted import read_npz


@pytest.mark.parametrize("name", RealFaces._fields)
def test_what_the_classifier_made_of_real_faces_is_named_where_its_shape_is_another(name, tmp_path):
    arrays = read_npz(CLASSIFIER / REAL, "")
    np.savez(tmp_path / REAL, **arrays | {name: arrays[name][:1]})
    with pytest.raises(ProjectError, match=r"real\.npz: \w+ has the shape .* Restore it"):
        read_real_faces(tmp_path)
