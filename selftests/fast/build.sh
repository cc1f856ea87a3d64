#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KIND [SOURCE OUT [MAKE_ARGS...]]: builds what runs on the kernel KIND,
# for the project or the tree SOURCE, into build/fast/KIND or OUT: modules in
# OUT/modules. Without SOURCE also the variant of a downstream, and the programs
# in build/fast/programs. Needs no root.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

# What needs PCI is not for this kernel.
drivers="vfio-mig vgpu"

# Only what came from the project is deleted, not what was built from it. A file
# that differs is new, whatever its date: an older one may come back (mutants.sh).
copy_source() { # SOURCE DIR
	local name
	mkdir -p "$2/drivers"
	rsync -rlpc --delete "$1/include" "$1/Kbuild" "$2/"
	for name in $drivers; do
		rsync -rlpc --delete --exclude '*.o' --exclude '*.ko' --exclude '*.mod' \
			--exclude '*.mod.c' --exclude '.*.cmd' --exclude modules.order \
			"$1/drivers/$name" "$2/drivers/"
	done
}

modules() { # SOURCE OUT MAKE_ARGS...
	local source=$1 out=$2 work=$2/build
	shift 2
	mkdir -p "$out/modules"
	copy_source "$source" "$work"
	# shellcheck disable=SC2046
	nice make -s -C "$kernel" ARCH=um M="$work" -j"${FAST_JOBS:-$(nproc)}" \
		$(args_of_kind) "$@" modules >"$out/log" 2>&1 || {
		grep -E -m 10 'error|Error' "$out/log" >&2 || tail -n 10 "$out/log" >&2
		lab_die "the modules do not build; the log is $out/log"
	}
	rm -f "$out"/modules/*.ko
	find "$work/drivers" -name '*.ko' -exec cp -t "$out/modules" {} +
}

# Lines are counted in our modules only.
args_of_kind() { [ "$kind" != memory ] || echo GCOV_PROFILE=y; }

programs() {
	local dir out=$FAST_BUILD/programs source
	source=$(fast_source)
	mkdir -p "$out"
	for dir in conformance vgpu compat deep fuzz/lab; do
		nice make -s -j"$(nproc)" -C "$REPO/selftests/$dir" OUT="$out" \
			KSFT="$source/tools/testing/selftests" >"$out.log" 2>&1 || {
			tail -n 20 "$out.log" >&2
			lab_die "selftests/$dir does not build; the log is $out.log"
		}
	done
	rsync -a "$source/tools/net/ynl/pyynl" "$out/"
}

# modprobe's directory: what the kernel itself has as modules.
kernel_modules() { # OUT
	[ "$1/kernel/whole" -nt "$kernel/whole" ] || {
		make -s -C "$kernel" ARCH=um INSTALL_MOD_PATH="$1/kernel" modules_install >/dev/null &&
			touch "$1/kernel/whole"
	}
}

kind=${1:?usage: build.sh KIND [SOURCE OUT [MAKE_ARGS...]]}
kernel=$(fast_kernel "$kind")
mkdir -p "$FAST_BUILD"
if [ $# -gt 1 ]; then
	source=$2 out=$3
	shift 3
	modules "$source" "$out" "$@"
	exit
fi
exec 9>"$FAST_BUILD/lock"
flock -w 900 9 || lab_die "another build does not end"
kernel_modules "$FAST_BUILD/$kind"
modules "$REPO" "$FAST_BUILD/$kind"
modules "$REPO" "$FAST_BUILD/$kind/downstream" KCFLAGS=-DVGPU_DOWNSTREAM=1
programs
