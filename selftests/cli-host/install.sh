#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh PROGRAM: help, manual page, completion and installation are of all
# commands. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

cli=$TOP/userspace/cli
page=$cli/vfio-mig.1
mkdir -p "$WORK/bin"
ln -s "$PROGRAM" "$WORK/bin/vfio-mig"
export PATH=$WORK/bin:$PATH

mapfile -t commands < <(vfio-mig --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
options_of() { vfio-mig "$1" --help | grep -oE -e '--[a-z][a-z-]*' | sort -u; }

# Prints each word of the list that is missing in the text.
all_in() { # TEXT WORD...
	local text=$1 word missing=0
	shift
	for word; do
		grep -qE -- "(^|[^a-z-])$word([^a-z-]|\$)" <<<"$text" ||
			{ echo "missing: $word"; missing=1; }
	done
	return "$missing"
}

all_commands_are_there() {
	local wanted=("$cli"/cmd_*.c)
	wanted=("${wanted[@]##*/cmd_}")
	all_in "${commands[*]}" "${wanted[@]%.c}"
}

each_has_usage() {
	local command
	for command in "${commands[@]}"; do
		vfio-mig "$command" --help | head -n 1 | grep -q "^Usage: vfio-mig $command" ||
			{ echo "$command"; return 1; }
	done
}

# The part of the page on a command, as it is read.
section() { # COMMAND
	man -l "$page" | col -bx | awk -v name="$1" '
		/^   [a-z]/ { on = $1 == name }
		on'
}

page_is_well_formed() {
	man --warnings -l "$page" 2>&1 >/dev/null | { ! grep .; }
}

page_has_commands() {
	local command
	for command in "${commands[@]}"; do
		[ "$(section "$command" | wc -l)" -ge 2 ] ||
			{ echo "missing: $command"; return 1; }
	done
}

page_has_options() {
	local command missing=0
	for command in "${commands[@]}"; do
		# Names of options are words.
		# shellcheck disable=SC2046
		all_in "$(section "$command")" $(options_of "$command") || missing=1
	done
	return "$missing"
}

page_has_exit_codes() {
	local text code codes
	text=$(man -l "$page" | col -bx | sed -n '/^EXIT STATUS/,/^EXAMPLES/p' | tr -s ' \n' ' ')
	mapfile -t codes < <(exit_codes)
	[ "${#codes[@]}" -ge 6 ] || return 1
	for code in "${codes[@]}"; do
		grep -qiF " ${code%%  *} ${code#*  }" <<<"$text" || { echo "missing: $code"; return 1; }
	done
}

# "CODE  TEXT", as the command has them.
exit_codes() { vfio-mig --help | sed -n '/^Exit codes:/,$s/^  //p'; }

# shellcheck disable=SC2016
codes_are_documented() {
	diff <(exit_codes) <(sed -n 's/^``\([0-9]\)`` */\1  /p' "$TOP/Documentation/cli.rst")
}

page_has_common_options() {
	# shellcheck disable=SC2046
	all_in "$(man -l "$page" | col -bx)" $(vfio-mig --help | grep -oE -e '^  --[a-z]+')
}

# What bash would offer for a line; the last word is what stands at the cursor.
complete_line() { # WORD...
	bash --norc -c '
		. "$1/vfio-mig.bash"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_vfio_mig "$1" "${!#}"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$cli" "$@"
}

completes_commands() {
	all_in "$(complete_line vfio-mig "")" "${commands[@]}"
}

completes_options() {
	local command missing=0
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2046
		all_in "$(complete_line vfio-mig "$command" --)" $(options_of "$command") \
			--json --quiet --sysfs || missing=1
	done
	return "$missing"
}

completes() { # WANTED WORD...
	local out
	out=$(complete_line "${@:2}")
	grep -qx -- "$1" <<<"$out" || { echo "$out"; return 1; }
}

completes_not() { # UNWANTED WORD...
	! complete_line "${@:2}" | grep -x -- "$1"
}

install_all() {
	make -s -C "$TOP" install PREFIX=/opt/x DESTDIR="$WORK/root" OUT="$WORK/built" \
		LIBOUT="$WORK/built"
}

installed() { # FILE
	[ -s "$WORK/root/opt/x/$1" ] || { find "$WORK/root" -type f; return 1; }
}

runs_where_it_is() {
	"$WORK/root/opt/x/bin/vfio-mig" --version | grep -q '^vfio-mig [0-9]'
}

tap "the help has all commands" all_commands_are_there
tap "each command has a usage" each_has_usage
tap "exit codes are documented" codes_are_documented
tap "completion: commands" completes_commands
tap "completion: options of each command" completes_options
tap "completion: what begins so" completes doctor vfio-mig 'do'
tap "completion: but nothing else" completes_not list vfio-mig 'do'
tap "completion: behind an option" completes doctor vfio-mig --json 'do'
tap "completion: behind an option with a value" completes doctor vfio-mig --sysfs /sys 'do'
tap "completion: words that stand for themselves" completes conf vfio-mig nova co
tree vendors
tap "completion: devices of another tree" completes 0000:65:00.2 \
	vfio-mig --sysfs "$WORK/vendors/sys" version ""
cd "$WORK" && touch fileforit
tap "completion: files" completes fileforit vfio-mig matrix 'fi'
tap "completion: no files where none are taken" completes_not fileforit vfio-mig platform 'fi'
if command -v man >/dev/null && command -v col >/dev/null; then
	tap "manual page: well-formed" page_is_well_formed
	tap "manual page: all commands" page_has_commands
	tap "manual page: their options" page_has_options
	tap "manual page: common options" page_has_common_options
	tap "manual page: exit codes" page_has_exit_codes
fi
tap "make install" install_all
tap "installed: the command" installed bin/vfio-mig
tap "installed: the manual page" installed share/man/man1/vfio-mig.1
tap "installed: completion" installed share/bash-completion/completions/vfio-mig
tap "installed: the library" installed lib/libvfiomig.so.0.1
tap "what is installed runs" runs_where_it_is
plan
