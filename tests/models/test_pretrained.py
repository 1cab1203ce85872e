from importlib import resources

import pytest
import torch

from facecourse.kit import protocol
from facecourse.kit.orl import to_64
from facelib.measure import parameters, verify_all
from facelib.models import (
    FaceResNet,
    embed,
    face_compact,
    face_embedding,
    face_pruned,
    face_student,
    io,
    pretrained,
)
from facelib.synth import synth

FILE = resources.files("facelib.models") / "weights" / "face_embedding.safetensors"


def test_the_embedding_comes_with_the_package_small_and_anew_at_every_call():
    first, second = face_embedding(), face_embedding()
    assert isinstance(first, FaceResNet)
    assert not first.training
    assert len(FILE.read_bytes()) <= 5_000_000
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).any()


def test_it_tells_real_people_apart_whom_it_never_saw():
    faces = protocol.open_people()
    codes = embed(face_embedding(), to_64(faces.images))
    assert verify_all(codes, faces.person).auc > 0.96


def test_its_file_says_how_it_was_made():
    _, about = io.load_tensors(FILE)
    assert about["architecture"] == "FaceResNet"
    card = (FILE.parent / "README.md").read_text("utf-8")
    assert "python -m facelib.training synth" in card
    for heading in ("Intended use", "Not for", "Trained on", "Measured", "Limits", "Made by"):
        assert f"## {heading}" in card


def test_the_small_ones_say_what_the_teacher_says_of_people_it_never_saw_and_get_smaller():
    images = synth(40, 1, seed=12345).images
    models = [made() for made in (face_embedding, face_student, face_pruned, face_compact)]
    teacher = embed(models[0], images)
    for model in models[1:]:
        cosines = (embed(model, images, flip=False) * teacher).sum(1)
        assert cosines.mean() > 0.9
    sizes = [parameters(model) for model in models[:3]]
    assert sizes[0] > 3 * sizes[1] > 6 * sizes[2]
    assert pretrained.COMPACT.stat().st_size <= 120_000


def test_missing_and_damaged_files_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "WEIGHTS", tmp_path / "gone.safetensors")
    with pytest.raises(FileNotFoundError, match="gone.safetensors"):
        face_embedding()
    (tmp_path / "gone.safetensors").write_bytes(FILE.read_bytes()[:-8])
    with pytest.raises(ValueError, match="cut short"):
        face_embedding()
    monkeypatch.setattr(pretrained, "COMPACT", tmp_path / "cut.onnx.zip")
    (tmp_path / "cut.onnx.zip").write_bytes(b"PK" + bytes(100))
    with pytest.raises(ValueError, match="cut.onnx.zip can't be read"):
        face_compact()
