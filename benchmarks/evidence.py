"""Results that need many seeds: `python -m benchmarks.evidence 01` measures what lesson 01 shows.

They are stored in facelib/lessons/evidence; a lesson plots them, labelled as stored, beside the
one or two seeds it runs live.
"""

from __future__ import annotations

import sys
from importlib import import_module

LESSONS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10")

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LESSONS:
        sys.exit(f"usage: python -m benchmarks.evidence {'|'.join(LESSONS)}")
    import_module(f"benchmarks.lesson{sys.argv[1]}").main()
