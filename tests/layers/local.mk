# tests/layers
