import pytest

from facelib import models
from facelib.training.__main__ import main

SHORT = ["--size", "28", "23", "--width", "4", "--epochs", "1", "--device", "cpu"]


def test_a_shell_run_trains_says_how_it_went_and_saves_the_model(tmp_path, capsys):
    out = tmp_path / "face.safetensors"
    main(["orl", "--train", "8", "--out", str(out), *SHORT])
    said = capsys.readouterr().out
    assert "320 images of 40 people, 28x23, grey" in said
    assert "of 80 other images" in said
    assert models.load(out).config["people"] == 40


def test_the_same_command_twice_gives_the_same_model(tmp_path):
    for name in ("a", "b"):
        main(["orl", "--train", "2", "--out", str(tmp_path / name), *SHORT])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


TINY = ["--width", "2", "--embedding", "8", "--batch", "8", "--steps", "2", "--device", "cpu"]


@pytest.mark.parametrize("loss", ["contrastive", "triplet", "cosface", "arcface"])
def test_an_embedding_is_trained_on_people_who_do_not_exist(loss, tmp_path, capsys):
    out = tmp_path / "embedding.safetensors"
    main(["synth", "--loss", loss, "--people", "9", "--out", str(out), *TINY])
    assert "16 synthetic faces" in capsys.readouterr().out
    assert models.load(out).config == {"width": 2, "embedding": 8, "blocks": [1, 2, 2]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["folder", "--out", "x"], "folder needs --path"),
        (["orl", "--out", "gone/x"], "there is no folder gone"),
        (["orl", "--out", "."], "want a file"),
        (["orl", "--out", "x", "--checkpoint", "x"], "another one than the checkpoint"),
        (["orl", "--out", "x", "--train", "10"], "0 have, the most is 10 images"),
        (["synth", "--out", "x", "--batch", "9"], "with 4 images each; got"),
        (["synth", "--out", "x", "--people", "1", "--loss", "arcface"], "2 or more people"),
        (["celeba", "--out", "x"], "invalid choice: 'celeba'"),
    ],
)
def test_arguments_that_cannot_work_are_refused_before_training(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
