#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# host.sh: the tests that need no machine, on the release's Debian, whatever this
# host is: in a tree with the packages that check.sh would install there. TAP.
# Needs root.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/lab/archive.sh
. "$LAB_DIR/archive.sh"

lists=("$REPO/selftests/packages" "$REPO/selftests/fast/packages")
tree=$CACHE/host-$({ cat "$0" "${lists[@]}"; archive_codename release; } | sha256sum | cut -c1-12)

fill() {
	rm -rf --one-file-system "$tree.new"
	mmdebstrap --variant=apt --mode=root \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--include="git,clang,$(sed '/^#/d' "${lists[@]}" | paste -sd,)" \
		"$(archive_codename release)" "$tree.new" - \
		<<<"$(archive_sources release updates security)" >"$CACHE/host.log" 2>&1
}

inside() { # CMD...
	LAB_TREE=$tree lab_chroot "$@"
}

"$LAB_DIR/image.sh"
exec 9>"$CACHE/host.lock"
flock -w 1800 9 || lab_die "another host.sh does not end"
if ! lab_whole "$tree"; then
	LAB_WATCH=$tree.new lab_step "making the tree of a host, 1000 MB" 60 fill ||
		lab_die "no tree; the log is $CACHE/host.log"
	mkdir -p "$tree.new/src" "$tree.new/cache"
	mv "$tree.new" "$tree"
	lab_done "$tree"
fi
rm -rf "$REPO/build/host"
mkdir -p "$REPO/build/host"
git -C "$REPO" ls-files -z | (cd "$REPO" && xargs -0 cp --parents -t build/host)
status=0
for dir in unit lib cli cli-host; do
	inside make -s --no-print-directory -C "/src/build/host/selftests/$dir" check || status=1
done
rm -rf "$REPO/build/host"
exit $status
