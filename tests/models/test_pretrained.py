from importlib import resources

import pytest
import torch

from facecourse.kit import protocol
from facelib.data import resize
from facelib.measure import parameters, verify_all
from facelib.models import FaceResNet, embed, face_embedding, face_student, io, pretrained
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
    codes = embed(face_embedding(), resize(faces.images, 64, 64))
    assert verify_all(codes, faces.person).auc > 0.96


def test_its_file_says_how_it_was_made():
    _, about = io.load_tensors(FILE)
    assert about["architecture"] == "FaceResNet"
    card = (FILE.parent / "README.md").read_text("utf-8")
    assert "python -m facelib.training synth" in card
    for heading in ("Intended use", "Not for", "Trained on", "Measured", "Limits", "Made by"):
        assert f"## {heading}" in card


def test_the_student_says_what_its_teacher_says_of_people_it_never_saw():
    faces = synth(40, 2, seed=12345)
    cosines = (embed(face_student(), faces.images) * embed(face_embedding(), faces.images)).sum(1)
    assert cosines.mean() > 0.94
    assert parameters(face_student()) < 0.3 * parameters(face_embedding())


def test_a_missing_or_damaged_file_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "WEIGHTS", tmp_path / "gone.safetensors")
    with pytest.raises(FileNotFoundError, match="gone.safetensors"):
        face_embedding()
    (tmp_path / "gone.safetensors").write_bytes(FILE.read_bytes()[:-8])
    with pytest.raises(ValueError, match="cut short"):
        face_embedding()
