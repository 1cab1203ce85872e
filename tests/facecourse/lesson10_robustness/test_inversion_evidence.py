"""The evidence on privacy at its smallest."""

import pytest
from facecourse.lesson10_harm import inversion_evidence as inversion

from facecourse.kit import evidence

pytestmark = pytest.mark.evidence


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inversion, "LOOKS", {"pixels": inversion.LOOKS["pixels"]})
        patch.setattr(inversion.inversion, "COMPONENTS", 15)
        for name, value in (("PEOPLE", 120), ("COUNT", 34), ("LEARNT", 20), ("KNOWN", (0, 60))):
            patch.setattr(inversion, name, value)
        inversion.main(folder)
    return evidence.read("inversion", folder)


def test_a_reconstruction_opens_the_door_of_its_own_person_only(found):
    whole = {kind: rate["value"] for kind, rate in found["doors"]["128 numbers"].items()}
    assert whole["another photograph"] > 0.9
    assert whole["reconstruction"] > 0.15 > 0.05 > whole["somebody else's"]


def test_an_unknown_rotation_changes_no_cosine_and_is_undone_by_people_known(found):
    turned = found["rotated"]
    assert turned.pop("cosines moved by") < 1e-5
    for by_count in turned.values():
        assert list(by_count) == ["0", "60"]
        assert by_count["0"]["value"] < 0.15
    by_enrolled = turned["the photograph enrolled"]
    assert by_enrolled["60"]["value"] > by_enrolled["0"]["value"]
