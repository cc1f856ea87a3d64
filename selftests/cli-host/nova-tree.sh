#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nova-tree.sh: makes, once, a tree with Nova in the cache, of the lab's release
# and from its mirror, and prints its path. Needs root.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/../lab/common.sh"

tree=$CACHE/nova-$(lab_key "$LAB_DIR/tree.sh" "$0")
if [ ! -d "$tree" ]; then
	"$LAB_DIR/image.sh"
	exec 9>"$CACHE/nova.lock"
	flock -w 1800 9 || lab_die "another nova-tree.sh does not end"
fi
if [ ! -d "$tree" ]; then
	lab_say "making a tree with Nova (a few minutes)"
	rm -rf --one-file-system "$tree.new"
	# The daemons that Nova recommends are not needed, its Python code is.
	mmdebstrap --variant=apt --mode=root \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--include=python3-nova trixie "$tree.new" - \
		<"$(lab_tree)/etc/apt/sources.list" >"$CACHE/nova.log" 2>&1 ||
		lab_die "no tree; the log is in $CACHE/nova.log"
	mv "$tree.new" "$tree"
fi
printf '%s\n' "$tree"
