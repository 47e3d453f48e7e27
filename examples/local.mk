# Configuration examples, the support console and its export service, the quickstart.
EXTRA_DIST += examples/scratch-host
