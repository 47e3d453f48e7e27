# Manual pages, mdoc.
dist_man_MANS += man/stepup.1
dist_man_MANS += man/pam_stepup.8
dist_man_MANS += man/stepup.conf.5 man/stepup-log.5 man/stepup-receipt.5

# The interfaces' pages hold the very text that the daemon serves.
interface_pages = man/io.stepup.Verify1.7 man/io.stepup.Admin1.7 man/io.stepup.Redeem1.7 \
	man/io.stepup.Hooks1.7
nodist_man_MANS = $(interface_pages)
CLEANFILES += $(interface_pages)
EXTRA_DIST += man/io.stepup.Verify1.7.in man/io.stepup.Admin1.7.in man/io.stepup.Redeem1.7.in \
	man/io.stepup.Hooks1.7.in
$(interface_pages): $(interface_pages:=.in) $(dist_interfaces_DATA)
	$(AM_V_GEN)$(MKDIR_P) man && name=$(@F) && \
		$(SED) -e 's/\\/\\e/g' $(srcdir)/lib/wire/interfaces/$${name%.7}.varlink >$@.text && \
	$(SED) -e "/@VARLINK@/{r $@.text" -e 'd;}' $(srcdir)/$@.in >$@.new && rm -f $@.text && mv $@.new $@
dist_man_MANS += man/stepupd.8 man/stepup-hooks.8
dist_man_MANS += man/stepup-responding.7 man/stepup-integrating.7 man/stepup-operating.7
