# Tests. tests/run drives all of them; each area lists its programs in a file of its own.
UNIT_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JOSE_CFLAGS) $(UV_CFLAGS) $(SQLITE_CFLAGS) \
	$(CMOCKA_CFLAGS)
# What tests run beside the product.
check_PROGRAMS += $(test_helpers)
include tests/unit/lib.mk
include tests/unit/evidence.mk
include tests/unit/store.mk
include tests/unit/policy.mk
include tests/unit/factors.mk
include tests/unit/keys.mk
include tests/unit/doors.mk
include tests/unit/server.mk
include tests/unit/tools.mk
include tests/unit/devices.mk
include tests/softkey/local.mk
include tests/devices/local.mk
include tests/pam/local.mk
include tests/flows/local.mk
include tests/browser/local.mk
include tests/incident/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/layers/local.mk
