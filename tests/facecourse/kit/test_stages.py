"""A door as a chain of stages."""

import pytest

from facecourse.kit import stages


def test_notes_stand_at_their_stage_in_the_text_alternative(capsys):
    stages.draw_stages({"camera": "too\ndark", "door": "FAR"})
    assert "camera: too dark; door: FAR." in capsys.readouterr().out


def test_a_note_on_something_else_is_refused():
    with pytest.raises(ValueError, match="got one on window"):
        stages.draw_stages({"window": "open"})
