"""facelib: the tested package behind the compact face recognition course.

Rooms import one way: data -> models -> measure -> training -> lessons.
"""

__version__ = "0.1.0"
