#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint.sh: the static checks, one TAP line for each tool and kernel. A tool
# that prints anything about our code has failed.
set -uo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/lab/common.sh"

number=0
failed=0

# Runs CMD; its output makes the test fail, as its status does.
clean() { # NAME CMD...
	local name=$1 log status=0 start=$SECONDS
	shift
	number=$((number + 1))
	log=$("$@" 2>&1) || status=$?
	if [ $status -eq 0 ] && [ -z "$log" ]; then
		echo "ok $number - $name"
	else
		failed=$((failed + 1))
		echo "not ok $number - $name"
		printf '%s\n' "$log" | sed 's/^/# /'
	fi
	echo "# $name: $((SECONDS - start)) s"
}

# All objects again, with the compiler's W=1 or sparse (C=2). Built apart
# from build/KVER, which may be in use.
modules() { # KVER MAKE_ARGS...
	local kver=$1
	shift
	rm -rf "${work:?}"
	LAB_BUILD_NAME=${work##*/} "$LAB_DIR/build.sh" "$kver" "$@"
}

checker() { # KVER
	local headers
	headers=$(lab_tree)/usr/src/linux-headers-$(lab_kver "$1") || return 1
	lab_checker "$1" "${headers%-*}-common"
}

sparse() { # KVER
	modules "$1" C=2 "$LAB_SPARSE"
}

tracked() { git -C "$REPO" ls-files -- "$@"; }

# The script comes with the kernel's source, and prefers what older kernels do not
# have. It asks git, which the tree does
# not have, for the headers whose names are known unless there is no repository.
checkpatch_on() { # IGNORED_TYPES FILES...
	local dir ignored=FILE_PATH_CHANGES,LINUX_VERSION_CODE,ALLOC_WITH_SIZEOF,$1
	shift
	[ $# -gt 0 ] || return 0
	dir=$("$LAB_DIR/linux-source.sh" deep) || return 1
	lab_chroot sh -c 'cd /src && GIT_DIR=/none exec perl "$@"' sh \
		"/cache/${dir##*/}/scripts/checkpatch.pl" --strict --no-tree --root=. \
		--no-summary --terse --quiet --ignore "$ignored" --file "$@"
}

# Directories of drivers of cards, which have tables of registers.
cards() { "$REPO/drivers/list.sh" lines | awk '$4 != "-" { print $1 }'; }

is_user() { case $1 in include/vmig/user.h) true ;; drivers/* | include/*) false ;; esac }

# Headers of trace events have a layout of their own, headers for many kernels
# compare versions, user space has its own types, calls libraries by their names
# and maps registers, and cites sentences. Macros that describe a
# structure's members take sizes and offsets of the same argument. A binary
# attribute that belongs to one object is not constant. A table of registers or commands is a
# list of macro calls, of which each user wants some arguments.
checkpatch() {
	local file cards user=() lists=() trace=() compat=() tables=() other=() status=0
	local of_table=MACRO_ARG_REUSE,COMPLEX_MACRO,MACRO_ARG_UNUSED,TRAILING_SEMICOLON
	local of_user=MACRO_ARG_REUSE,PREFER_KERNEL_TYPES,CAMELCASE,VOLATILE,LONG_LINE_STRING,STRCPY,PREFER_DEFINED_ATTRIBUTE_MACRO,COMPLEX_MACRO,CONSTANT_COMPARISON
	cards=$(cards | paste -sd'|')
	while read -r file; do
		[[ ! $file =~ ^drivers/($cards)/ ]] || { tables+=("$file") && continue; }
		case $file in
		*/trace.h) trace+=("$file") ;;
		selftests/strict/shim.h) ;; # what the kernel's own headers have
		include/compat/*) compat+=("$file") ;;
		include/vmig/pci_config.h | include/vmig/memory.h) tables+=("$file") ;;
		userspace/cli/commands.h | userspace/cli/cli.h | userspace/cli/main.c) lists+=("$file") ;;
		*) if is_user "$file"; then user+=("$file"); else other+=("$file"); fi ;;
		esac
	done < <(tracked '*.[ch]')
	checkpatch_on MACRO_ARG_REUSE,CONST_STRUCT ${other[@]+"${other[@]}"} || status=1
	checkpatch_on "$of_table" ${tables[@]+"${tables[@]}"} || status=1
	checkpatch_on "$of_user" ${user[@]+"${user[@]}"} || status=1
	checkpatch_on "$of_table,$of_user" ${lists[@]+"${lists[@]}"} || status=1
	checkpatch_on OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT \
		${trace[@]+"${trace[@]}"} || status=1
	checkpatch_on CONSTANT_COMPARISON,MACRO_ARG_REUSE,CONST_STRUCT \
		${compat[@]+"${compat[@]}"} || status=1
	return $status
}

# $1: names of files, as a pattern; the rest are more options.
cppcheck_on() {
	local files
	mapfile -t files < <(tracked "$1")
	shift
	[ ${#files[@]} -gt 0 ] || return 0
	lab_chroot sh -c 'cd /src && exec cppcheck "$@"' sh --quiet \
		--enable=warning,portability --inline-suppr \
		--check-level=exhaustive --error-exitcode=1 \
		--suppress=missingInclude \
		--suppress=arithOperationsOnVoidPointer \
		-Iinclude -Iinclude/uapi "$@" "${files[@]}"
}

scripts() {
	local files
	mapfile -t files < <(tracked '*.sh' .ci/run .ci/nightly \
		selftests/conformance/vfio-conformance)
	(cd "$REPO" && shellcheck -x -P SCRIPTDIR "${files[@]}")
}

# The specification keeps to the kernel's schema for such.
netlink_spec() {
	local dir
	dir=$("$LAB_DIR/linux-source.sh" deep) || return 1
	dir=/cache/${dir##*/}
	lab_chroot python3 "$dir/tools/net/ynl/pyynl/cli.py" --validate \
		--spec /src/Documentation/netlink/specs/vfio_mig.yaml \
		--schema "$dir/Documentation/netlink/genetlink-legacy.yaml"
}

citations() {
	local dir
	dir=$("$LAB_DIR/linux-source.sh" deep) || return 1
	"$REPO/selftests/conformance/citations.sh" \
		"$dir/include/uapi/linux/vfio.h"
}

work=$REPO/build/lint-$$
trap 'rm -rf "${work:?}" "$work.lock"' EXIT
"$LAB_DIR/image.sh" || exit 1
lab_roles
# What a tool says is its finding, so that nothing is fetched while it runs.
"$LAB_DIR/linux-source.sh" deep >/dev/null || exit 1
for kver in $LAB_BUILT; do
	[ -z "$(lab_role "$kver")" ] || checker "$kver" || exit 1
done
for kver in $LAB_BUILT; do
	[ -n "$(lab_role "$kver")" ] || continue
	clean "W=1 $kver" modules "$kver"
	clean "sparse $kver" sparse "$kver"
done
clean "checkpatch" checkpatch
clean "cppcheck kernel" cppcheck_on 'drivers/*.c' -D__KERNEL__ \
	'-D__counted_by(x)=' \
	--suppress=unknownMacro
clean "cppcheck user" cppcheck_on 'userspace/*.c' \
	--library=/src/selftests/cppcheck.cfg
mapfile -t includes < <(cards | sed 's,^,-Idrivers/,')
clean "cppcheck selftests" cppcheck_on 'selftests/*.c' "${includes[@]}" \
	--library=/src/selftests/cppcheck.cfg
clean "netlink specification" netlink_spec
clean "citations of the uAPI" citations
if command -v shellcheck >/dev/null; then
	clean "shellcheck" scripts
else
	number=$((number + 1))
	echo "ok $number - shellcheck # SKIP not installed"
fi
echo "1..$number"
[ "$failed" -eq 0 ]
