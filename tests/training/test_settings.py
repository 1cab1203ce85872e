import pytest

from facelib.training import fit, fit_embedding
from facelib.training.settings import Settings


def test_what_is_given_counts_and_the_usual_fills_the_rest():
    chosen = Settings.of(fit, {"lr": 0.5, "seed": 3}, batch=40, lr=4e-3)
    assert (chosen.batch, chosen.lr, chosen.seed, chosen.weight_decay) == (40, 0.5, 3, 0.05)


def test_what_can_not_be_is_refused_at_once(tmp_path):
    for setting, message in (
        ({"validate_every": 0}, "validate_every must be at least 1, got 0"),
        ({"checkpoint": tmp_path / "gone" / "run"}, "gone.*make the folder first"),
        ({"checkpoint": tmp_path}, "want a file"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(None, None, epochs=1, **setting)


def test_a_mistyped_name_is_refused_with_the_names_there_are():
    for function, given, message in (
        (fit, "learning_rate", r"no setting 'learning_rate'\. There are: epochs, .*, lr, .*, plot"),
        (fit, "weight_decy", "no setting 'weight_decy', did you mean 'weight_decay'"),
        (fit, "label_smooth", "no setting 'label_smooth', did you mean 'label_smoothing'"),
        (fit_embedding, "epochs", "no setting 'epochs'.*: steps, every,"),
    ):
        with pytest.raises(TypeError, match=rf"{function.__name__}\(\) has {message}"):
            Settings.of(function, {given: 1}, batch=1, lr=1)
