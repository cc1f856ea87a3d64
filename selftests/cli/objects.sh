#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# objects.sh: devices and types in a made-up /sys, and tokens, by vfio-mig check
# and show. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/cli/common.sh
. ./common.sh

sys=$work/sys
uuid=11111111-0000-4000-8000-000000000001
pci=0000:00:05.0

token() { # MIB [NEWEST_MINOR]
	local minor=${2-1} range=1.0
	[ "$minor" = 0 ] || range=1.0-1.$minor
	echo "vmig1 type=bochs-vgpu stream=1.$minor accepts=$range emits=$range eq_vram_mib=$1 drv=test x_platform=2026.$((minor + 1))"
}

fill() { # DIR TOKEN
	mkdir -p "$1/migration"
	echo "$2" >"$1/version"
	echo 1.1 >"$1/migration/stream"
	echo '2026.1 2026.2' >"$1/migration/platforms"
}

make_tree() {
	local types=$sys/devices/gpus/mdev_supported_types mib
	mkdir -p "$sys"/{bus/pci/devices,bus/pci/drivers/vgpu,bus/mdev/devices,class/mdev_bus}
	for mib in 4 16 64; do
		fill "$types/vgpu-$mib" "$(token $mib)"
		echo 3 >"$types/vgpu-$mib/available_instances"
	done
	ln -s ../../devices/gpus "$sys/class/mdev_bus/gpus"
	fill "$sys/devices/gpus/$uuid" "$(token 16)"
	ln -s ../../../devices/gpus/$uuid "$sys/bus/mdev/devices/$uuid"
	ln -s ../../../bus/mdev "$sys/devices/gpus/$uuid/subsystem"
	fill "$sys/bus/pci/devices/$pci" "$(token 4 0)"
	mkdir "$sys/bus/pci/devices/$pci/vfio-dev"
	ln -s ../../drivers/vgpu "$sys/bus/pci/devices/$pci/driver"
	# Nothing is known of this one.
	mkdir -p "$sys/bus/pci/devices/0000:00:06.0/vfio-dev"
}

mig() { vfio-mig --sysfs "$sys" "$@"; }

host_is_surveyed() {
	expect 0 mig check "$(token 4)" &&
		said "type  vgpu-4                               yes" &&
		said "type  vgpu-16                              no: eq_vram_mib is 4 on the source, 16 on the target: they must be equal" &&
		said "mdev  $uuid no: eq_vram_mib" &&
		said "pci   $pci                         no: stream: the source sends 1.1, the target accepts 1.0" &&
		said "pci   0000:00:06.0                         no: it has no token"
}

survey_as_json() {
	expect 0 mig --json check "$(token 4)" && json 'length == 6' &&
		json '[.[] | select(.verdict.ok) | .name] == ["vgpu-4"]' &&
		json '.[] | select(.name == "vgpu-16") | .verdict.key == "eq_vram_mib" and .parent == "gpus"'
}

nobody_takes_it() {
	expect 1 mig check "$(token 5)" && warned 'nothing on this host'
}

negotiation_helps() {
	expect 1 mig check "$(token 4)" "$pci" && said 'no: stream' &&
		said 'the source could send 1.0' &&
		expect 0 mig check --negotiate "$(token 4)" "$pci" &&
		said 'yes, by stream 1.0' &&
		expect 0 mig --json check --negotiate "$(token 4)" 00:05.0 &&
		json '.ok and .stream == "1.0"'
}

no_more_can_be_made() {
	local file=$sys/devices/gpus/mdev_supported_types/vgpu-4/available_instances code=0
	echo 0 >"$file"
	expect 1 mig check "$(token 4)" vgpu-4 && said 'no more devices of this type' || code=1
	echo 3 >"$file"
	return "$code"
}

# Another host's tree is only looked at.
tree_is_left_alone() {
	local before
	before=$(find "$sys" -type f -exec sha256sum {} + | sort)
	expect 0 mig check "$(token 16)" &&
		expect 0 mig check "$(token 16 0)" "$uuid" && expect 0 mig show "$uuid" &&
		[ "$before" = "$(find "$sys" -type f -exec sha256sum {} + | sort)" ]
}

source_on_the_host() { expect 0 mig check "$uuid" vgpu-16 && said yes && expect 1 mig check "$uuid" vgpu-4; }
by_directory() { expect 0 mig check "$(token 16)" "$sys/bus/mdev/devices/$uuid" && said yes; }

two_files() {
	token 4 >"$work/a" && token 16 >"$work/b" && token 4 >"$work/in" || return 1
	expect 0 vfio-mig check "$work/a" "$work/a" && said yes &&
		expect 1 vfio-mig check "$work/a" "$work/b" && said 'they must be equal' &&
		expect 0 vfio-mig check - "$work/a" <"$work/in" &&
		expect 0 vfio-mig check "$work/a" - <"$work/in" &&
		expect 1 vfio-mig check "$(token 4)" "$(token 16)"
}

pair_as_json() {
	expect 1 vfio-mig --json check "$(token 4)" "$(token 16)" &&
		json '(.ok | not) and .key == "eq_vram_mib" and .source == "4" and .target == "16"' &&
		json '.code == -34 and .reason != "" and .asked == false' &&
		expect 0 vfio-mig --json check "$(token 4)" "$(token 4)" && json '.ok'
}

errno_of() { # NAME
	case $1 in
	0) echo 0 ;; EINVAL) echo -22 ;; ENODEV) echo -19 ;; EOPNOTSUPP) echo -95 ;;
	ERANGE) echo -34 ;; EPROTONOSUPPORT) echo -93 ;;
	esac
}

# Sources that are no tokens are a matter of usage.
vectors_agree() {
	local code minor source target want
	while IFS='|' read -r code minor source target; do
		[[ $code != '#'* ]] || continue
		printf '%s' "$source" >"$work/a"
		printf '%s' "$target" >"$work/b"
		vfio-mig --json check "$work/a" "$work/b" >"$out" 2>"$err"
		want=$?
		[ "$want" != 2 ] || [ "$code" != EINVAL ] || continue
		json ".code == $(errno_of "$code")" || { echo "$code|$source|$target"; return 1; }
		[ "$minor" = - ] || [ "${minor#\#}" != "$minor" ] ||
			{ vfio-mig --json check --negotiate "$work/a" "$work/b" >"$out" &&
				json ".stream == \"1.$minor\" or (.stream | not)"; } || return 1
	done < <(head -n 40 ../unit/vectors/tokens.txt)
}

no_token_at_all() {
	echo nonsense >"$work/a"
	expect 2 vfio-mig check "$work/a" && warned 'is no token' &&
		expect 3 vfio-mig check "$work/none" && warned 'no token, no device, no type and no file' &&
		expect 3 mig check "$(token 4)" 0000:00:06.0 && warned 'has no token' &&
		expect 1 vfio-mig check "$(token 4)" "$work/a" && said 'no:'
}

too_long() {
	head -c 5000 /dev/zero | tr '\0' a >"$work/a"
	expect 2 vfio-mig check "$work/a" && expect 1 vfio-mig check "$(token 4)" "$work/a" &&
		expect 2 vfio-mig check "vmig1 $(cat "$work/a")"
}

usage() {
	expect 2 vfio-mig check && expect 2 vfio-mig check a b c && expect 2 vfio-mig show &&
		expect 2 vfio-mig show a b && expect 2 vfio-mig check --what x &&
		expect 0 vfio-mig check --help && said 'Usage: vfio-mig check'
}

type_is_shown() {
	expect 0 mig show vgpu-16 && said 'kind                         type' &&
		said 'parent                       gpus' && said 'available_instances          3' &&
		said 'says.eq_vram_mib             16' &&
		said 'migration.platforms          2026.1 2026.2' && ! grep -q opened "$out"
}

device_is_shown() {
	expect 0 mig --json show "$pci" && json '.kind == "pci" and .driver == "vgpu"' &&
		json '.says.stream == "1.0" and .migration.stream == "1.1" and (.composed | not)'
}

unknown_is_shown() {
	expect 0 mig show 0000:00:06.0 && said 'nothing is known' &&
		expect 3 mig show nothing && warned 'there is no device or type nothing'
}

make_tree
tap "check of a whole host, with reasons" host_is_surveyed
tap "the same as JSON" survey_as_json
tap "a source that nobody takes" nobody_takes_it
tap "negotiation" negotiation_helps
tap "a type of which no more can be made" no_more_can_be_made
tap "a tree of another host is not written to" tree_is_left_alone
tap "a source that is a device" source_on_the_host
tap "a target by its directory" by_directory
tap "two files, standard input, two tokens" two_files
tap "a pair as JSON" pair_as_json
tap "the vectors" vectors_agree
tap "what is no token" no_token_at_all
tap "what is too long" too_long
tap "a type is shown" type_is_shown
tap "a device is shown, as JSON" device_is_shown
tap "what has no token is shown; what is not there is not" unknown_is_shown
tap "usage" usage
finish
