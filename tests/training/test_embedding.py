import pytest
import torch

from facelib.data import orl, resize
from facelib.models import FaceCNN, FaceResNet, embed, io
from facelib.training import fit_embedding
from facelib.training.batches import DrawnFaces, FreshFaces
from facelib.training.losses import ContrastiveLoss, MarginLoss, TripletLoss

SHORT = {"steps": 6, "batch": 8, "every": 3, "progress": False, "device": "cpu"}


def people():
    return orl().of_people(list(range(6))).map(lambda images: resize(images, 28, 23))


class Small(FaceCNN):
    """The embedding alone, as the losses want it."""

    def forward(self, images):
        return self.embed(images)


def network():
    torch.manual_seed(0)
    return Small(4, 8, 1)


def gap(model):
    """Mean cosine of two images of a person, minus that of images of two people."""
    unit, person = embed(model, people().images), people().person
    cosine, same = unit @ unit.T, person[:, None] == person
    return (cosine[same].mean() - cosine[~same].mean()).item()


def weights(model):
    return torch.cat([tensor.double().flatten() for tensor in model.state_dict().values()])


@pytest.mark.parametrize("loss", [MarginLoss(6, 8), TripletLoss(), ContrastiveLoss()])
def test_every_loss_brings_a_persons_images_together(loss):
    model, settings = network(), SHORT | {"steps": 40, "batch": 24, "lr": 1e-2}
    before = gap(model)
    fit_embedding(model, DrawnFaces(people(), 4), loss, **settings)
    assert gap(model) > before + 0.2
    assert not model.training


def test_a_margins_own_weights_are_trained_and_saved_with_the_run(tmp_path):
    loss, path = MarginLoss(6, 8), tmp_path / "run"
    before = loss.weight.detach().clone()
    fit_embedding(network(), DrawnFaces(people()), loss, **SHORT, checkpoint=path)
    assert (loss.weight - before).abs().max() > 1e-3
    saved, _ = io.load_tensors(path)
    assert torch.equal(saved["loss.weight"], loss.weight)


def test_a_run_that_was_killed_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    def run(**settings):
        torch.manual_seed(0)
        model = FaceResNet(2, 8)
        history = fit_embedding(model, FreshFaces(), ContrastiveLoss(), **SHORT, **settings)
        return history, weights(model)

    _, whole = run()
    draw, calls = FreshFaces.__call__, iter(range(4))  # it dies at the fifth batch
    with monkeypatch.context() as patch:
        patch.setattr(FreshFaces, "__call__", lambda *given: [draw(*given), next(calls)][0])
        with pytest.raises(StopIteration):
            run(checkpoint=tmp_path / "run")
    history, resumed = run(checkpoint=tmp_path / "run")
    assert len(history.loss) == 6
    assert torch.equal(resumed, whole)


@pytest.mark.parametrize(
    ("faces", "loss", "changed"),
    [
        (FreshFaces(images_each=2), ContrastiveLoss(), "faces was"),
        (FreshFaces(), ContrastiveLoss(0.5), "loss was"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, faces, loss, changed):
    path, short = tmp_path / "run", SHORT | {"steps": 1, "every": 1}
    fit_embedding(FaceResNet(2, 8), FreshFaces(), ContrastiveLoss(), **short, checkpoint=path)
    with pytest.raises(ValueError, match=changed):
        fit_embedding(FaceResNet(2, 8), faces, loss, **short, checkpoint=path)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"every": 0}, {"batch": 4}, {"batch": 10}])
def test_settings_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValueError, match="people, two or more, with 4 images each"):
        fit_embedding(FaceResNet(2, 8), FreshFaces(), ContrastiveLoss(), **SHORT | wrong)
