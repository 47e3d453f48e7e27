# systemd units, sysusers, tmpfiles: made from *.in with the folders that configure was told.
PACKAGING_UNITS = packaging/stepupd.service packaging/stepupd-verify.socket packaging/stepupd-admin.socket \
	packaging/stepupd-redeem.socket packaging/stepupd-hooks.socket packaging/stepup-hooks.service
PACKAGING_MADE = $(PACKAGING_UNITS) packaging/stepup-sysusers.conf packaging/stepup-tmpfiles.conf
PACKAGING_SED = $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g' -e 's|@rundir[@]|$(rundir)|g'

systemdsystemunit_DATA = $(PACKAGING_UNITS)

$(PACKAGING_UNITS): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && $(PACKAGING_SED) $< >$@.new && mv $@.new $@
packaging/stepup-sysusers.conf: packaging/sysusers.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && $(PACKAGING_SED) $< >$@.new && mv $@.new $@
packaging/stepup-tmpfiles.conf: packaging/tmpfiles.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && $(PACKAGING_SED) $< >$@.new && mv $@.new $@

all-local: $(PACKAGING_MADE)
CLEANFILES += $(PACKAGING_MADE)
EXTRA_DIST += $(PACKAGING_UNITS:=.in) packaging/sysusers.conf.in packaging/tmpfiles.conf.in

install-data-local: $(PACKAGING_MADE)
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) packaging/stepup-sysusers.conf '$(DESTDIR)$(sysusersdir)/stepup.conf'
	$(INSTALL_DATA) packaging/stepup-tmpfiles.conf '$(DESTDIR)$(tmpfilesdir)/stepup.conf'

uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/stepup.conf' '$(DESTDIR)$(tmpfilesdir)/stepup.conf'
