# tests/devices: the helper for keys as its hosts start it.
test_helpers += tests/devices/authenticator_try
tests_devices_authenticator_try_SOURCES = tests/devices/authenticator_try.c
tests_devices_authenticator_try_CFLAGS = $(UNIT_CFLAGS)
tests_devices_authenticator_try_LDADD = $(LIBSTEPUP)
