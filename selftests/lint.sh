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
	rm -rf "$REPO/build/lint"
	LAB_BUILD_NAME=lint "$LAB_DIR/build.sh" "$kver" "$@"
}

# The kernel packages leave out a script that newer makefiles call to try
# sparse; and a sparse of 0.6.4 knows neither __typeof_unqual__ nor the length
# of a constant string, and goes quiet after the error that is no error.
sparse() { # KVER
	local script=scripts/checker-valid.sh source headers
	headers=$(lab_tree)/usr/src/linux-headers-$(lab_kver "$1")
	headers=${headers%-*}-common
	if grep -q "$script" "$headers/Makefile" && [ ! -e "$headers/$script" ]; then
		source=$("$LAB_DIR/linux-source.sh") || return 1
		install -m 755 "$source/$script" "$headers/$script"
	fi
	modules "$1" C=2 "CF=-D__CHECK_ENDIAN__ -D__typeof_unqual__=__typeof__ \
		'-D__builtin_strlen(s)=(sizeof(s)-1)'"
}

tracked() { git -C "$REPO" ls-files -- "$@"; }

# The scripts come with the kernel's source, the tool's own word lists too.
checkpatch() {
	local dir files
	dir=$("$LAB_DIR/linux-source.sh") || return 1
	mapfile -t files < <(tracked 'drivers/*.[ch]' 'include/*.h' 'lib/*.[ch]' \
		'tools/*.[ch]' 'selftests/*.[ch]')
	[ ${#files[@]} -gt 0 ] || return 0
	(cd "$REPO" && lab_chroot sh -c 'cd /src && exec perl "$@"' sh \
		"/cache/${dir##*/}/scripts/checkpatch.pl" --strict --no-tree \
		--no-summary --terse --quiet --file \
		--ignore FILE_PATH_CHANGES,LINUX_VERSION_CODE "${files[@]}")
}

# $1: names of files, as a pattern; the rest are more options.
cppcheck_on() {
	local files
	mapfile -t files < <(tracked "$1")
	shift
	[ ${#files[@]} -gt 0 ] || return 0
	lab_chroot sh -c 'cd /src && exec cppcheck "$@"' sh --quiet \
		--enable=warning,portability --inline-suppr \
		--error-exitcode=1 --suppress=missingInclude \
		-Iinclude -Iinclude/uapi "$@" "${files[@]}"
}

scripts() {
	local files
	mapfile -t files < <(tracked '*.sh' .ci/run)
	(cd "$REPO" && shellcheck -x -P SCRIPTDIR "${files[@]}")
}

"$LAB_DIR/image.sh" || exit 1
for kver in $LAB_KERNELS; do
	clean "W=1 $kver" modules "$kver"
	clean "sparse $kver" sparse "$kver"
done
clean "checkpatch" checkpatch
clean "cppcheck kernel" cppcheck_on 'drivers/*.c' -D__KERNEL__ \
	--suppress=unknownMacro
clean "cppcheck user" cppcheck_on 'lib/*.c'
clean "cppcheck tools" cppcheck_on 'tools/*.c'
clean "cppcheck selftests" cppcheck_on 'selftests/*.c'
if command -v shellcheck >/dev/null; then
	clean "shellcheck" scripts
else
	number=$((number + 1))
	echo "ok $number - shellcheck # SKIP not installed"
fi
echo "1..$number"
[ "$failed" -eq 0 ]
