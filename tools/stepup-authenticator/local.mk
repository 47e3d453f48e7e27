# stepup-authenticator, the helper that talks to keys and agents. libauthenticator holds everything but
# main.c, so that tests link the objects the program has.
noinst_LIBRARIES += tools/stepup-authenticator/libauthenticator.a
LIBAUTHENTICATOR = tools/stepup-authenticator/libauthenticator.a $(LIBEVIDENCE) $(FIDO_LIBS)
tools_stepup_authenticator_libauthenticator_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(FIDO_CFLAGS)
tools_stepup_authenticator_libauthenticator_a_SOURCES = tools/stepup-authenticator/host.h \
	tools/stepup-authenticator/host.c tools/stepup-authenticator/webauthn/client_data.h \
	tools/stepup-authenticator/webauthn/client_data.c \
	tools/stepup-authenticator/webauthn/attestation_object.h \
	tools/stepup-authenticator/webauthn/attestation_object.c tools/stepup-authenticator/seat_keys.h \
	tools/stepup-authenticator/seat_keys.c tools/stepup-authenticator/seat_look.h \
	tools/stepup-authenticator/seat_look.c tools/stepup-authenticator/seat_race.h \
	tools/stepup-authenticator/seat_race.c tools/stepup-authenticator/seat_work.h \
	tools/stepup-authenticator/seat_work.c tools/stepup-authenticator/seat.h \
	tools/stepup-authenticator/seat.c tools/stepup-authenticator/agent_reply.h \
	tools/stepup-authenticator/agent_reply.c tools/stepup-authenticator/agent.h \
	tools/stepup-authenticator/agent.c

helperdir = $(libexecdir)/stepup
helper_PROGRAMS = tools/stepup-authenticator/stepup-authenticator
tools_stepup_authenticator_stepup_authenticator_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(FIDO_CFLAGS)
tools_stepup_authenticator_stepup_authenticator_SOURCES = tools/stepup-authenticator/main.c
tools_stepup_authenticator_stepup_authenticator_LDADD = $(LIBAUTHENTICATOR) -lpthread
