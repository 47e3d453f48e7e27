# Programs of this area: check_PROGRAMS += tests/unit/test_NAME, with CMOCKA_LIBS; each prints TAP.
