"""Verification rates against scikit-learn and against counting every threshold by hand."""

import math

import pytest
import torch
from sklearn import metrics

from facelib.measure import Verification, mean_interval, ten_fold


def pairs(seed: int = 0, count: int = 400, steps: int = 0) -> Verification:
    """Noisy scores, a fifth of them genuine; rounded to 1/steps they have many ties."""
    generator = torch.Generator().manual_seed(seed)
    same = torch.rand(count, generator=generator) < 0.2
    scores = torch.randn(count, generator=generator) + 1.5 * same
    return Verification((scores * steps).round() / steps if steps else scores, same)


def rates_by_hand(found: Verification, threshold: float) -> list[float]:
    """FAR and TAR by counting pairs."""
    accepted = (found.scores >= threshold).double()
    return [float(accepted[kind].mean()) for kind in (~found.same, found.same)]


@pytest.mark.parametrize("steps", [0, 3])
def test_the_auc_is_scikit_learns_with_and_without_ties(steps):
    found = pairs(steps=steps)
    assert found.auc == pytest.approx(metrics.roc_auc_score(found.same, found.scores), abs=1e-12)
    assert repr(found).endswith(f"impostor pairs: AUC {found.auc:.4f}, EER {found.eer:.2%})")


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("far", [0.01, 0.1, 0.5, 1.0])
def test_tar_at_a_far_is_found_by_trying_every_score_as_threshold(far, steps):
    found = pairs(steps=steps)
    allowed = [math.inf] + [t for t in found.scores.tolist() if rates_by_hand(found, t)[0] <= far]
    threshold = min(allowed)
    assert found.threshold_at(far) == threshold
    assert found.tar_at(far) == pytest.approx(rates_by_hand(found, threshold)[1], abs=1e-12)


@pytest.mark.parametrize("threshold", [-9.0, 0.0, 0.7, 1.0, 9.0])
def test_rates_at_a_threshold_count_pairs_at_or_above_it(threshold):
    found = pairs(steps=3)
    far, tar = rates_by_hand(found, threshold)
    assert found.far_at(threshold) == pytest.approx(far, abs=1e-12)
    assert found.frr_at(threshold) == pytest.approx(1 - tar, abs=1e-12)
    right = tar * found.genuine + (1 - far) * found.impostor
    assert found.accuracy_at(threshold) == pytest.approx(right / len(found.scores), abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "same", "eer"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 0, 1, 0, 0], 1 / 3),  # FAR, FRR at .7: 1/3, 1/3
        ([0.0] * 6, [1, 0] * 3, 0.5),  # all tie: the curve is the diagonal
        ([0.9, 0.1, 0.1], [1, 1, 0], 1 / 3),  # from (0, 1/2) to (1, 1), it crosses at 1/3
        ([4, 3, 2, 1], [1, 1, 0, 0], 0),
        ([1, 2, 3, 4], [1, 1, 0, 0], 1),
    ],
)
def test_the_eer_is_where_far_and_frr_meet_on_the_curve_or_the_line_between(scores, same, eer):
    assert Verification(scores, torch.tensor(same).bool()).eer == pytest.approx(eer)


def test_a_far_outside_0_to_1_or_finer_than_one_impostor_is_refused_and_says_how_many_it_needs():
    found = Verification(torch.arange(1002.0), torch.arange(1002) >= 1000)
    assert found.tar_at(1e-3) == 1
    assert found.threshold_at(1e-3) == 999
    for far, needed in ((1e-4, 10_000), (1 / 1001, 1001)):
        with pytest.raises(ValueError, match=f"at least {needed} impostor pairs, got 1000"):
            found.tar_at(far)
    for far in (0.0, -0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match="far must lie in"):
            found.threshold_at(far)


@pytest.mark.parametrize("rate", ["far_at", "frr_at", "accuracy_at"])
def test_no_number_is_no_threshold(rate):
    with pytest.raises(ValueError, match="want a number as threshold, got nan"):
        getattr(pairs(), rate)(math.nan)


def test_nobody_is_accepted_where_too_many_impostors_share_the_highest_score():
    found = Verification(torch.tensor([1.0, 1, 1, 0]), torch.tensor([True, False, False, False]))
    assert found.threshold_at(0.4) == math.inf
    assert found.tar_at(0.4) == 0
    assert found.tar_at(0.7) == 1


TIED = [mark == "g" for mark in "iggggigiiggiggiigigggiiggiigiiiggiigiiggigigiigggigiiiigiigi"]


@pytest.mark.parametrize(
    ("scores", "same", "threshold", "accuracy"),
    [
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 0.5, 1),  # half way
        ([0.1, 0.2, 0.9], [True, True, False], 0.1, 2 / 3),  # everybody
        ([0.1, 0.5, 0.9], [True, False, False], math.inf, 2 / 3),  # nobody
        (list(range(60, 0, -1)), TIED, 39.5, 36 / 60),  # 35.5 is as good, but for rounding
    ],
)
def test_the_best_threshold_lies_half_way_and_may_accept_everybody_or_nobody(
    scores, same, threshold, accuracy
):
    found = Verification(scores, same)
    assert found.best_threshold() == pytest.approx(threshold)
    assert found.accuracy_at(found.best_threshold()) == pytest.approx(accuracy)


@pytest.mark.parametrize(
    ("scores", "same", "message"),
    [
        ([0.1, 0.2, 0.3], [True, False], r"got \(3,\) and torch.bool \(2,\)"),
        ([0.1, 0.2], [1, 0], "torch.int64"),
        ([[0.1, 0.2]], [[True, False]], r"\(1, 2\)"),
        ([0.1, math.nan], [True, False], "1 of 2 scores are not finite.* nan at pair 1"),
        ([0.1, math.inf], [True, False], "not finite"),
        ([0.1, 0.2], [True, True], "2 genuine and 0 impostor"),
        ([0.1, 0.2], [False, False], "0 genuine and 2 impostor"),
    ],
)
def test_pairs_that_cannot_be_verified_are_refused(scores, same, message):
    with pytest.raises(ValueError, match=message):
        Verification(scores, same)


def ten_fold_by_hand(scores, same, fold) -> list[float]:
    """The threshold never sees the fold it is judged on."""
    accuracies = []
    for held_out in range(10):
        train = [i for i, f in enumerate(fold) if f != held_out]
        test = [i for i, f in enumerate(fold) if f == held_out]

        def accuracy(index, threshold):
            return sum((scores[i] >= threshold) == same[i] for i in index) / len(index)

        ranked = [math.inf, *sorted({scores[i] for i in train}, reverse=True)]
        best = max(range(len(ranked)), key=lambda k: accuracy(train, ranked[k]))  # first of equals
        below = ranked[min(best + 1, len(ranked) - 1)]
        accuracies.append(accuracy(test, (ranked[best] + below) / 2))
    return accuracies


FOLD = torch.arange(200) % 10


def test_ten_fold_chooses_each_threshold_on_the_other_nine_folds():
    found = pairs(seed=2, count=200)
    result = ten_fold(found.scores, found.same, FOLD)
    expected = ten_fold_by_hand(found.scores.tolist(), found.same.tolist(), FOLD.tolist())
    assert result.accuracy.tolist() == pytest.approx(expected, abs=1e-12)
    assert result.interval == mean_interval(result.accuracy, of="folds")


def test_ten_fold_takes_the_scores_of_models_fitted_without_each_fold():
    found = pairs(seed=2, count=200)
    per_fold = torch.stack([found.scores + shift for shift in range(10)])
    result = ten_fold(per_fold, found.same, FOLD + 1)  # any labels
    same_model = ten_fold(found.scores, found.same, FOLD)
    assert torch.equal(result.accuracy, same_model.accuracy)
    assert torch.allclose(result.threshold, same_model.threshold + torch.arange(10.0))


@pytest.mark.parametrize(
    ("scores", "same", "fold", "message"),
    [
        ([0.1, 0.9], [False, True], [0, 0], "at least 2 folds"),
        ([0.1, 0.9, 0.5], [False, True], [0, 1], r"scores \(P,\) or \(2, P\)"),
        ([0.1, 0.9], [False, True], [0, 1, 1], r"\(3,\)"),
        ([[0.1, 0.9]] * 3, [False, True], [0, 1], r"\(3, 2\)"),
        ([0.1, 0.9, math.nan, 0.2], [False, True, True, False], [0, 0, 1, 1], "not finite"),
        ([[0.1, 0.9, 0.1, math.nan]] * 2, [False, True] * 2, [0, 0, 1, 1], "not finite"),
        ([0.1, 0.9, 0.8, 0.2], [False, True, True, True], [0, 0, 1, 1], "impostor"),
    ],
)
def test_folds_that_do_not_fit_are_refused(scores, same, fold, message):
    with pytest.raises(ValueError, match=message):
        ten_fold(scores, same, fold)
