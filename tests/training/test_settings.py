import pytest

from facelib.training import fit, fit_embedding
from facelib.training.settings import Settings


def test_what_is_given_counts_and_the_usual_fills_the_rest():
    chosen = Settings.of(fit, {"lr": 0.5, "seed": 3}, batch=40, lr=4e-3)
    assert (chosen.batch, chosen.lr, chosen.seed, chosen.weight_decay) == (40, 0.5, 3, 0.05)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("learning_rate", r"no setting 'learning_rate'\. There are: epochs, .*, lr, .*, plot"),
        ("weight_decy", "no setting 'weight_decy', did you mean 'weight_decay'"),
        ("label_smooth", "no setting 'label_smooth', did you mean 'label_smoothing'"),
    ],
)
def test_a_mistyped_name_is_refused_with_the_names_there_are(name, message):
    with pytest.raises(TypeError, match=f"fit.. has {message}"):
        fit(None, None, epochs=1, **{name: 1})


def test_each_function_names_its_own_settings():
    with pytest.raises(TypeError, match="fit_embedding.. has no setting 'epochs'.*: steps, every,"):
        fit_embedding(None, None, None, steps=1, epochs=1)


def test_validating_less_often_than_never_is_refused():
    with pytest.raises(ValueError, match="validate_every must be at least 1, got 0"):
        fit(None, None, epochs=1, validate_every=0)


def test_a_checkpoint_that_can_not_be_written_is_refused_at_once(tmp_path):
    with pytest.raises(ValueError, match="gone.*make the folder first"):
        fit(None, None, epochs=1, checkpoint=tmp_path / "gone" / "run")
    with pytest.raises(ValueError, match="want a file"):
        fit(None, None, epochs=1, checkpoint=tmp_path)
