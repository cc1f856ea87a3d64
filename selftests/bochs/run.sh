#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--short] [OPTIONS...]: inside a lab machine, the driver of bochs-display
# with two cards: what the driver promises itself and, unless short, the
# conformance suite, which has the options. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"
# shellcheck source=selftests/lab/cards.sh
. "$here/../lab/cards.sh"
# shellcheck source=selftests/tap.sh
. "$here/../tap.sh"

alias_is_libvirts() {
	modinfo -F alias "$LAB_MODULES/bochs_vfio_pci.ko" |
		grep -q '^vfio_pci:v00001234d00001111sv\*sd\*bc\*sc\*i\*$'
}

token_says() { [[ " $(cat "$1/version") " == *" $2 "* ]]; }

accepts() { cat "$2/version" >"$1/version"; }

# The token with one of its words changed.
refuses() {
	local token
	token=$(sed "$2" "$1/version")
	! echo "$token" 2>/dev/null >"$1/version"
}

conformance() {
	local way
	for way in $(lab_ways); do
		echo "# by $way"
		"$here/../conformance/vfio-conformance" --programs /lab/programs \
			--open "$way" --destructive --device2 "${card[1]}" \
			"$@" "${card[0]}" || status=1
	done
}

short=''
[ "${1:-}" != --short ] || { short=1; shift; }
lab_load_kvm 2>/dev/null || echo "# no kvm"
lab_load_vfio && lab_load vfio_pci && lab_load bochs_vfio_pci || exit 1
mapfile -t card < <(lab_cards 0x1234 0x1111)
tap "two cards" [ ${#card[@]} -ge 2 ]
tap "alias and name are what libvirt looks for" alias_is_libvirts
for dir in "${card[@]:0:2}"; do
	tap "binds to ${dir##*/}" lab_card_bind "$dir" bochs_vfio_pci
	tap "its type" token_says "$dir" type=bochs-display
	tap "its VRAM" token_says "$dir" eq_vram_mib=16
done
tap "one accepts the other" accepts "${card[0]}" "${card[1]}"
for change in s/type=bochs-display/type=other/ s/eq_vram_mib=16/eq_vram_mib=32/ \
		's/eq_edid=\S*/eq_edid=00000000/'; do
	tap "and not after $change" refuses "${card[0]}" "$change"
done
echo "1..$number"
VFIO_MIG_DEVICE=${card[0]} VFIO_MIG_DEVICE2=${card[1]} /lab/programs/bochs-card ||
	status=1
[ -n "$short" ] || conformance "$@"
exit "$status"
