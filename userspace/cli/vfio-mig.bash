# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Completion of vfio-mig for bash. Commands and options are those that the
# command itself names in its help, devices those that it lists.

# The subcommands of the help: "  NAME  what it does".
_vfio_mig_commands() {
	"$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# The usage of a subcommand: its arguments, and options below.
_vfio_mig_usage() {
	"$1" "$2" --help 2>/dev/null | sed '1s/^Usage: vfio-mig [a-z-]* *//'
}

# PCI addresses, UUIDs and names of types, of the tree that is looked at.
_vfio_mig_devices() {
	local i tree=/sys
	for ((i = 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" != --sysfs ] || tree=${COMP_WORDS[i + 1]}
	done
	"$1" --sysfs "$tree" list 2>/dev/null | awk 'NR > 1 { print $2 }' | sort -u
}

# "[provider|conf]": words in lower case that stand for themselves.
_vfio_mig_choices() {
	head -n 1 <<<"$1" | tr ' []|' '\n' | grep -x '[a-z][a-z]*'
}

# The subcommand among the words before the cursor.
_vfio_mig_subcommand() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--sysfs) i=$((i + 1)) ;;
		-*) ;;
		*) echo "${COMP_WORDS[i]}" && return ;;
		esac
	done
}

_vfio_mig_reply() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Addresses have colons, at which readline splits words.
_vfio_mig_colons() {
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$1"
	fi
}

_vfio_mig() {
	local program=$1 current=${COMP_WORDS[COMP_CWORD]} command usage cur
	local common="--json --quiet --sysfs --help --version"

	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : cur
		current=$cur
	fi
	if [ "${COMP_WORDS[COMP_CWORD - 1]}" = --sysfs ]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
	fi
	command=$(_vfio_mig_subcommand)
	if [ -z "$command" ]; then
		_vfio_mig_reply "$(_vfio_mig_commands "$program") $common" "$current"
		return
	fi
	usage=$(_vfio_mig_usage "$program" "$command")
	if [[ $current == -* ]]; then
		_vfio_mig_reply "$(grep -o -e '--[a-z][a-z-]*' <<<"$usage") $common" \
			"$current"
		return
	fi
	_vfio_mig_reply "$(_vfio_mig_choices "$usage") $(_vfio_mig_devices "$program")" \
		"$current"
	_vfio_mig_colons "$current"
	if [[ $usage == *FILE* ]]; then
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -F _vfio_mig vfio-mig
