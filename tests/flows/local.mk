# tests/flows
EXTRA_DIST += tests/flows/harness.py
