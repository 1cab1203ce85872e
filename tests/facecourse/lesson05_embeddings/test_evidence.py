"""The evidence of lesson 05 at its smallest."""

import pytest

from facecourse.kit import protocol
from facecourse.kit import verify as strangers
from facecourse.lesson05_embeddings import evidence as lesson05
from facecourse.lesson05_embeddings import sphere
from facelib.models import FaceCNN, FaceResNet


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(lesson05, "CLASSICAL", ("pixels",))
    monkeypatch.setattr(lesson05, "efficientnet_lite0", lambda **_: FaceCNN(4, 8, 20).eval())
    monkeypatch.setattr(lesson05, "face_embedding", lambda: FaceResNet(2, 8).eval())
    monkeypatch.setattr(sphere, "train_by_loss", lambda *_: FaceCNN(4, 8, 20).eval())
    monkeypatch.setattr(sphere, "score_unseen", lambda model: {"AUC": 0.5})
    for module in (protocol, strangers):
        monkeypatch.setattr(module, "RESAMPLES", 100)
    monkeypatch.setattr(strangers, "MISPLACED", {"turned, degrees": (0, 20)})


@pytest.mark.evidence
@pytest.mark.usefixtures("small")
def test_rates_of_misplaced_faces_are_compared_with_those_of_the_same_faces(measure):
    stored = measure(lesson05, SEEDS=(0,), LOSS_SEEDS=(0,), STEPS=1, LOSS_STEPS=1)
    for kind, margins in lesson05.MARGINS.items():
        found = stored["drawn"]["margins"][kind]
        assert list(found) == [str(margin) for margin in margins]
    assert lesson05.OURS not in stored["zero-shot"]["lead"]
    still, turned = stored["misplaced"]["turned, degrees"].values()
    assert still["change of TAR"]["value"] == 0
    assert turned["change of TAR"]["value"] == pytest.approx(
        turned["TAR"]["value"] - still["TAR"]["value"]
    )
