"""For whoever teaches a class: assignments, grading, reports, hand-ins without faces."""
