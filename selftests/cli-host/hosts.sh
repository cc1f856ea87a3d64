#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# hosts.sh PROGRAM: composed tokens, inventories, matrix, nova and platform, on
# made-up hosts. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

tree vendors
tree mdevs
sys=$WORK/vendors/sys/bus/pci/devices
inventories=$WORK/inventories
mkdir -p "$inventories"

token_is() { # DEVICE TOKEN
	local out
	out=$(on vendors version "$1")
	[ "$out" = "vmig1 $2" ] || { echo "it is: $out"; return 1; }
}

is_marked() {
	on vendors --json version 05:00.1 | jq -e '.composed == true' &&
		on mdevs --json version vgpu-16 | jq -e '.composed == false' &&
		on vendors version 05:00.1 2>&1 >/dev/null | grep -q "made up"
}

# What binds and cannot be read: no token, rather than one that allows too much.
without() { # FILE DEVICE
	local ret=0
	mv "$1" "$WORK/aside"
	refuses 3 on vendors version "$2" || ret=1
	mv "$WORK/aside" "$1"
	return "$ret"
}

# The host again, changed by a command; can it go there?
move() { # HOST CMD...
	local host=$1
	shift
	cp -a "$WORK/vendors" "$WORK/$host"
	ln -sfn "$WORK/$host" "$WORK/moved"
	echo "$host" >"$WORK/$host/proc/sys/kernel/hostname"
	(cd "$WORK/$host" && "$@")
	on "$host" inventory >"$WORK/$host.json"
}

warns() { # TEXT TREE CMD...
	on "${@:2}" 2>&1 >/dev/null | grep -qE -- "$1"
}

closed() { # TREE CMD...
	refuses 3 on "$@" && grep "it is in another host's tree" "$WORK/err" >/dev/null
}

nonsense() { # COMMAND
	refuses 2 on vendors "$1" --nonsense && grep 'there is no option --nonsense' "$WORK/err" >/dev/null
}

verdict() { # HOST TYPE -> "ok key"
	asked vendors --json matrix "$WORK/alpha.json" "$WORK/$1.json" --from alpha --to "$1" |
		jq -r --arg type "$2" '(.groups | map({(.id | tostring): .token}) | add) as $t |
			.verdicts[] | select($t[.from | tostring] | contains("type=" + $type)) |
			"\(.ok) \(.key)"'
}

goes() { # "OK KEY" HOST TYPE
	local out
	out=$(verdict "$2" "$3")
	[ "$out" = "$1" ] || { echo "it is: $out"; return 1; }
}

inventory_has() { # TREE PROGRAM
	on "$1" inventory | jq -e "$2"
}

# An inventory of a host with one device and one type, by their tokens.
made() { # HOST DEVICE_TOKEN TYPE_TOKEN
	jq -n --arg host "$1" --arg device "$2" --arg type "$3" '{
		format: "vfio-mig-inventory", version: 1, host: $host, objects: [
			{kind: "mdev", name: "d", token: $device},
			{kind: "type", name: "t", token: $type}]}' >"$inventories/$1.json"
}

matrix_has() { # PROGRAM ARGUMENTS...
	asked vendors --json matrix "${@:2}" | jq -e "$1"
}

shows() { # TEXT CMD...
	if asked "${@:2}" >"$WORK/out" && grep -qE -- "$1" "$WORK/out"; then return 0; fi
	cat "$WORK/out"
	return 1
}

# As the library decides on each pair of tokens.
agrees() {
	matrix_has '[.verdicts[] | "\(.from)\(.to)\(.ok)\(.negotiable)"] | sort |
		. == ["11falsefalse", "12falsetrue", "13falsefalse",
			"21truefalse", "22falsefalse", "23falsefalse",
			"31falsefalse", "32falsefalse", "33truefalse"]' "$inventories"
}

provider_yaml() { on "$@" nova; }
conf() { on "$@" nova conf; }

# Each line of a kind is JSON for itself.
conf_lines() { # KEY PROGRAM
	on vendors nova conf | sed -n "s/^$1 = //p" | jq -es "$2"
}

traits_are_fit() {
	on vendors --json nova | jq -e '[.. | strings | select(startswith("CUSTOM_"))] |
		length > 5 and all(.[]; split(",") | all(.[]; test("^CUSTOM_[A-Z0-9_]{1,248}\\Z")))' &&
		on mdevs --json nova | jq -e '[.. | strings | select(startswith("CUSTOM_"))] |
		length > 5 and all(.[]; test("^CUSTOM_[A-Z0-9_]{1,248}\\Z"))'
}

long_range() {
	echo "vmig1 type=a.b stream=1.0 accepts=1.0-1.65535,2.3" \
		>"$WORK/mdevs/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types/vgpu-16/version"
	on mdevs --json nova 2>/dev/null | jq -e '.providers[] |
		select(.identification.uuid == "$COMPUTE_NODE") | .traits.additional |
		length == 35 and index("CUSTOM_VFIO_MIG_A_B_V1_65535") and
		index("CUSTOM_VFIO_MIG_A_B_V2_3") and (index("CUSTOM_VFIO_MIG_A_B_V1_0") | not)'
}

mdev=22222222-0000-4000-8000-00000000000a
pinned() { # NAME
	on mdevs --quiet platform "$mdev" "$1" &&
		[ "$(cat "$WORK/mdevs/sys/bus/mdev/devices/$mdev/migration/platform")" = "$1" ]
}

rest="x_kernel=7.2.0-test x_subsystem"
bars="eq_revision=01 eq_bars=14/0/12"
tap "mlx5: firmware and board of its PF" token_is 65:00.2 \
	"type=mlx5-15b3-101e stream=1.0 accepts=1.0 $bars eq_board=MT_0000000359 eq_fw=22.41.1000 drv=mlx5_vfio_pci x_composed=sysfs+devlink $rest=15b3:0001 x_fw=22.41.1000"
tap "hisi_acc" token_is 75:00.1 \
	"type=hisi-acc-19e5-a256 stream=1.0 accepts=1.0 $bars drv=hisi_acc_vfio_pci x_composed=sysfs $rest=19e5:0001"
tap "pds: firmware, in letters of the grammar" token_is 85:00.1 \
	"type=pds-1dd8-1003 stream=1.0 accepts=1.0 $bars eq_fw=1.90.0_a drv=pds_vfio_pci x_composed=sysfs+devlink $rest=1dd8:0001 x_fw=1.90.0_a"
tap "qat: services of its PF" token_is 95:00.1 \
	"type=qat-8086-4941 stream=1.0 accepts=1.0 $bars eq_services=sym;asym drv=qat_vfio_pci x_composed=sysfs $rest=8086:0001"
tap "virtio" token_is 05:00.1 \
	"type=virtio-1af4-1041 stream=1.0 accepts=1.0 $bars drv=virtio_vfio_pci x_composed=sysfs $rest=1af4:0001"
tap "xe" token_is 06:00.1 \
	"type=xe-8086-e223 stream=1.0 accepts=1.0 $bars drv=xe-vfio-pci x_composed=sysfs $rest=8086:0001"
tap "it is said that they are composed" is_marked
tap "mlx5 without devlink: none" without "$WORK/vendors/devlink.json" 65:00.2
tap "pds without devlink: none" without "$WORK/vendors/devlink.json" 85:00.1
tap "qat without its services: none" without "$sys/0000:95:00.0/qat/cfg_services" 95:00.1
tap "another driver: none" refuses 3 on vendors version 65:00.0

move alpha true
move same sed -i s/7.2.0-test/7.2.1/ proc/sys/kernel/osrelease
cp -r "$WORK/same/lib/modules/7.2.0-test" "$WORK/same/lib/modules/7.2.1"
move firmware sed -i '/running/s/22.41.1000/22.43.1014/' devlink.json
move board sed -i s/0359/0360/ devlink.json
move services sh -c 'echo sym >sys/bus/pci/devices/0000:95:00.0/qat/cfg_services'
move bars sed -i '1s/3fff/7fff/' sys/bus/pci/devices/0000:05:00.1/resource
move stepping sh -c 'echo 0x02 >sys/bus/pci/devices/0000:06:00.1/revision'
tap "another kernel: yes" goes "true " same mlx5
tap "another firmware: no" goes "false eq_fw" firmware mlx5
tap "another board: no" goes "false eq_board" board mlx5
tap "other services: no" goes "false eq_services" services qat
tap "a larger BAR: no" goes "false eq_bars" bars virtio
tap "another revision: no" goes "false eq_revision" stepping xe

tap "what a composed token is made of" warns 'made up of sysfs\+devlink$' vendors version 65:00.2
tap "types of one name: whose it is" warns '^2 parents have vgpu-16, this is that of 0000:84:00.0;' mdevs version vgpu-16
tap "and one that is meant" shows 'stream=1.0' mdevs version \
	"$WORK/mdevs/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types/vgpu-16"
tap "list: whose types they are" shows '^type  vgpu-16 .* 0000:84:00.0$' mdevs list
for args in "save 65:00.2 $WORK/none" "load 65:00.2 /dev/null" "send 65:00.2 unix:$WORK/none" \
	"receive 65:00.2 unix:$WORK/none"; do
	# Words are meant.
	# shellcheck disable=SC2086
	tap "another host's devices are not opened: ${args%% *}" closed vendors $args
done
for command in list version inventory platform; do
	tap "$command: an option that it does not have" nonsense "$command"
done

tap "inventory: host and kernel" inventory_has mdevs '.host == "beta" and
	.kernel == "7.2.0-test" and .format == "vfio-mig-inventory" and .version == 1'
tap "inventory: versions of modules" inventory_has mdevs '.modules.vfio_mig.version == "0.1" and
	(.modules | has("mdev") | not)'
tap "inventory: drivers' modules" inventory_has vendors '.modules.xe_vfio_pci and
	(.objects[] | select(.name == "0000:06:00.1") | .module == "xe_vfio_pci")'
tap "inventory: devlink" inventory_has vendors '.devlink["pci/0000:85:00.0"].serial_number == "FPN20270001"'
tap "inventory: PCI" inventory_has vendors '.objects[] | select(.name == "0000:65:00.2") |
	.vendor == "0x15b3" and .device == "0x101e" and .physfn == "0000:65:00.0" and
	.driver == "mlx5_vfio_pci" and .composed and .kind == "pci"'
tap "inventory: mdevs" inventory_has mdevs '.objects[] | select(.name | endswith("0a")) |
	.parent == "0000:84:00.0" and .platform == "2026.2" and .kind == "mdev" and
	.nodedev == "pci_0000_84_00_0" and (.composed | not)'
tap "inventory: types" inventory_has mdevs '[.objects[] | select(.kind == "type")] |
	length == 2 and .[0].available == 3 and .[0].device_api == "vfio-pci" and
	.[0].platforms == "2026.1 2026.2" and (.[1] | has("nodedev") | not)'
tap "inventory takes no arguments" refuses 2 on mdevs inventory x
for command in inventory list doctor nova "show 65:00.2" "version 65:00.2" "check token"; do
	# Words are meant.
	# shellcheck disable=SC2086
	tap "a tree that is not there: ${command%% *}" refuses 3 on nowhere $command
done

old="vmig1 type=t stream=1.0 accepts=1.0 eq_a=1"
new="vmig1 type=t stream=1.1 accepts=1.0-1.1 emits=1.0-1.1 eq_a=1"
made one "$old drv=a x_k=1" "vmig1 type=t accepts=1.0 eq_a=1 stream=1.0 drv=b"
made two "$new" "$new x_k=2"
made three "vmig1 type=t stream=1.0 accepts=1.0 eq_a=2" "$old"
made four "vmig1 type=u stream=1.0 accepts=1.0" "vmig1 is no token"
tap "tokens that decide alike are one group" matrix_has '.groups | length == 4' "$inventories"
tap "a group has its hosts" matrix_has '.groups | map(select(.token | contains("stream=1.0") and
	contains("eq_a=1") and contains("type=t")))[0] |
	.sources == ["one"] and .targets == ["one", "three"]' "$inventories"
tap "hosts are counted" matrix_has '.hosts == 4' "$inventories"
made one "$new" "$new"
made two "$old" "$old"
tap "who is in is in words" shows "4 hosts" vendors matrix "$inventories"
rm "$inventories/four.json"
made three "vmig1 type=t stream=1.0 accepts=1.0 eq_a=2" "vmig1 type=t stream=1.0 accepts=1.0 eq_a=2"
made again "vmig1 type=t stream=1.0 accepts=1.0 eq_a=2" "vmig1 type=t stream=1.0 accepts=1.0 eq_a=2"
mv "$inventories/again.json" "$inventories/e.json"
mv "$inventories/one.json" "$inventories/a.json"
mv "$inventories/two.json" "$inventories/c.json"
mv "$inventories/three.json" "$inventories/d.json"
tap "each pair has its verdict" agrees
tap "as a table" shows '^ *2  yes   no   no$' vendors matrix "$inventories"
tap "with a reason" shows '^1 to 3: no: eq_a is 1 on the source, 2 on the target' vendors matrix "$inventories"
tap "and with what would help" shows 'pinning the source' vendors matrix "$inventories"
tap "from a host to hosts by name" shows '^    to again$' vendors matrix "$inventories" --from three
tap "but not to itself" exits 1 on vendors matrix "$inventories/a.json" --from one
tap "and why not" shows 'no host but the source itself' vendors matrix "$inventories/a.json" --from one
tap "from one to another: no, exit code 1" exits 1 on vendors matrix "$inventories" --from one --to two
tap "and back: yes, exit code 0" exits 0 on vendors matrix "$inventories" --from two --to one
tap "from a host that is not there: exit code 3" refuses 3 on vendors matrix "$inventories" --from noen
tap "to one that is not there: exit code 3" refuses 3 on vendors matrix "$inventories" --to noen
tap "files are taken, too" exits 0 on vendors matrix "$inventories/a.json" "$inventories/c.json"
made four "vmig1 type=u stream=1.0 accepts=1.0" "vmig1 type=u stream=1.0 accepts=1.0"
tap "two types: nothing is said" matrix_has '.verdicts | length == 10' "$inventories"
tap "but in the table" shows '^ *4 +- +- +- +no$' vendors matrix "$inventories"/{a,c,d,four}.json
tap "nothing to read: exit code 2" refuses 2 on vendors matrix
tap "no such file: exit code 3" refuses 3 on vendors matrix /nowhere
echo '{"format": "vfio-mig-inventory", "version": 2, "host": "x", "objects": []}' >"$inventories/bad.json"
tap "a newer inventory: exit code 3" refuses 3 on vendors matrix "$inventories"
echo '{"format": "vfio-mig-inventory", "version": 1, "host": 5, "objects": {}}' >"$inventories/bad.json"
tap "a wrong inventory: exit code 3" refuses 3 on vendors matrix "$inventories"
echo '{"format": "vfio-mig-inventory", "version": 1, "host": "x", "objects": [1, null, {"token": 3}, {"token": "y"}]}' \
	>"$inventories/bad.json"
tap "objects that are none are counted apart" matrix_has '.hosts == 6 and
	(.not_judged | map({(.why): .count}) | add) ==
	{"it is no object of JSON": 2, "its token is none": 2}' "$inventories"
rm "$inventories/bad.json"
for i in $(seq 30); do
	made "many$i" "vmig1 type=m$i stream=1.0 accepts=1.0" "vmig1 type=m$((31 - i)) stream=1.0 accepts=1.0"
done
tap "many groups: no table, all verdicts" shows '^34 to 34: yes$' vendors matrix "$inventories"

tap "nova: the file's version is a string" shows "^  schema_version: '1.0'$" mdevs nova
tap "nova: a provider by libvirt's name of the parent" \
	shows '^      name: "beta_pci_0000_84_00_0"$' mdevs nova
# It is Nova that replaces it.
# shellcheck disable=SC2016
tap "nova: the node itself where libvirt knows none" shows 'uuid: "\$COMPUTE_NODE"' mdevs nova
tap "nova: a name of the node" shows '"other_pci' mdevs nova --node other
tap "nova: a trait for each accepted version" shows '^        - CUSTOM_VFIO_MIG_BOCHS_VGPU_V1_1$' mdevs nova
tap "nova: and for the configuration" shows '_EQ_|BOCHS_VGPU_VRAM_MIB_16$' mdevs nova
tap "nova: traits that Placement takes" traits_are_fit
tap "nova: nothing to say is a file, too" shows '^providers: \[\]$' vendors nova
tap "nova: device_spec" conf_lines device_spec 'length == 6 and any(.[];
	.vendor_id == "15b3" and .product_id == "101e" and .address == "0000:65:00.2" and
	.live_migratable == "yes" and .resource_class == "CUSTOM_VFIO_MLX5_15B3_101E" and
	(.traits | split(",") | index("CUSTOM_VFIO_MIG_MLX5_15B3_101E_V1_0")))'
tap "nova: alias" conf_lines alias 'length == 6 and any(.[]; .device_type == "type-VF" and
	.vendor_id == "15b3" and .live_migratable == "yes") and any(.[];
	.device_type == "type-PCI" and .vendor_id == "1af4")'
tap "nova: types" shows '^enabled_mdev_types = vgpu-16$' mdevs nova conf
tap "nova: on parents that libvirt knows" shows '^device_addresses = 0000:84:00.0$' mdevs nova conf
tap "nova: a long range has its newest" long_range
tap "nova: another word: exit code 2" refuses 2 on mdevs nova provide

tap "platform is shown" shows '^platforms: 2026.1 2026.2$' mdevs platform "$mdev"
tap "as JSON" shows '"2026.2"' mdevs --json platform "$mdev"
tap "platform is pinned" pinned 2026.1
tap "a type has platforms, and none of its own" refuses 3 on mdevs platform vgpu-16 2026.1
tap "a driver without platforms" refuses 3 on vendors platform 65:00.2
tap "no such device" refuses 3 on mdevs platform nobody
tap "no device" refuses 2 on mdevs platform
plan
