#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--build]: "make upstream" writes series that apply, and that the checkers of
# the kernel have nothing to say about. With --build each patch is built as well, with
# W=1 and sparse, and at the end with other options. TAP. Needs the lab's tree.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/common.sh
. "$here/../lab/common.sh"
# shellcheck source=selftests/tap.sh
. "$REPO/selftests/tap.sh"

work=$REPO/build/upstream-test
linux=$work/linux
in_tree=/src${linux#"$REPO"}
outside=/src/build/upstream-out
checks=(ARCH=x86_64 W=1 C=1 "$LAB_SPARSE")

writes() {
	UPSTREAM_FROM='Test Author <author@example.org>' "$REPO/upstream/make.sh" "$work/patches"
}

copies() {
	rm -rf "$linux"
	cp -r "$("$LAB_DIR/linux-source.sh" newest)" "$linux"
}

applies() { (cd "$linux" && GIT_CEILING_DIRECTORIES=$work git apply --whitespace=error "$1"); } # PATCH

# So that neither series stands on the other.
takes_back() { # SERIES
	local patches
	mapfile -t patches < <(find "$work/patches/$1" -name '00*.patch' ! -name '0000-*' | sort -r)
	(cd "$linux" && GIT_CEILING_DIRECTORIES=$work git apply -R "${patches[@]}")
}

# Files that a patch adds or changes.
files_of() { sed -n 's|^+++ b/||p' "$1"; } # PATCH

# What it may say of a patch stands in a table, with the reason.
ignored() { # SERIES/NN-NAME
	while read -r patches type _; do
		# shellcheck disable=SC2053
		[[ $1 != $patches ]] || echo "$type"
	done < <(grep -v '^#' "$REPO/upstream/ignored") | paste -sd,
}

checkpatch() { # PATCH SERIES/NN-NAME
	local ignored said
	ignored=$(ignored "$2")
	said=$(lab_chroot sh -c 'cd "$1" && GIT_DIR=/none exec perl scripts/checkpatch.pl --strict \
		--no-summary --terse --quiet --ignore "$2" "$3"' sh "$in_tree" "$ignored" \
		"/src${1#"$REPO"}" 2>&1) && [ -z "$said" ] && return
	printf '%s\n' "$said"
	return 1
}

kernel_doc() { # PATCH
	local files
	mapfile -t files < <(files_of "$1" | grep -E '\.[ch]$')
	[ ${#files[@]} -gt 0 ] || return 0
	lab_chroot sh -c 'cd "$1" && shift && exec python3 scripts/kernel-doc -none -Wall -Werror "$@"' \
		sh "$in_tree" "${files[@]}"
}

# What only other kernels and user space need.
leftovers='VMIG_HAVE_(?!DIRTY_LOG)|vmig_compat|_compat\.h|LINUX_VERSION_CODE|__KERNEL__|vmig/user\.h|KCOV'
is_clean() { ! grep -n -P "^\+.*($leftovers)" "$1"; } # PATCH

# Names of files in what a patch adds, of which none is there.
names_files() { # SERIES
	local name lost=0
	while read -r name; do
		[ -e "$linux/$name" ] || [ -e "$linux/${name%.}" ] || {
			echo "there is no $name"
			lost=1
		}
	done < <(sed -n 's/^+//p' "$work/patches/$1"/00*[!r].patch | grep -v '^++' |
		grep -oP '(?<![\w/.$-])(Documentation|drivers|include|samples|selftests|tools|userspace)/[\w./-]*\w' |
		sort -u)
	return "$lost"
}

# Everything that the suite's series has is about linux/vfio.h.
knows_us() { grep -n -E '^\+.*(debugfs|vfio_mig|vmig)' "$work"/patches/vfio-suite/00*[!r].patch; }

make_in() { # ARGS...
	lab_chroot make -s -C "$in_tree" "O=$outside" -j2 "$@"
}

configures() { # ARCH [OPTION=VALUE...]
	local config=$REPO${outside#/src}.config
	cat "$REPO/upstream/kernel.config" - >"$config" < <([ $# -lt 2 ] || printf '%s\n' "${@:2}")
	mkdir -p "${config%.config}"
	make_in "ARCH=$1" KCONFIG_ALLCONFIG="/src${config#"$REPO"}" allnoconfig
}

quiet() { # CMD... with neither status nor words
	local said
	said=$("$@" 2>&1) && [ -z "$said" ] && return
	printf '%s\n' "$said"
	return 1
}

# What the kernel's own files have to say is said here.
builds_as_it_is() {
	rm -rf "${REPO:?}/${outside#/src/}"
	configures x86_64 && make_in "${checks[@]}" all && make_in ARCH=x86_64 headers
}

# Objects that a patch adds; those that no module has yet are built one by one.
builds() { # PATCH
	local object objects missing=() out=$REPO/${outside#/src/}
	mapfile -t objects < <(files_of "$1" | sed -n 's/\.c$/.o/p')
	configures x86_64 && quiet make_in "${checks[@]}" modules || return
	for object in ${objects[@]+"${objects[@]}"}; do
		[ -s "$out/$object" ] || missing+=("$object")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	quiet make_in "${checks[@]}" CONFIG_VFIO_MIG=m CONFIG_VFIO_MIG_PCI=m "${missing[@]}" || return
	for object in "${missing[@]}"; do
		[ -s "$out/$object" ] || { echo "no $object"; return 1; }
	done
}

# All of it, with other options: objects only.
builds_with() { # ARCH OPTION=VALUE...
	local outside=$outside-other
	rm -rf "${REPO:?}/${outside#/src/}"
	configures "$@" && make_in "ARCH=$1" prepare &&
		make_in "ARCH=$1" W=1 drivers/vfio/ samples/vfio-mdev/ &&
		[ -s "$REPO/${outside#/src/}/drivers/vfio/pci/e1000e/trap.o" ] &&
		[ -s "$REPO/${outside#/src/}/samples/vfio-mdev/vgpu/main.o" ]
}

# The pages as a kernel's Sphinx makes them, without a word of complaint.
pages() {
	local pages=driver-api/vfio-mig out=$REPO/build/upstream-pages
	rm -rf "$out" && mkdir -p "$out"
	make -s -C "$linux" O="$out" SPHINXDIRS="$pages" SPHINXOPTS='-q -W --keep-going' htmldocs &&
		[ -s "$out/Documentation/output/$pages/writing-a-driver.html" ]
}

suite_builds() {
	lab_chroot make -s -C "$in_tree/tools/testing/selftests" "O=$outside" TARGETS=vfio/migration
}

built_in() { sed -n 's/=m$/=y/p' "$REPO/upstream/kernel.config"; }

other_options() {
	mapfile -t yes < <(built_in | grep -v IOMMUFD)
	tap "vfio-mig: builds without iommufd, debugfs and tracing, not as modules" builds_with x86_64 \
		"${yes[@]}" CONFIG_IOMMUFD=n CONFIG_VFIO_DEVICE_CDEV=n CONFIG_DEBUG_FS=n \
		CONFIG_FTRACE=n CONFIG_MODULES=n
	tap "vfio-mig: builds where a long has 32 bits" builds_with i386 CONFIG_64BIT=n
}

one_series() { # SERIES
	local patch text n
	for text in "$REPO/upstream/$1"/[0-9]*.txt; do
		n=${text##*/} n=00${n%%-*}
		patch=$(echo "$work/patches/$1/$n"-*.patch)
		name="$1 ${n#00}, $(sed -n '1p' "$text")"
		tap "applies: $name" applies "$patch"
		tap "checkpatch: $name" checkpatch "$patch" "${text#"$REPO/upstream/"}"
		tap "kernel-doc: $name" kernel_doc "$patch"
		tap "nothing of others: $name" is_clean "$patch"
		[ -z "$build" ] || tap "builds: $name" "$2" "$patch"
	done
	tap "$1: each file that is named is there" names_files "$1"
}

build=''
[ "${1:-}" != --build ] || build=1
"$LAB_DIR/image.sh" || exit 1
mkdir -p "$work"
tap "the series are written" writes
[ "$status" = 0 ] || { echo "1..$number"; exit 1; }
tap "the kernel is copied" copies
[ -z "$build" ] || tap "the kernel builds as it is" builds_as_it_is
one_series vfio-suite suite_builds
tap "the suite is taken back" takes_back vfio-suite
one_series vfio-mig builds
tap "vfio-mig: the pages are built" pages
[ -z "$build" ] || other_options
tap "the suite knows nothing of the project" eval '! knows_us'
echo "1..$number"
exit "$status"
