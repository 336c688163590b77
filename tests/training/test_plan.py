"""What a plan settles before training starts."""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from checkpoints.checkpoint import Header
from config import (
    DEFAULT,
    DEFAULT_SIZE,
    EPOCHS,
    FORMER_ENCODER,
    TEXT_ENCODER,
    Length,
    ModelConfig,
    UsageError,
)
from skipthoughts_encoder import load_encoder
from text.attributes import FACTS
from training.plan import Start, choose_start, make_plan, with_record

FOLDER, SOURCE = Path("model"), "faces"


@pytest.fixture
def start(header):
    return Start(header, None, load_encoder(TEXT_ENCODER))


@pytest.fixture
def planned(data, start):
    """Return a function that makes a plan from options, the others left out."""
    names = [
        "batch_size",
        "seed",
        "paraphrase",
        "hold_out",
        "save_every",
        "overwrite",
        "no_attributes",
    ]
    names += ["steps", "epochs", "minutes"]

    def make(start=start, **options):
        namespace = argparse.Namespace(**{**dict.fromkeys(names), **options})
        return make_plan(namespace, FOLDER, SOURCE, start, data)

    return make


def test_epochs_count_images_over_the_models_life():
    length = Length(epochs=3)
    assert length.last_step(step=0, images=0, count=10, batch_size=4) == 8
    assert length.last_step(step=5, images=20, count=10, batch_size=2) == 10
    assert length.last_step(step=9, images=36, count=10, batch_size=4) == 9
    assert Length(minutes=2).last_step(0, 0, 10, 4) is None


def test_without_options_a_plan_keeps_the_models_numbers(planned, header):
    plan = planned()
    assert plan.header.train == header.train and plan.length == Length(epochs=EPOCHS)
    assert plan.batch_size == 4 and plan.last_step == EPOCHS * 12 // 4 and not plan.is_done
    assert plan.header.data.startswith(f"{SOURCE}, 12 pictures, ")  # as older checkpoints say it


def test_options_replace_the_models_numbers(planned, header):
    plan = planned(batch_size=64, seed=0, paraphrase=0, steps=5)
    expected = dataclasses.replace(header.train, batch_size=64, paraphrases=0)
    assert plan.header.train == expected and plan.paraphrases == 1
    assert plan.batch_size == 12 and plan.last_step == 5
    assert planned(minutes=1).last_step is None


@pytest.mark.parametrize(
    ("options", "directory"),
    [
        ({}, TEXT_ENCODER),
        ({"init": "scratch"}, TEXT_ENCODER),
        ({"size": 128}, TEXT_ENCODER),
        ({"width": 32, "size": 64}, TEXT_ENCODER),
        ({"size": 128, "encoder": FORMER_ENCODER}, FORMER_ENCODER),
    ],
)
def test_weights_come_with_their_encoder_and_new_models_get_the_new_one(
    options, directory, tmp_path
):
    names = ["overwrite", "recipe", "size", "width", "encoder", "init"]
    start = choose_start(argparse.Namespace(**dict.fromkeys(names) | options), tmp_path)
    assert start.encoder.directory == directory
    model, encoder = start.header.model, start.encoder
    assert model.encoder == encoder.fingerprint
    assert (start.weights is None) is bool(options)
    if options:  # the networks of new models, whichever those are that ship
        size = options.get("size", DEFAULT_SIZE)
        new = ModelConfig.of_recipe(DEFAULT, encoder.dim, model.encoder, size=size)
        assert model == dataclasses.replace(new, width=options.get("width", new.width))


def test_captions_that_are_left_as_they_are_stay_so(planned, start):
    assert planned().header.train.attributes
    plan = planned(no_attributes=True)
    assert not plan.header.train.attributes
    resumed = dataclasses.replace(start, header=plan.header)
    assert not planned(resumed).header.train.attributes


@pytest.mark.parametrize(("step", "done"), [(4, False), (5, True), (6, True)])
def test_a_plan_is_done_when_no_step_is_left(planned, start, header, step, done):
    begun = dataclasses.replace(start, header=dataclasses.replace(header, step=step))
    assert planned(begun, steps=5).is_done is done


def test_a_new_model_holds_out_captions_and_their_images(planned, data):
    plan = planned(hold_out=2, seed=1)
    assert len(plan.header.held_out) == 2 and set(plan.header.held_out) < set(data.captions)
    assert len(plan.dataset) == 8 and planned(hold_out=2, seed=1).header == plan.header
    assert f"held out  {', '.join(plan.header.held_out)}" in plan.text()


def test_weights_keep_the_captions_that_they_were_trained_without(planned, start, header, data):
    held_out = (data.captions[0],)
    trained = Start(dataclasses.replace(header, held_out=held_out), Path("weights"), start.encoder)
    assert planned(trained).header.held_out == held_out
    assert planned(trained, hold_out=1).header.held_out == held_out
    with pytest.raises(
        UsageError,
        match="--hold-out 2: training would start from weights that were trained with 1 caption",
    ):
        planned(trained, hold_out=2)


def test_the_text_names_words_that_the_encoder_does_not_know(planned, data):
    assert "words     all known to the encoder" in planned().text()
    data.captions[0] += " qwrtzx"
    assert "words     unknown to the encoder, by images: qwrtzx 2" in planned().text()


def test_a_plan_records_what_the_captions_state(planned, start, data, fact_encoder):
    encoder = fact_encoder("cyborg")
    captions = ["red hair, smile", "no hat", "cyborg", *data.captions[3:]]
    data.captions[:] = captions
    data = dataclasses.replace(data, others={1: ["glasses", "hat"]})
    told = [[text, *data.others.get(row, ()), *captions][:3] for row, text in enumerate(captions)]
    vectors = np.stack([encoder.encode(texts) for texts in told])
    plan = planned(dataclasses.replace(start, encoder=encoder))
    plan = dataclasses.replace(plan, dataset=data)
    shown = with_record(plan, vectors).header.shown
    assert shown.keys() == {*FACTS, "cyborg"}
    stated = {name: count for name, count in shown.items() if count and "eyes" not in name}
    expected = {"red hair": 4, "smile": 2, "glasses": 2, "hat": 2, "cyborg": 2}
    assert {name: stated[name] for name in expected} == expected
    assert Header.from_bytes(with_record(plan, vectors).header.to_bytes(), Path()).shown == shown


def test_an_encoder_without_a_probe_leaves_no_record(planned, start, vectors):
    shown = dataclasses.replace(start.header, shown={"hat": 3})
    encoder = dataclasses.replace(start.encoder, probe=None)
    plan = planned(dataclasses.replace(start, header=shown, encoder=encoder))
    assert with_record(plan, vectors).header.shown == {}
