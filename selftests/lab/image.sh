#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# image.sh: makes, once, what the lab boots, and keeps it in the cache: the
# Debian tree, a disk image of it, and an initramfs for each kernel.
# Needs root. A second call finds everything there and returns at once.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

install_deps() {
	local pair missing=()
	for pair in mmdebstrap:mmdebstrap mke2fs:e2fsprogs rsync:rsync git:git \
		make:make flock:util-linux; do
		command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	lab_say "installing ${missing[*]}"
	DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends "${missing[@]}" >&2
}

make_tree() {
	local tree
	tree=$(lab_tree)
	[ ! -d "$tree" ] || return 0
	lab_say "making the Debian tree (a few minutes)"
	rm -rf --one-file-system "$tree.new"
	if ! "$LAB_DIR/tree.sh" "$tree.new" >"$CACHE/tree.log" 2>&1; then
		tail -n 30 "$CACHE/tree.log" >&2
		lab_die "no tree; the log is in $CACHE/tree.log"
	fi
	mkdir -p "$tree.new/src" "$tree.new/cache" "$tree.new/lab"
	mv "$tree.new" "$tree"
}

# A sparse file. No journal: the lab writes to a snapshot that is thrown away.
make_disk() {
	local disk
	disk=$(lab_disk)
	[ ! -f "$disk" ] || return 0
	lab_say "making the disk image"
	rm -f "$disk.new"
	truncate -s 6G "$disk.new"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -E lazy_itable_init=1 \
		-d "$(lab_tree)" "$disk.new"
	mv "$disk.new" "$disk"
}

make_initrd() { # NAME [MODULES]
	local initrd
	initrd=$(lab_initrd "$1")
	[ ! -f "$initrd" ] || return 0
	lab_say "making the initramfs for $1"
	lab_chroot bash "/src/selftests/lab/initrd.sh" "$1" \
		"/cache/${initrd##*/}.new" ${2:+"$2"}
	mv "$initrd.new" "$initrd"
}

[ "$(id -u)" = 0 ] || lab_die "needs root"
mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock -w 1800 9 || lab_die "another image.sh has held the cache for 30 minutes"
install_deps
make_tree
make_disk
for short in $LAB_KERNELS; do
	make_initrd "$(lab_kver "$short")"
done
deep=$(lab_own_kernel deep)
[ ! -s "$deep/bzImage" ] ||
	make_initrd "${deep##*/}" "/cache/${deep##*/}/modules"
