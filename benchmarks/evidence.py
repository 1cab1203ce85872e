"""Results that need many seeds: `python -m benchmarks.evidence 01` measures what lesson 01 shows.

They are stored in facelib/lessons/evidence; a lesson plots them, labelled as stored, beside the
one or two seeds it runs live.
"""

from __future__ import annotations

import sys

from benchmarks import lesson01, lesson02, lesson03, lesson04, lesson05, lesson06, lesson07

LESSONS = {
    "01": lesson01.main,
    "02": lesson02.main,
    "03": lesson03.main,
    "04": lesson04.main,
    "05": lesson05.main,
    "06": lesson06.main,
    "07": lesson07.main,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LESSONS:
        sys.exit(f"usage: python -m benchmarks.evidence {'|'.join(LESSONS)}")
    LESSONS[sys.argv[1]]()
