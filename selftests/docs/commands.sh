#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# commands.sh: each command in the documents is tested: commands.list says where, and
# what it says "here" of is run here, as it stands on the page. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP" || exit 1

mapfile -t pages < <(git ls-files README.md CONTRIBUTING.md SECURITY.md 'Documentation/*.rst')
"$HERE/commands.py" "${pages[@]}" >"$WORK/commands"
grep -v '^#' "$HERE/commands.list" >"$WORK/list"

each_is_listed() {
	cut -f1 "$WORK/list" >"$WORK/expressions"
	cut -f2- "$WORK/commands" | grep -vxE -f "$WORK/expressions"
}

none_is_for_nothing() {
	local expression
	while IFS=$'\t' read -r expression _; do
		cut -f2- "$WORK/commands" | grep -qxE -- "$expression" || echo "$expression"
	done <"$WORK/list"
}

evidence_is_there() {
	local expression evidence
	while IFS=$'\t' read -r expression evidence; do
		case $evidence in
		here | target) ;;
		*) grep -qF -- "${evidence#*: }" "${evidence%%: *}" || echo "$evidence" ;;
		esac
	done <"$WORK/list"
}

# Targets that are there; what they do is not done.
targets_are_there() {
	local command
	grep -oE 'make [a-z-]+( KVER=newest)?$' "$WORK/commands" | sort -u >"$WORK/targets"
	[ "$(wc -l <"$WORK/targets")" -ge 8 ] || echo "too few"
	while read -r _ command _; do
		make -n "$command" >/dev/null 2>"$WORK/err" || cat "$WORK/err"
	done <"$WORK/targets"
}

# The commands of a page that begin so, one a line.
of_page() { # PAGE EXPRESSION
	grep "^Documentation/$1"$'\t' "$WORK/commands" | cut -f2- | grep -E "$2"
}

# pkg-config finds what was installed as if it were there.
library_as_on_the_page() {
	local pc=$WORK/root/usr/local/lib/pkgconfig
	of_page vmm.rst '^make ' >"$WORK/make.sh"
	of_page vmm.rst '^cc ' >"$WORK/cc.sh"
	[ "$(cat "$WORK/make.sh" "$WORK/cc.sh" | wc -l)" = 3 ] || return 1
	OUT=$WORK/lib DESTDIR=$WORK/root bash -e "$WORK/make.sh" || return 1
	sed -i "s|/usr/local|$WORK/root/usr/local|" "$pc/libvfiomig.pc"
	cd "$WORK" || return 1
	printf '#include <vfiomig.h>\nint main(void) { return !vfiomig_version(); }\n' >program.c
	PKG_CONFIG_PATH=$pc bash -e cc.sh && LD_LIBRARY_PATH=$WORK/root/usr/local/lib ./a.out
}

library_in_a_shell() { (library_as_on_the_page); }

# A made-up host with an mdev that has a token and a platform to set.
command_on_a_host() {
	local device=22222222-0000-4000-8000-00000000000a
	make -s -C userspace/cli OUT="$TOP/build/docs/cli" LIBOUT="$TOP/build/docs/cli/lib" || return 1
	mkdir -p "$WORK/mdevs" "$WORK/bin"
	ROOT=$WORK/mdevs bash -eu selftests/cli-host/trees/mdevs.sh || return 1
	printf '#!/bin/sh\nexec "%s" --sysfs "%s" "$@"\n' "$TOP/build/docs/cli/vfio-mig" "$WORK/mdevs/sys" \
		>"$WORK/bin/vfio-mig"
	chmod +x "$WORK/bin/vfio-mig"
	of_page operator.rst '^(token=|vfio-mig (check|platform))' | sed "s/DEVICE/$device/" >"$WORK/host.sh"
	[ "$(wc -l <"$WORK/host.sh")" = 3 ] && PATH=$WORK/bin:$PATH bash -e "$WORK/host.sh"
}

# It may find something, and says so by 1.
doctor_on_a_host() {
	local status=0
	of_page operator.rst '^vfio-mig doctor$' >"$WORK/doctor.sh"
	PATH=$WORK/bin:$PATH bash "$WORK/doctor.sh" || status=$?
	[ -s "$WORK/doctor.sh" ] && [ "$status" -le 1 ]
}

tap "each command is in commands.list" quiet each_is_listed
tap "commands.list has no others" quiet none_is_for_nothing
tap "what tests them is there" quiet evidence_is_there
tap "targets of make" quiet targets_are_there
tap "vmm.rst: the library is built, installed and used" library_in_a_shell
tap "operator.rst: token, check and platform" command_on_a_host
tap "operator.rst: the doctor" doctor_on_a_host
plan
