# systemd units, sysusers, tmpfiles.
