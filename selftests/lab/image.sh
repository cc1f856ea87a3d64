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

fill_tree() { # DIR
	rm -rf --one-file-system "$1"
	"$LAB_DIR/tree.sh" "$1" "$LAB_RESOLVED" >"$CACHE/tree.log" 2>&1
}

# The archive drops packages when newer ones come, so what it had this morning
# may be gone by now. The new answer takes the place of the old one, but for a
# file that the caller has fixed.
ask_again() {
	case $LAB_RESOLVED in
	"$CACHE"/resolved-*) LAB_RESOLVED='' "$LAB_DIR/roles.sh" --fresh >/dev/null ;;
	esac
}

make_tree() {
	local tree
	tree=$(lab_tree)
	! lab_whole "$tree" || return 0
	ask_again
	tree=$(lab_tree)
	! lab_whole "$tree" || return 0
	if ! LAB_WATCH=$tree.new lab_step "making the Debian tree, 2000 MB" 150 fill_tree "$tree.new"; then
		tail -n 30 "$CACHE/tree.log" >&2
		lab_die "no tree; the log is in $CACHE/tree.log"
	fi
	mkdir -p "$tree.new/src" "$tree.new/cache" "$tree.new/lab"
	mv "$tree.new" "$tree"
	lab_done "$tree"
}

# A sparse file. No journal: the lab writes to a snapshot that is thrown away.
fill_disk() { # FILE
	rm -f "$1"
	truncate -s 6G "$1"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -E lazy_itable_init=1 -d "$(lab_tree)" "$1"
}

make_disk() {
	local disk
	disk=$(lab_disk)
	! lab_whole "$disk" || return 0
	lab_step "making the disk image" 30 fill_disk "$disk.new"
	mv "$disk.new" "$disk"
	lab_done "$disk"
}

make_initrd() { # NAME [MODULES]
	local initrd
	initrd=$(lab_initrd "$1")
	! lab_whole "$initrd" || return 0
	lab_say "making the initramfs for $1"
	lab_chroot bash "/src/selftests/lab/initrd.sh" "$1" \
		"/cache/${initrd##*/}.new" ${2:+"$2"}
	mv "$initrd.new" "$initrd"
	lab_done "$initrd"
}

# One for each kernel of the tree, once, whatever roles it has.
make_initrds() {
	local role full
	for role in $LAB_BUILT; do
		[ -n "$(lab_role "$role")" ] || continue
		full=$(lab_kver "$role") || {
			[ ! -s "$(lab_tree)/lab-log" ] || lab_say "$(cat "$(lab_tree)/lab-log")"
			continue
		}
		make_initrd "$full"
	done
}

# What another state of the archive or of the project has left is kept for a
# week after its last use.
prune_cache() {
	local tree
	touch "$(lab_tree).whole" "$(lab_disk).whole"
	find "$CACHE" -maxdepth 1 \( -name 'tree-*.whole' -o -name 'disk-*.whole' \) -mtime +7 |
		while read -r tree; do
		rm -rf --one-file-system "${tree%.whole}" "$tree"
	done
}

[ "$(id -u)" = 0 ] || lab_die "needs root"
mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock -w 1800 9 || lab_die "another image.sh has held the cache for 30 minutes"
install_deps
lab_roles
make_tree
make_disk
make_initrds
prune_cache
deep=$(lab_own_kernel deep)
[ ! -s "$deep/bzImage" ] ||
	make_initrd "${deep##*/}" "/cache/${deep##*/}/modules"
