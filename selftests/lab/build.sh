#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KVER [MAKE_ARGS...]: builds the modules for a kernel of the tree (a
# role, a version or its beginning) or for deep,
# in build/KVER; they end up in build/KVER/out. Warnings (W=1) go to stderr
# and are kept in build/KVER/log.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

[ $# -ge 1 ] || lab_die "usage: build.sh KVER [MAKE_ARGS...]"
short=$1
shift
if [ "$short" = deep ]; then "$LAB_DIR/kernel.sh" deep >/dev/null; fi
"$LAB_DIR/image.sh"
lab_roles
mapfile -t kernel < <(lab_kernel "$short")
[ ${#kernel[@]} = 3 ] || lab_die "no kernel $short"
dest=$REPO/build/${LAB_BUILD_NAME:-$short}
mkdir -p "$dest/out"
exec 9>"$dest.lock"
flock -w 900 9 || lab_die "another build of $short does not end"

# Only what came from the project is deleted, not what was built from it.
sources=("$REPO/Kbuild")
for name in drivers include; do
	[ ! -d "$REPO/$name" ] || sources+=("$REPO/$name")
done
rsync -a --delete --exclude '*.o' --exclude '*.ko' --exclude '*.mod' \
	--exclude '*.mod.c' --exclude '.*.cmd' --exclude modules.order \
	"${sources[@]}" "$dest/"
status=0
lab_chroot make -s -j"$(nproc)" -C "${kernel[1]}" \
	"M=/src/build/${dest##*/}" W=1 "$@" modules >"$dest/log" 2>&1 || status=$?
# The kernel package has no vmlinux: no BTF, and no harm done.
grep -v -e 'Skipping BTF generation' "$dest/log" >&2 || :
[ $status -eq 0 ] || lab_die "the modules do not build for $short"
rm -f "$dest"/out/*.ko
# One line a module: its object, in some kernels with the whole path.
while read -r object; do
	object=${object#"/src/build/${dest##*/}/"}
	cp "$dest/${object%.*}.ko" "$dest/out/"
done <"$dest/modules.order"
