"""What a model under evaluation is asked for."""

from evaluation.subject import held_out_descriptions
from text.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS


def test_held_out_descriptions():
    for texts, labels in held_out_descriptions(3):
        assert len(texts) == len(labels) == len(HAIR_COLOURS) * len(EYE_COLOURS) * 10
        assert len(set(texts)) > len(texts) / 2
    sentences, _ = held_out_descriptions(3)
    assert sentences.texts == held_out_descriptions(3)[0].texts
    assert sentences.texts != held_out_descriptions(4)[0].texts
    text, label = (each[0] for each in held_out_descriptions(0)[0])
    assert all(colours[n] in text for colours, n in zip(COLOURS.values(), label, strict=True))
