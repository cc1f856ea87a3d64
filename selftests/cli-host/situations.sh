#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# situations.sh PROGRAM: what operators have met, on made-up hosts: is it named,
# and is the advice for that device? TAP.
# Tests are called by tap.
# shellcheck disable=SC2317,SC2016,SC1010,SC2086
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

host() { # TREE SITUATION...
	mkdir -p "$WORK/$1"
	ROOT=$WORK/$1 SITUATION="${*:2}" bash -eu "$HERE/trees/situations.sh"
}

doctor() { # TREE ARGUMENTS...
	asked_any on "$1" --json doctor "${@:2}" >"$WORK/doctor.json"
}

finds() { # TREE "SEVERITY ID DEVICE"
	doctor "$1"
	jq -r '.findings[] | "\(.severity) \(.id) \(.device // "-")"' "$WORK/doctor.json" >"$WORK/found"
	grep -qxF -- "$2" "$WORK/found" || { cat "$WORK/found"; return 1; }
}

finds_not() { # TREE ID
	doctor "$1"
	! jq -r '.findings[].id' "$WORK/doctor.json" | grep -x -- "$2"
}

# Is that in what is to be done, or was seen, in each finding of that id?
says() { # TREE ID KEY EXPRESSION
	doctor "$1"
	jq -e --arg id "$2" --arg key "$3" --arg re "$4" '[.findings[] | select(.id == $id)[$key]] |
		length > 0 and all(.[]; test($re))' "$WORK/doctor.json" >/dev/null && return
	jq --arg id "$2" '.findings[] | select(.id == $id)' "$WORK/doctor.json"
	return 1
}
says_not() { ! says "$@"; }

once() { # TREE ID
	doctor "$1"
	[ "$(jq --arg id "$2" '[.findings[] | select(.id == $id)] | length' "$WORK/doctor.json")" = 1 ]
}

# --- nothing that is on VFIO -------------------------------------------------

host unbound unbound
tap "VFs on the host's driver: each is looked at" bash -c '"$0" --sysfs "$1" --json doctor |
	jq -e ".devices == 2 and (.ok | not)"' "$PROGRAM" "$WORK/unbound/sys"
tap "and found" finds unbound "error not-a-vfio-driver 0000:41:00.3"
tap "with the command for that device" says unbound not-a-vfio-driver do \
	'driverctl set-override 0000:41:00.[23] mlx5_vfio_pci'
tap "exit code 1" exits 1 on unbound doctor
tap "their PF is left alone" finds_not unbound pf-keeps-driver
tap "asked for, it is told why" bash -c '"$0" --sysfs "$1" doctor 41:00.0 | grep "^note pf-keeps-driver"' \
	"$PROGRAM" "$WORK/unbound/sys"
tap "list says that there are more" bash -c '"$0" --sysfs "$1" list 2>&1 | grep "^2 more could migrate"' \
	"$PROGRAM" "$WORK/unbound/sys"

host no_vfs no_vfs
tap "a PF without VFs is looked at" finds no_vfs "warning no-vfs 0000:41:00.0"
tap "and keeps its driver" finds no_vfs "note pf-keeps-driver 0000:41:00.0"
tap "it is not called unfit" finds_not no_vfs not-a-vfio-driver

host nothing nothing
tap "nothing that could migrate: exit code 5" exits 5 on nothing doctor
tap "and it is said" finds nothing "warning no-candidates -"
tap "it is not ok" bash -c '"$0" --sysfs "$1" --json doctor | jq -e ".ok == false and .devices == 0"' \
	"$PROGRAM" "$WORK/nothing/sys"
tap "what nobody migrates can be asked for" bash -c \
	'"$0" --sysfs "$1" doctor 01:00.0 | grep "no driver of Linux migrates a device 144d:a80a"' \
	"$PROGRAM" "$WORK/nothing/sys"

host own_card own_card
tap "a card of this project" finds own_card "error not-a-vfio-driver 0000:07:00.0"
tap "its driver is no part of Linux" says own_card not-a-vfio-driver do 'install e1000e_vfio_pci, which is no part of Linux'

host types_alone types_alone
tap "types without a device: one of each parent" bash -c '"$0" --sysfs "$1" --json doctor |
	jq -e ".devices == 1"' "$PROGRAM" "$WORK/types_alone/sys"
tap "and it is said" finds types_alone "note no-mdev vgpu-16"

# --- the table "what doctor said" --------------------------------------------

host shared_group shared_group
tap "a VF in one group with its PF" finds shared_group "error group-not-viable 0000:41:00.2"
tap "the PF is to keep its driver" says shared_group group-not-viable do \
	'^leave the physical function on its driver.*ACS'
tap "and is named as such" says shared_group group-not-viable what \
	'0000:41:00.0 \(mlx5_core, its physical function\), 0000:41:00.3 \(mlx5_core\)'
tap "once for the group" once shared_group group-not-viable

host no_option no_option
tap "a kernel without the driver: the option is named" says no_option generic-driver do \
	'CONFIG_MLX5_VFIO_PCI, which builds mlx5_vfio_pci and is in Linux since 5.18; this one has it not set'
tap "nothing is pointed to that is not there" bash -c '! "$0" --sysfs "$1" doctor | grep "see no-"' \
	"$PROGRAM" "$WORK/no_option/sys"
host no_module no_module
tap "a module that is not installed" says no_module generic-driver do \
	'this kernel has CONFIG_MLX5_VFIO_PCI, but its mlx5_vfio_pci is not installed'
rm "$WORK"/no_module/boot/config-*
tap "options that nobody can read" says no_module generic-driver do "this kernel's options are not known"

host nvidia_vf nvidia_vf 580.1.1 6.8.0-60-generic
tap "NVIDIA's own framework is known" finds nvidia_vf "note vendor-framework 0000:51:00.4"
tap "managed=no" says nvidia_vf vendor-framework do "managed='no'"
for id in no-alias other-driver driver-name alias-unknown not-a-vfio-driver generic-driver; do
	tap "and not: $id" finds_not nvidia_vf $id
done
tap "a VF that is no vGPU yet" finds nvidia_vf "warning no-vgpu 0000:51:00.5"
tap "and what it could be" says nvidia_vf no-vgpu what '700 : NVIDIA X-8Q'
tap "where to write it" says nvidia_vf no-vgpu do 'nvidia/current_vgpu_type'

host igpu_vf igpu_vf
tap "a VF that no driver migrates" finds igpu_vf "error generic-driver 0000:00:02.1"
tap "there is none, and it is said" says igpu_vf generic-driver do \
	'^no driver of Linux migrates a device 8086:4680'
tap "no binding is advised" bash -c '! "$0" --sysfs "$1" doctor | grep "^    do: bind"' "$PROGRAM" "$WORK/igpu_vf/sys"

for release in 5.17.0 6.8.0; do
	host "gvt_$release" gvt_g $release
	tap "GVT-g on $release: the cause" finds "gvt_$release" "error gvt-g 44444444-0000-4000-8000-000000000001"
done

host el9 bound 5.14.0-427.13.1.el9_4.x86_64
tap "a kernel that keeps its number: fit" exits 0 on el9 doctor
tap "it is not called old" finds_not el9 kernel-too-old
host old old 5.15.0
tap "an old kernel is" finds old "error kernel-too-old -"
mkdir -p "$WORK/old/sys/class/vfio-dev"
tap "but not where VFIO shows that it is not" finds_not old kernel-too-old
host old9 old 5.14.0-70.el9.x86_64
tap "nothing to see, and a number that says nothing" finds old9 "note kernel-number -"
tap "is no error" finds_not old9 kernel-too-old

host fit bound 6.12.0
tap "devlink says that it may migrate" finds_not fit migratable-off
tap "then nothing is to be seen to" finds_not fit driver-needs
sed -i '0,/"enable"/s//"disable"/' "$WORK/fit/devlink.json"
tap "devlink says that it may not" finds fit "error migratable-off 0000:41:00.2"
tap "the other may" bash -c '"$0" --sysfs "$1" --json doctor 41:00.3 | jq -e .ok' "$PROGRAM" "$WORK/fit/sys"
tap "an inventory has it" bash -c '"$0" --sysfs "$1" inventory | jq -e "[.objects[].migratable] == [\"disable\", \"enable\"]"' \
	"$PROGRAM" "$WORK/fit/sys"
sed -i 's/"stored": {"fw.version": "28.1.0"/"stored": {"fw.version": "28.2.0"/' "$WORK/fit/devlink.json"
tap "firmware that runs after the next reset" finds fit "note firmware-pending 0000:41:00.3"
rm "$WORK/fit/devlink.json"
tap "without devlink: what has to be seen to" says fit driver-needs what 'VF_MIGRATION_MODE=2'

# --- bugs that are known -------------------------------------------------------

for n in "6.12.42 1" "6.12.43 0" "6.12.43+deb13-amd64 0" "6.17.0 0" "6.16.0-rc7 1" "6.0.9 0" "6.1.148 1" \
	"5.14.0-427.el9.x86_64 0"; do
	read -r release want <<<"$n"
	rm -rf "$WORK/bug" && host bug bound "$release"
	doctor bug
	got=$(jq '[.findings[] | select(.id == "known-bug" and (.what | contains("overflow in tracking max message size")))] | length' \
		"$WORK/doctor.json")
	tap "a bug of mlx5 on $release: $want" [ "$got" = "$want" ]
done
rm -rf "$WORK/bug" && host bug bound 6.12.42
tap "the commit and the versions that have it" says bug known-bug what '^mlx5_vfio_pci: "vfio/mlx5: .*" is in Linux .*; this is 6.12.42$'
tap "a bug is no verdict" exits 0 on bug doctor
host bugless own_card
tap "bugs of other drivers are not told" finds_not bugless known-bug

# --- what is built in ---------------------------------------------------------

host built_in built_in
tap "modules that are not there" finds built_in "warning module-not-loaded -"
mkdir -p "$WORK/built_in/lib/modules/6.12.0"
printf 'kernel/drivers/vfio/%s.ko\n' vfio vfio_iommu_type1 >"$WORK/built_in/lib/modules/6.12.0/modules.builtin"
tap "but built in: by the kernel's list" finds_not built_in module-not-loaded
rm "$WORK/built_in/lib/modules/6.12.0/modules.builtin"
sed -i 's/^\(CONFIG_VFIO\|CONFIG_VFIO_IOMMU_TYPE1\)=m/\1=y/' "$WORK"/built_in/boot/config-*
tap "or by its options" finds_not built_in module-not-loaded

# --- NVIDIA: versions of drivers ----------------------------------------------

for n in "a 550.1.2 5.14.0-503.el9.x86_64" "b 550.1.2 5.14.0-503.el9.x86_64" "c 570.3.4 6.12.0-55.el10.x86_64" \
	"d 570.3.4 6.8.0-60-generic" "e 580.1.1 6.8.0-60-generic"; do
	read -r name version release <<<"$n"
	host "mdev-$name" nvidia_mdev "$version" "$release"
	echo "$name" >"$WORK/mdev-$name/proc/sys/kernel/hostname"
	on "mdev-$name" inventory >"$WORK/$name.json"
done
verdict() { # FROM TO
	asked_any "$PROGRAM" --json matrix "$WORK/$1.json" "$WORK/$2.json" --from "$1" --to "$2" 2>/dev/null |
		jq -r '.verdicts[].result' | sort -u | tr '\n' ' '
}
judged() { # "RESULT" CODE FROM TO
	local got
	got=$(verdict "$3" "$4")
	[ "$got" = "$1 " ] || { echo "it is: $got"; return 1; }
	exits "$2" "$PROGRAM" matrix "$WORK/$3.json" "$WORK/$4.json" --from "$3" --to "$4"
}
tap "mdevs of NVIDIA have a token" bash -c 'jq -e "[.objects[].token] | all(test(\"eq_driver=550.1.2\"))" "$0"' "$WORK/a.json"
tap "which names the board" bash -c 'jq -e ".objects[0].token | test(\"eq_board=1eb8:0001\")" "$0"' "$WORK/a.json"
tap "equal drivers: yes" judged yes 0 a b
tap "other drivers, documented as failing: no" judged no 1 a c
tap "other drivers, of which no document speaks: neither" judged unknown 3 d e
tap "documents of one side do not bind the other" judged unknown 3 a e
tap "the kernel is not called old" finds_not mdev-a kernel-too-old
tap "the framework is named" finds mdev-a "note vendor-framework 33333333-0000-4000-8000-000000000001"
jq '.objects |= map(.token |= sub("1eb8"; "1eb9"))' "$WORK/e.json" >"$WORK/f.json"
sed -i 's/"host": "e"/"host": "f"/' "$WORK/f.json"
tap "another board: no, whatever the driver" judged no 1 d f
token_of() { jq -r '.objects[] | select(.kind == "mdev").token' "$WORK/$1.json"; }
tap "check: yes" exits 0 "$PROGRAM" check "$(token_of a)" "$(token_of b)"
tap "check: no" exits 1 "$PROGRAM" check "$(token_of a)" "$(token_of c)"
tap "check: neither" exits 3 "$PROGRAM" check "$(token_of d)" "$(token_of e)"
tap "and in words" grep -q '^unknown: driver 570.3.4 on the source, 580.1.1 on the target' "$WORK/out"
tap "check of a host: neither" exits 3 on mdev-e check "$(token_of d)"

tap "inventory: what the VFs could be" bash -c '"$0" --sysfs "$1" inventory | jq -e "[.objects[] |
	select(.kind == \"type\") | {name, parent, available}] == [
	{name: \"nvidia-700\", parent: \"0000:51:00.0\", available: 2},
	{name: \"nvidia-701\", parent: \"0000:51:00.0\", available: 2}]"' "$PROGRAM" "$WORK/nvidia_vf/sys"
tap "inventory: which framework" bash -c '"$0" --sysfs "$1" inventory | jq -e ".objects[0].framework == \"nvidia\" and
	.modules.nvidia.version == \"580.1.1\""' "$PROGRAM" "$WORK/nvidia_vf/sys"
host nvidia_vf2 nvidia_vf 580.1.1 6.8.0-60-generic
echo other >"$WORK/nvidia_vf2/proc/sys/kernel/hostname"
on nvidia_vf inventory >"$WORK/v1.json"
on nvidia_vf2 inventory >"$WORK/v2.json"
tap "a vGPU goes to a VF that could be one" exits 0 "$PROGRAM" matrix "$WORK/v1.json" "$WORK/v2.json"
plan
