from importlib import resources

import torch

from facecourse.kit import protocol
from facecourse.kit.orl import to_64
from facelib.measure import parameters, verify_all
from facelib.models import FaceResNet, embed, face_embedding, pretrained
from facelib.synth import synth

FILE = resources.files("facelib.models") / "weights" / "face_embedding.safetensors"


def test_the_embedding_comes_with_the_package_small_with_its_card_and_anew_at_every_call():
    first, second = face_embedding(), face_embedding()
    assert isinstance(first, FaceResNet)
    assert not first.training
    assert len(FILE.read_bytes()) <= 5_000_000
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).any()
    card = (FILE.parent / "README.md").read_text("utf-8")
    assert "python -m facelib.training synth" in card
    for heading in ("Intended use", "Not for", "Trained on", "Measured", "Limits", "Made by"):
        assert f"## {heading}" in card


def test_it_tells_real_people_apart_whom_it_never_saw():
    faces = protocol.open_people()
    codes = embed(face_embedding(), to_64(faces.images))
    assert verify_all(codes, faces.person).auc > 0.96


def test_the_small_ones_say_what_the_teacher_says_of_people_it_never_saw_and_get_smaller():
    images = synth(40, 1, seed=12345).images
    kinds = ("embedding", "student", "pruned", "compact")
    models = [getattr(pretrained, f"face_{kind}")() for kind in kinds]
    teacher = embed(models[0], images)
    for model in models[1:]:
        cosines = (embed(model, images, flip=False) * teacher).sum(1)
        assert cosines.mean() > 0.9
    sizes = [parameters(model) for model in models[:3]]
    assert sizes[0] > 3 * sizes[1] > 6 * sizes[2]
    assert pretrained.COMPACT.stat().st_size <= 120_000
