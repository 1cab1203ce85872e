import pytest
import torch

from facelib.data import orl, resize
from facelib.models import FaceCNN, FaceResNet, embed
from facelib.training import fit_embedding
from facelib.training.batches import DrawnFaces, FreshFaces
from facelib.training.losses import ContrastiveLoss, MarginLoss, TripletLoss
from tests.training.test_fit import weights

SHORT = {"steps": 6, "batch": 8, "every": 3, "progress": False, "device": "cpu"}


def people():
    return orl().of_people(list(range(6))).map(lambda images: resize(images, 28, 23))


class Small(FaceCNN):
    """The embedding alone, as the losses want it."""

    def forward(self, images):
        return self.embed(images)


def gap(model):
    """Mean cosine of two images of a person, minus that of images of two people."""
    unit, person = embed(model, people().images), people().person
    cosine, same = unit @ unit.T, person[:, None] == person
    return (cosine[same].mean() - cosine[~same].mean()).item()


@pytest.mark.parametrize("loss", [MarginLoss(6, 8), TripletLoss(), ContrastiveLoss()])
def test_every_loss_brings_a_persons_images_together(loss):
    torch.manual_seed(0)
    model, settings = Small(4, 8, 1), SHORT | {"steps": 40, "batch": 24, "lr": 1e-2}
    before = gap(model)
    fit_embedding(model, DrawnFaces(people(), 4), loss, **settings)
    assert gap(model) > before + 0.2
    assert not model.training


def test_a_run_that_was_killed_goes_on_to_the_same_weights_even_the_losss_own(
    tmp_path, monkeypatch
):
    def run(each=4, margin=0.3, **settings):
        torch.manual_seed(0)
        model, loss = FaceResNet(2, 8), MarginLoss(9, 8, margin)
        before = loss.weight.detach().clone()
        history = fit_embedding(model, FreshFaces(9, each), loss, **SHORT, **settings)
        assert (loss.weight - before).abs().max() > 1e-3
        return history, torch.cat([weights(model), weights(loss)])

    _, whole = run()
    draw, calls = FreshFaces.__call__, iter(range(4))  # it dies at the fifth batch
    with monkeypatch.context() as patch:
        patch.setattr(FreshFaces, "__call__", lambda *given: [draw(*given), next(calls)][0])
        with pytest.raises(StopIteration):
            run(checkpoint=tmp_path / "run")
    history, resumed = run(checkpoint=tmp_path / "run")
    assert len(history.loss) == 6
    assert torch.equal(resumed, whole)
    for change, said in ({"each": 2}, "faces was"), ({"margin": 0.2}, "loss was"):
        with pytest.raises(ValueError, match=said):
            run(checkpoint=tmp_path / "run", **change)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"every": 0}, {"batch": 4}, {"batch": 10}])
def test_settings_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValueError, match="people, two or more, with 4 images each"):
        fit_embedding(FaceResNet(2, 8), FreshFaces(), ContrastiveLoss(), **SHORT | wrong)
