# tests/layers: the rules of HACKING.md, the module as a file, the manual pages. Run by tests/run.
EXTRA_DIST += tests/layers/layers.py tests/layers/measure.py tests/layers/includes \
	tests/layers/headers_alone tests/layers/module tests/layers/manual_pages tests/layers/command_line \
	tests/layers/rules tests/layers/units tests/layers/vault tests/layers/width tests/rules.tsv
EXTRA_DIST += tests/layers/limit_kinds tests/layers/interfaces tests/layers/log_pages tests/layers/names \
	tests/layers/sentences tests/layers/step_rows \
	tests/layers/step_up_kinds tests/layers/traps tests/sentences.txt
