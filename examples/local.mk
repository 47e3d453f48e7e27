# Configuration examples, the support console and its export service, the quickstart. Built, not installed:
# they are to be read.
EXTRA_DIST += examples/scratch-host examples/quickstart examples/quickstart.d/stepup.conf \
	examples/quickstart.d/check.py examples/quickstart.d/export-with-code.conf \
	examples/quickstart.d/export-with-key.conf examples/quickstart.d/incident/world \
	examples/quickstart.d/incident/replay.py examples/quickstart.d/incident/company.py \
	examples/quickstart.d/incident/thief.py examples/quickstart.d/incident/alerts.py \
	examples/quickstart.d/incident/table.py examples/quickstart.d/incident/code.conf \
	examples/quickstart.d/incident/support-console.before examples/quickstart.d/incident/not-the-sign-in \
	examples/quickstart.d/incident/export_service_before.py examples/quickstart.d/console_client.py \
	examples/stepup.conf examples/hooks.d/end-sessions examples/hooks.d/webhook examples/hooks.d/mail \
	examples/hooks.d/50-stepup-hooks.rules examples/pam.d/sshd examples/pam.d/sudo examples/pam.d/sudo-i \
	examples/pam.d/su examples/pam.d/su-l examples/pam.d/login examples/pam.d/cron \
	examples/pam.d/sudo-machine examples/sudoers.d/stepup examples/pam.d/support-console

if HAVE_MICROHTTPD
noinst_PROGRAMS += examples/support-console/support-console examples/support-console/seed-customers \
	examples/export-service/export-service
endif

examples_support_console_support_console_CFLAGS = $(AM_CFLAGS) $(MICROHTTPD_CFLAGS) $(JANSSON_CFLAGS) \
	$(SQLITE_CFLAGS) -pthread
examples_support_console_support_console_LDADD = $(MICROHTTPD_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS) \
	$(PAM_LIBS) -lcrypt -lpthread
examples_support_console_support_console_SOURCES =
examples_support_console_support_console_SOURCES += examples/support-console/main.c
examples_support_console_support_console_SOURCES += examples/support-console/web/form.h \
	examples/support-console/web/form.c examples/support-console/web/html.h \
	examples/support-console/web/html.c examples/support-console/web/http.h \
	examples/support-console/web/http.c examples/support-console/web/key_pages.h \
	examples/support-console/web/key_pages.c examples/support-console/web/pages.h \
	examples/support-console/web/pages.c examples/support-console/web/static_files.h \
	examples/support-console/web/static_files.c
examples_support_console_support_console_SOURCES += examples/support-console/routes/browse.c \
	examples/support-console/routes/exports.c examples/support-console/routes/handlers.h \
	examples/support-console/routes/key_routes.c examples/support-console/routes/request_routes.c \
	examples/support-console/routes/routes.c examples/support-console/routes/sign_in.c \
	examples/support-console/routes/step_up_routes.c
examples_support_console_support_console_SOURCES += examples/support-console/data/customers.h \
	examples/support-console/data/customers.c examples/support-console/data/session.h \
	examples/support-console/data/session.c examples/support-console/data/staff.h \
	examples/support-console/data/staff.c
examples_support_console_support_console_SOURCES += examples/support-console/outside/export_client.h \
	examples/support-console/outside/export_client.c examples/support-console/outside/unix_socket.h \
	examples/support-console/outside/unix_socket.c examples/support-console/outside/verifier_call.h \
	examples/support-console/outside/verifier_call.c
examples_support_console_support_console_SOURCES += examples/support-console/step_up/pam_environment.h \
	examples/support-console/step_up/pam_environment.c \
	examples/support-console/step_up/step_up_bridge.h \
	examples/support-console/step_up/step_up_bridge.c \
	examples/support-console/step_up/step_up_direct.c \
	examples/support-console/step_up/step_up_internal.h examples/support-console/step_up/step_up_pam.c \
	examples/support-console/step_up/step_up_thread.c

examples_support_console_seed_customers_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
examples_support_console_seed_customers_LDADD = $(SQLITE_LIBS)
examples_support_console_seed_customers_SOURCES = examples/support-console/seed.c

examples_export_service_export_service_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS) \
	$(CRYPTO_CFLAGS)
examples_export_service_export_service_LDADD = $(JANSSON_LIBS) $(SQLITE_LIBS) $(CRYPTO_LIBS)
examples_export_service_export_service_SOURCES = \
	examples/export-service/contacts.c examples/export-service/contacts.h \
	examples/export-service/main.c \
	examples/export-service/orders.c examples/export-service/orders.h \
	examples/export-service/redeem.c examples/export-service/redeem.h

EXTRA_DIST += examples/support-console/static/console.css examples/support-console/static/console.js \
	examples/support-console/static/icon.svg examples/support-console/static/key.svg \
	examples/support-console/static/keys.js examples/support-console/static/requests.js \
	examples/support-console/static/stepup.css examples/support-console/static/stepup.js \
	examples/support-console/static/stepup-keys.js
