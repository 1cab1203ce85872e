"""The evidence of lesson 05 at its smallest: every loss, every margin, every rival, every crop."""

import pytest

from facecourse.kit import evidence, protocol
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


@pytest.mark.usefixtures("small")
def test_the_evidence_of_lesson_05_has_every_loss_and_rival(tmp_path):
    lesson05.main(seeds=(0,), loss_seeds=(0,), steps=(1, 1), folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    for width in "23":
        assert list(stored["drawn"][width]) == list(sphere.LOSSES)
    for kind, margins in lesson05.MARGINS.items():
        found = stored["drawn"]["margins"][kind]
        assert list(found) == [str(margin) for margin in margins]
        assert {len(values) for runs in found.values() for values in runs.values()} == {1}
    assert list(stored["losses"]) == list(sphere.LOSSES)
    rivals = ["pixels", "EfficientNet-Lite0, ImageNet", "CNN trained on 20 people"]
    assert list(stored["zero-shot"]["metrics"]) == [lesson05.OURS, *rivals]
    assert list(stored["zero-shot"]["lead"]) == rivals
    still, turned = stored["misplaced"]["turned, degrees"].values()
    assert still["change of TAR"]["value"] == 0
    assert turned["change of TAR"]["value"] == pytest.approx(
        turned["TAR"]["value"] - still["TAR"]["value"]
    )
