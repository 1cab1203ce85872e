"""Verification rates against scikit-learn and against counting every threshold by hand."""

import math

import pytest
import torch
from sklearn import metrics

from facelib.measure import Verification, mean_interval, ten_fold


def pairs(seed: int = 0, count: int = 400, steps: float = 0) -> Verification:
    """Noisy scores, a fifth of them genuine; rounded to 1/steps they have many ties."""
    generator = torch.Generator().manual_seed(seed)
    same = torch.rand(count, generator=generator) < 0.2
    scores = torch.randn(count, generator=generator) + 1.5 * same
    return Verification((scores * steps).round() / steps if steps else scores, same)


def rates_by_hand(found: Verification, threshold: float) -> list[float]:
    """FAR and TAR by counting pairs."""
    accepted = (found.scores >= threshold).double()
    return [float(accepted[kind].mean()) for kind in (~found.same, found.same)]


STEPS = pytest.mark.parametrize("steps", [0, 3, 0.1], ids=["no ties", "ties", "all alike"])


@STEPS
def test_the_auc_is_scikit_learns_with_and_without_ties(steps):
    found = pairs(steps=steps)
    assert found.auc == pytest.approx(metrics.roc_auc_score(found.same, found.scores), abs=1e-12)
    assert repr(found).endswith(f"impostor pairs: AUC {found.auc:.4f}, EER {found.eer:.2%})")


@STEPS
def test_rates_are_counted_by_hand_and_tar_at_a_far_by_trying_every_score_as_threshold(steps):
    found = pairs(steps=steps)
    for threshold in (-9.0, 0.0, 0.7, 1.0, 9.0):
        far, tar = rates_by_hand(found, threshold)
        assert found.far_at(threshold) == pytest.approx(far, abs=1e-12)
        assert found.frr_at(threshold) == pytest.approx(1 - tar, abs=1e-12)
        right = tar * found.genuine + (1 - far) * found.impostor
        assert found.accuracy_at(threshold) == pytest.approx(right / len(found.scores), abs=1e-12)
    for far in (0.01, 0.1, 0.5, 1.0):
        within = [t for t in found.scores.tolist() if rates_by_hand(found, t)[0] <= far]
        threshold = min([math.inf, *within])
        assert found.threshold_at(far) == threshold
        assert found.tar_at(far) == pytest.approx(rates_by_hand(found, threshold)[1], abs=1e-12)
    with pytest.raises(ValueError, match="want a number as threshold, got nan"):
        found.far_at(math.nan)


def test_the_eer_is_where_far_and_frr_meet_on_the_curve_or_the_line_between():
    for scores, same, eer in (
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 0, 1, 0, 0], 1 / 3),  # FAR, FRR at .7: 1/3, 1/3
        ([0.0] * 6, [1, 0] * 3, 0.5),  # all tie: the curve is the diagonal
        ([0.9, 0.1, 0.1], [1, 1, 0], 1 / 3),  # from (0, 1/2) to (1, 1), it crosses at 1/3
        ([4, 3, 2, 1], [1, 1, 0, 0], 0),
        ([1, 2, 3, 4], [1, 1, 0, 0], 1),
    ):
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


TIED = [mark == "g" for mark in "iggggigiiggiggiigigggiiggiigiiiggiigiiggigigiigggigiiiigiigi"]


def test_the_best_threshold_lies_half_way_and_may_accept_everybody_or_nobody():
    for scores, same, threshold, accuracy in (
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 0.5, 1),  # half way
        ([0.1, 0.2, 0.9], [True, True, False], 0.1, 2 / 3),  # everybody
        ([0.1, 0.5, 0.9], [True, False, False], math.inf, 2 / 3),  # nobody
        (list(range(60, 0, -1)), TIED, 39.5, 36 / 60),  # 35.5 is as good, but for rounding
    ):
        found = Verification(scores, same)
        assert found.best_threshold() == pytest.approx(threshold)
        assert found.accuracy_at(found.best_threshold()) == pytest.approx(accuracy)


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


def test_ten_fold_chooses_each_threshold_on_the_other_nine_folds():
    found, fold = pairs(seed=2, count=200), torch.arange(200) % 10
    result = ten_fold(found.scores, found.same, fold)
    expected = ten_fold_by_hand(found.scores.tolist(), found.same.tolist(), fold.tolist())
    assert result.accuracy.tolist() == pytest.approx(expected, abs=1e-12)
    assert result.interval == mean_interval(result.accuracy, of="folds")
    fitted_without_each = torch.stack([found.scores + shift for shift in range(10)])
    shifted = ten_fold(fitted_without_each, found.same, fold + 1)  # any labels
    assert torch.equal(shifted.accuracy, result.accuracy)
    assert torch.allclose(shifted.threshold, result.threshold + torch.arange(10.0))


@pytest.mark.parametrize(
    ("scores", "same", "fold", "message"),
    [
        ([0.1, 0.2, 0.3], [True, False], None, r"got \(3,\) and torch.bool \(2,\)"),
        ([0.1, 0.2], [1, 0], None, "torch.int64"),
        ([[0.1, 0.2]], [[True, False]], None, r"\(1, 2\)"),
        ([0.1, math.nan], [True, False], None, "1 of 2 scores are not finite.* nan at pair 1"),
        ([0.1, 0.2], [True, True], None, "2 genuine and 0 impostor"),
        ([0.1, 0.9], [False, True], [0, 0], "at least 2 folds"),
        ([0.1, 0.9, 0.5], [False, True], [0, 1], r"scores \(P,\) or \(2, P\)"),
        ([0.1, 0.9], [False, True], [0, 1, 1], r"\(3,\)"),
        ([[0.1, 0.9, 0.1, math.nan]] * 2, [False, True] * 2, [0, 0, 1, 1], "not finite"),
    ],
)
def test_pairs_and_folds_that_do_not_fit_are_refused(scores, same, fold, message):
    with pytest.raises(ValueError, match=message):
        Verification(scores, same) if fold is None else ten_fold(scores, same, fold)
