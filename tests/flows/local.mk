# tests/flows
