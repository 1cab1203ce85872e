import pytest
from PIL import Image

from facelib import models
from facelib.models import io
from facelib.training.__main__ import in_shell_words, main

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
        (["orl", "--out", "x", "--size", "8", "46"], "want 16 pixels or more"),
        (["orl", "--out", "."], "want a file"),
        (["orl", "--out", "x", "--checkpoint", "x"], "another one than the checkpoint"),
        (["orl", "--out", "x", "--train", "10"], "0 have, the most is 10 images"),
        (["synth", "--out", "x", "--batch", "9"], "with 4 images each; got"),
        (["synth", "--out", "x", "--people", "1", "--loss", "arcface"], "2 or more people"),
        (["synth", "--out", "x", "--images-each", "0"], "got --people 0, --images-each 0"),
        (["orl", "--out", "x", "--device", "gpu"], "device 'gpu' was asked for, but this machine"),
        (["celeba", "--out", "x"], "invalid choice: 'celeba'"),
        (["folder", "--path", "gone", "--out", "x"], "facelib.training: there is no folder gone\n"),
    ],
)
def test_arguments_that_cannot_work_are_refused_before_training(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


def photos(folder, **people):
    for name, count in people.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (40, 40), (20 * number, 9, 200)).save(folder / name / f"{number}.png")
    return ["folder", "--path", str(folder), "--train", "3", "--epochs", "1", "--width", "2",
            "--size", "28", "23", "--device", "cpu"]  # fmt: skip


def test_a_shell_run_says_how_it_went_and_saves_the_model_with_the_names_learnt(tmp_path, capsys):
    command = photos(tmp_path / "photos", Ada=2, Ben=4, Cy=1, Di=5)
    out = tmp_path / "face.safetensors"
    main([*command, "--out", str(out)])
    said = capsys.readouterr().out
    assert "6 images of 2 people, 28x23, RGB" in said
    assert "left out, 3 images or fewer: Ada, Cy\n" in said
    assert "of 3 other images" in said
    assert io.load_tensors(out)[1]["names"] == ["Ben", "Di"]
    assert models.load(out).config["people"] == 2


def test_a_file_that_is_no_photo_is_named_and_can_be_skipped(tmp_path, capsys):
    command = [*photos(tmp_path / "photos", Ada=4, Ben=4), "--out", str(tmp_path / "m")]
    (tmp_path / "photos" / "Ada" / "IMG_1.AAE").write_text("x")
    with pytest.raises(SystemExit, match="1"):
        main(command)
    error = capsys.readouterr().err
    assert "Ada/IMG_1.AAE: not a photo" in error
    assert error.endswith("go on without them: --skip-bad\n")
    main([*command, "--skip-bad"])
    skipped = capsys.readouterr()
    assert "IMG_1.AAE" in skipped.err
    assert "UserWarning" not in skipped.err
    assert "top-1" in skipped.out


def test_an_errors_advice_is_turned_into_options():
    text = "try batch=20, bf16=False, compile=True or folder(..., skip_bad=True), not abatch=3"
    wanted = "try --batch 20, --no-bf16, --compile or --skip-bad, not abatch=3"
    assert in_shell_words(text, ["batch", "bf16", "compile", "skip_bad"]) == wanted
