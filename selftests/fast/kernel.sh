#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh KIND: builds a kernel that runs as a program (User Mode Linux), once,
# into the cache, and prints the directory: the program "linux" is in it, and
# modules are built against it. KIND: plain, memory (KASAN, UBSAN, kmemleak, gcov)
# or locks (lockdep). Needs no root.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

kind=${1:-plain}
[ -f "$FAST_DIR/$kind.config" ] || lab_die "no kind $kind; there are: $(fast_kinds)"
configs=("$FAST_DIR/plain.config")
[ "$kind" = plain ] || configs+=("$FAST_DIR/$kind.config")

# Options that the kernel did not take as they are asked for.
refused() { # CONFIG
	local line name
	sed -n -E 's/^(CONFIG_[A-Z0-9_]+=.*|# CONFIG_[A-Z0-9_]+ is not set)$/\1/p' "${configs[@]}" |
		while read -r line; do
		name=${line#\# } name=${name%%[= ]*}
		# An option without a value is absent, or says that it is not set.
		if [[ $line == \#* ]]; then
			! grep -q "^$name=" "$1" || echo "$line"
		elif ! grep -q -x -F "$line" "$1"; then
			echo "$line"
		fi
	done
}

umake() { nice make -s ARCH=um O="$work" KBUILD_KCONFIG="$work/Kconfig" "$@"; }

# Every line ends the build if it fails: "set -e" is off behind "||".
build() {
	rm -rf "$work" && mkdir -p "$work" && cd "$source" || return
	cat Kconfig "$FAST_DIR/Kconfig" >"$work/Kconfig" || return
	umake x86_64_defconfig || return
	./scripts/kconfig/merge_config.sh -m -O "$work" "$work/.config" \
		"${configs[@]}" || return
	umake olddefconfig || return
	umake -j"$(nproc)" linux modules
}

fast_need
source=$(fast_source)
key=$({ cat "${configs[@]}" "$FAST_DIR/Kconfig" "$0"; echo "$source"; gcc --version; } |
	sha256sum | cut -c1-12)
dir=$CACHE/fast-$kind-$key
exec 9>"$CACHE/fast-$kind.lock"
flock -w 3600 9 || lab_die "another build of the $kind kernel does not end"
if [ ! -e "$dir/whole" ]; then
	work=$dir
	lab_say "building the $kind kernel; 5 to 20 minutes, once"
	build >"$dir.log" 2>&1 || lab_die "it does not build; the log is $dir.log"
	refused "$dir/.config" >"$dir.refused"
	[ ! -s "$dir.refused" ] || lab_die "the kernel has no: $(paste -sd' ' "$dir.refused")"
	touch "$dir/whole"
fi
printf '%s\n' "$dir"
