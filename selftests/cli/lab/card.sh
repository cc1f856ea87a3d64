# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Part of in-guest.sh, which has the variables: vfio-mig on an Intel 82574L.
# shellcheck disable=SC2154

# shellcheck source=selftests/e1000e/cards.sh
. "$here/../../e1000e/cards.sh"

recorded=$work/recorded again=$work/again
card=$(cards | head -n 1)

card_is_there() {
	lab_load vfio_pci && lab_load e1000e_vfio_pci && card_bind "$card"
}

card_is_listed() {
	expect 0 vfio-mig list && said "pci   ${card##*/}" && said intel-82574l
}

card_is_saved() {
	expect 0 vfio-mig save "$card" "$file" && expect 0 vfio-mig inspect "$file" --target "$card" &&
		said 'MTA            0 0 0 0' && said 'ICRXOC         0' && said 'target: yes'
}

# By a driver of today, what another build of it has saved; nothing of it is lost.
card_takes_the_recorded() {
	vector_bytes "$here/../../unit/vectors/82574l.hex" >"$recorded" &&
		expect 0 holdgpu "$card" -- sh -c \
			"vfio-mig load fd:9 $recorded --stay && vfio-mig save fd:9 $again" || return 1
	cmp "$recorded" "$again" && return
	vfio-mig inspect "$recorded" >"$out"
	vfio-mig inspect "$again" | diff "$out" -
	return 1
}

card_says_the_same() {
	local ours
	mkstream "$work/bad" 0 "token=$(cat "$card/version")" fill=TXCX:82:3 || return 1
	ours=$(vfio-mig inspect "$work/bad" | sed -n 's/^every target refuses it: //p')
	[ -n "$ours" ] && expect 1 vfio-mig load "$card" "$work/bad" && warned "$ours"
}

tap "a network card" card_is_there
tap "it is listed" card_is_listed
tap "its state is saved, and inspected" card_is_saved
tap "a recorded state goes in and comes out" card_takes_the_recorded
tap "a stream of a card is refused in the words of the driver" card_says_the_same
