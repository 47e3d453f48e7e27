# tests/browser
EXTRA_DIST += tests/browser/.npmrc tests/browser/package.json tests/browser/package-lock.json \
	tests/browser/run.sh tests/browser/harness.mjs tests/browser/authenticator.mjs \
	tests/browser/phisher.mjs tests/browser/policy.mjs tests/browser/requests.mjs \
	tests/browser/varlink.mjs tests/browser/console tests/browser/console.mjs tests/browser/keys \
	tests/browser/keys.mjs tests/browser/second tests/browser/second.mjs tests/browser/locks \
	tests/browser/locks.mjs tests/browser/report tests/browser/report.mjs tests/browser/report_day.py
