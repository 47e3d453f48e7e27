# tests/incident
EXTRA_DIST += tests/incident/replay
