"""The detection benchmark, at its smallest."""

from benchmarks import detection
from facecourse.kit import evidence


def test_every_face_is_counted_once(tmp_path):
    detection.main(people=24, groups=2, folder=tmp_path)
    found = evidence.read("detection", tmp_path)["found"]
    assert list(found) == list(detection.PHOTOS)
    for rows in found.values():
        assert list(rows) == ["all", "skin 0 to 0.5", "skin 0.5 to 1"]
        assert sum(row["n"] for row in rows.values()) == 48
        assert rows["all"]["value"] > 0.7
