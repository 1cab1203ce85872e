"""facelib: the tested package behind the compact face recognition course.

Rooms import one way: door -> data -> synth -> models -> measure -> training -> compress -> app.
"""

import os

from facelib.threads import choose_threads, limit_threads

__version__ = "0.1.0"

# GNU's OpenMP, which torch uses on Linux, lets an idle thread spin before it sleeps. When another
# program wants the core, training then took 28 s instead of 2 (two cores, one of them busy); a
# short spin costs 5 % on an idle machine. Read when torch is loaded, so import facelib first.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
limit_threads(choose_threads())
