#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KIND [SOURCE OUT]: builds what runs on the kernel KIND, for the project
# or the tree SOURCE, into build/fast/KIND or OUT: OUT/modules, and the variants
# that the tests ask for, OUT/modules-NAME; without SOURCE also the programs, in
# build/fast/programs. FAST_VARIANTS names the variants, "" for none. Needs no root.
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
	rsync -rlpc "$1/drivers/modules.list" "$1/drivers/list.sh" "$2/drivers/"
	for name in $drivers; do
		rsync -rlpc --delete --exclude '*.o' --exclude '*.ko' --exclude '*.mod' \
			--exclude '*.mod.c' --exclude '.*.cmd' --exclude modules.order \
			"$1/drivers/$name" "$2/drivers/"
	done
}

# Each variant has objects of its own, since make does not know its flags.
modules() { # SOURCE OUT VARIANT
	local out=$2/modules${3:+-$3} work=$2/build${3:+-$3}
	mkdir -p "$out"
	copy_source "$1" "$work"
	# shellcheck disable=SC2046
	nice make -s -C "$kernel" ARCH=um M="$work" -j"${FAST_JOBS:-$(nproc)}" \
		$(args_of_kind) KCFLAGS="$(flags_of "$3")" modules >"$out.log" 2>&1 || {
		grep -E -m 10 'error|Error' "$out.log" >&2 || tail -n 10 "$out.log" >&2
		lab_die "the modules do not build; the log is $out.log"
	}
	rm -f "$out"/*.ko
	find "$work/drivers" -name '*.ko' -exec cp -t "$out" {} +
}

# A downstream's device with state of its own; devices that lack P2P or PRE_COPY
# (VFIO_MIGRATION_STOP_COPY is 1, P2P 2, PRE_COPY 4); one with 16 units in a page; one of
# a release to come.
variants="downstream no-p2p stop-copy large-page next"
flags_of() { # VARIANT
	case $1 in
	downstream) echo -DVGPU_DOWNSTREAM=1 ;;
	no-p2p) echo -DVGPU_FLAGS=5 ;;
	stop-copy) echo -DVGPU_FLAGS=1 ;;
	large-page) echo -DVGPU_UNIT_SHIFT=8 ;;
	next) echo -DVGPU_NEXT=1 ;;
	esac
}

all_modules() { # SOURCE OUT
	local variant
	modules "$1" "$2" ""
	for variant in ${FAST_VARIANTS-$variants}; do modules "$1" "$2" "$variant"; done
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

kind=${1:?usage: build.sh KIND [SOURCE OUT]}
kernel=$(fast_kernel "$kind")
mkdir -p "$FAST_BUILD"
if [ $# -gt 1 ]; then
	all_modules "$2" "$3"
	exit
fi
exec 9>"$FAST_BUILD/lock"
flock -w 900 9 || lab_die "another build does not end"
kernel_modules "$FAST_BUILD/$kind"
all_modules "$REPO" "$FAST_BUILD/$kind"
programs
