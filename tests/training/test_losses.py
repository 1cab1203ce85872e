import math

import pytest
import torch
from pytorch_metric_learning import distances, miners, reducers
from pytorch_metric_learning import losses as library
from torch.nn.functional import cross_entropy, normalize

from facelib.training.losses import ContrastiveLoss, MarginLoss, TripletLoss

PEOPLE, LENGTH = 6, 16


def batch():
    generator = torch.Generator().manual_seed(0)
    person = torch.randint(PEOPLE, (40,), generator=generator)
    middle = torch.randn(PEOPLE, LENGTH, generator=generator)
    embeddings = middle[person] + torch.randn(40, LENGTH, generator=generator)
    return embeddings.requires_grad_(), person


def close(ours, theirs, inputs, their_inputs=None):
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5, abs=1e-5)
    gradients = torch.autograd.grad(ours, inputs)
    expected = torch.autograd.grad(theirs, their_inputs or inputs)
    for own, other in zip(gradients, expected, strict=True):
        other = other if own.shape == other.shape else other.T  # the library keeps weights so
        torch.testing.assert_close(own, other, atol=1e-4, rtol=1e-4)
        assert own.abs().max() > 1e-3  # there is something to compare


def test_margins_equal_pytorch_metric_learning():
    for kind, margin, theirs in (
        ("cosface", 0.0, library.NormalizedSoftmaxLoss(PEOPLE, LENGTH, 1 / 30)),
        ("cosface", 0.35, library.CosFaceLoss(PEOPLE, LENGTH, margin=0.35, scale=30)),
        ("arcface", 0.5, library.ArcFaceLoss(PEOPLE, LENGTH, math.degrees(0.5), 30)),
        ("arcface", 1.5, library.ArcFaceLoss(PEOPLE, LENGTH, math.degrees(1.5), 30)),
    ):
        embeddings, person = batch()
        ours = MarginLoss(PEOPLE, LENGTH, margin, kind)
        ours.weight.data = theirs.W.data.T.clone()
        mine, other = [embeddings, ours.weight], [embeddings, theirs.W]
        close(ours(embeddings, person), theirs(embeddings, person), mine, other)


def test_semi_hard_triplets_and_contrast_equal_pytorch_metric_learning():
    embeddings, person = batch()
    squared = distances.LpDistance(normalize_embeddings=True, p=2, power=2)
    miner = miners.TripletMarginMiner(0.5, "semihard", distance=squared)
    theirs = library.TripletMarginLoss(0.5, distance=squared, reducer=reducers.MeanReducer())
    found = theirs(embeddings, person, miner(embeddings, person))
    close(TripletLoss(0.5)(embeddings, person), found, [embeddings])
    theirs = library.SupConLoss(0.07)(embeddings, person)
    close(ContrastiveLoss(0.07)(embeddings, person), theirs, [embeddings])


@pytest.mark.parametrize("loss", [MarginLoss(PEOPLE, LENGTH), TripletLoss(), ContrastiveLoss()])
def test_cosines_keep_all_their_digits_under_autocast(loss):
    embeddings, person = batch()
    exact = loss(embeddings, person)
    with torch.autocast("cpu", torch.bfloat16):
        assert loss(embeddings, person).item() == exact.item()


def test_gradients_are_finite_where_embedding_and_direction_agree():
    loss = MarginLoss(2, 3, 0.3, "arcface")
    loss.weight.data = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]])
    embeddings = torch.tensor([[2.0, 0, 0], [-1.0, 0, 0]], requires_grad=True)
    loss(embeddings, torch.tensor([0, 0])).backward()
    assert embeddings.grad.isfinite().all()


def test_no_semi_hard_triplet_is_a_loss_of_zero_that_can_be_gone_back_from():
    embeddings = torch.tensor([[1.0, 0], [1, 0], [-1, 0]], requires_grad=True)
    loss = TripletLoss(0.2)(embeddings, torch.tensor([0, 0, 1]))
    loss.backward()
    assert loss.item() == 0
    assert not embeddings.grad.any()


def test_someone_alone_in_a_batch_is_an_impostor_to_the_others_only():
    embeddings, _ = batch()
    person = torch.tensor([0, 0, 1])
    both = ContrastiveLoss()(embeddings[:3], person)
    pair = normalize(embeddings[:3]) @ normalize(embeddings[:3]).T / 0.1
    expected = [cross_entropy(pair[i, [1 - i, 2]][None], torch.tensor([0])) for i in (0, 1)]
    assert both.item() == pytest.approx(torch.stack(expected).mean().item(), rel=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MarginLoss(1, 8), "2 or more people"),
        (lambda: MarginLoss(4, 0), "embedding=0"),
        (lambda: MarginLoss(4, 8, scale=0.0), "scale=0.0"),
        (lambda: MarginLoss(4, 8, 2.0), "below 2 for cosface"),
        (lambda: MarginLoss(4, 8, -0.1), "got -0.1"),
        (lambda: MarginLoss(4, 8, 3.2, "arcface"), "below 3.142 for arcface"),
        (lambda: MarginLoss(4, 8, 0.3, "sphereface"), "cosface or arcface, got 'sphereface'"),
        (lambda: MarginLoss(2, 4)(torch.eye(3, 4), torch.arange(3)), "people 0 to 1, .* 0 to 2"),
        (lambda: MarginLoss(3, 4)(torch.eye(3, 4), torch.arange(-1, 2)), r"\(3, 4\) of -1 to 1"),
        (lambda: MarginLoss(3, 4)(torch.eye(3), torch.arange(3)), r"\(N, 4\).*got \(3, 3\)"),
        (lambda: TripletLoss(4.0), "above 0 and below 4"),
        (lambda: ContrastiveLoss(0.0), "temperature above 0"),
        (lambda: TripletLoss()(torch.eye(3), torch.zeros(3)), "and one of somebody else in every"),
        (lambda: ContrastiveLoss()(torch.eye(3), torch.arange(3)), "two images of somebody"),
    ],
)
def test_settings_and_batches_that_cannot_work_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
