#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# linux-source.sh: fetches the source of the newest kernel of the tree from
# its distribution, once, unpacks it in the cache, with the lab's patches, and
# prints where.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

short=7.2

fetch() {
	local work=$1.new patch
	rm -rf "$work"
	mkdir -p "$work"
	lab_chroot sh -c "cd /cache/${work##*/} && apt-get update &&
		apt-get download -t trixie-backports linux-source-$short &&
		dpkg -x linux-source-$short*.deb deb &&
		tar -xf deb/usr/src/linux-source-$short.tar.xz --strip-components=1 &&
		rm -rf deb *.deb" >"$CACHE/linux-source.log" 2>&1 ||
		lab_die "no source; the log is in $CACHE/linux-source.log"
	for patch in "$LAB_DIR"/patches/*.patch; do
		(cd "$work" && GIT_CEILING_DIRECTORIES=$CACHE git apply "$patch") ||
			lab_die "$patch does not fit"
	done
	mv "$work" "$1"
}

"$LAB_DIR/image.sh"
dir=$CACHE/linux-source-$(lab_kver $short)-$(lab_key "$LAB_DIR"/patches/*)
exec 9>"$CACHE/linux-source.lock"
flock -w 1800 9 || lab_die "another fetch of the source does not end"
[ -d "$dir" ] || fetch "$dir"
printf '%s\n' "$dir"
