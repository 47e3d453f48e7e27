# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by a test of this folder: run_beside_quickstart SCRIPT QUICKSTART-OPTIONS -- SCRIPT-OPTIONS
# starts everything with the quickstart and drives SCRIPT, which lies beside, in a headless Chromium against
# the real verifier. run_alone SCRIPT… has a browser and nothing else.

here=$(cd "$(dirname "$0")" && pwd)
source_dir=${STEPUP_SOURCE:-$(cd "$here/../.." && pwd)}
build=${STEPUP_BUILD:-$source_dir/build-tests/plain}

skip() {
	echo "$1" >&2
	exit 77
}

# playwright-core, as pinned in package-lock.json, beside the build.
# Tests that start at the same time wait for one another here.
modules() {
	local modules=$build/browser-modules
	(
		flock 9
		if ! cmp -s "$here/package-lock.json" "$modules/package-lock.json" ||
			[ ! -d "$modules/node_modules/playwright-core" ]; then
			rm -rf "$modules"
			mkdir -p "$modules"
			cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$modules/"
			(cd "$modules" && npm ci --ignore-scripts >npm.log 2>&1) || {
				rm "$modules/package-lock.json"
				cat "$modules/npm.log" >&2
				exit 1
			}
		fi
	) 9>"$modules.lock" || exit 1
	export BROWSER_MODULES=$modules
}

browser_ready() {
	[ "$(id -u)" = 0 ] || skip 'needs root, to be several users'
	command -v node >/dev/null && command -v npm >/dev/null || skip 'needs node and npm'
	command -v chromium >/dev/null || skip 'needs chromium'
	[ -x "$build/verifier/stepupd" ] || {
		echo "no stepupd in $build: set STEPUP_BUILD to the folder it was built in" >&2
		exit 1
	}
	modules
}

run_alone() {
	browser_ready
	export STEPUP_SOURCE=$source_dir STEPUP_BUILD=$build
	exec node "$here/$1" "${@:2}"
}

run_beside_quickstart() {
	local script=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	browser_ready
	exec "$source_dir/examples/quickstart" --build "$build" "${options[@]}" \
		--run node "$here/$script" "$@"
}
