# Manual pages, mdoc.
dist_man_MANS += man/pam_stepup.8
