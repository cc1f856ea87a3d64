#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# outputs.sh PROGRAM: what is written for Nova, libvirt, KubeVirt and node labels,
# on made-up hosts. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317,SC2016,SC2086,SC2094
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

situation() { # TREE SITUATION...
	mkdir -p "$WORK/$1"
	ROOT=$WORK/$1 SITUATION="${*:2}" bash -eu "$HERE/trees/situations.sh"
}
tree vendors
tree mdevs
situation fit bound 6.12.0
situation nvidia nvidia_vf 580.1.1 6.8.0
situation nvmdev nvidia_mdev 550.1.2 5.14.0-503.el9.x86_64
situation many many_types
situation nothing nothing
situation own own_bound
cd "$WORK" || exit 1

conf() { on "$1" --quiet nova conf "${@:2}" >conf.ini; }
# nova.conf as Python reads it, with lists for keys that are there twice.
ini() { # EXPRESSION: true? of the dictionary c of sections
	python3 - "$1" <<'END'
import json, sys
c, section = {}, None
for line in open('conf.ini'):
    line = line.rstrip('\n')
    if line.startswith('['):
        section = line[1:-1]
        assert section not in c, section
        c[section] = {}
    elif line and not line.startswith('#'):
        key, value = line.split(' = ', 1)
        c[section].setdefault(key, []).append(value)
specs = [json.loads(x) for x in c.get('pci', {}).get('device_spec', [])]
aliases = [json.loads(x) for x in c.get('pci', {}).get('alias', [])]
addresses = [a for s, v in c.items() if s.startswith('mdev_') for a in v['device_addresses'][0].split(',')]
if not eval('(' + sys.argv[1] + ')'):
    print(c)
    sys.exit(1)
END
}
conf_has() { # TREE EXPRESSION ARGUMENTS...
	conf "$1" "${@:3}" && ini "$2"
}

tap "one type of each parent" conf_has many 'len(addresses) == len(set(addresses)) == 2'
tap "which it is, is said" bash -c '"$0" --sysfs "$1" nova conf 2>&1 >/dev/null |
	grep -c "has several types, and Nova takes one: choose with --type" | grep -x 2' "$PROGRAM" "$WORK/many/sys"
tap "the one that an mdev has" conf_has many '"mdev_vgpu-64" in c and "0000:85:00.0" in c["mdev_vgpu-64"]["device_addresses"][0]'
tap "the one that is wanted" conf_has many 'list(c["mdev_vgpu-16"]["device_addresses"]) == ["0000:84:00.0,0000:85:00.0"] and
	c["devices"]["enabled_mdev_types"] == ["vgpu-16"]' --type vgpu-16
tap "another for each parent" conf_has many 'c["mdev_vgpu-4"]["device_addresses"] == ["0000:84:00.0"] and
	c["mdev_vgpu-64"]["device_addresses"] == ["0000:85:00.0"]' --type 0000:84:00.0=vgpu-4,0000:85:00.0=vgpu-64
tap "a type that is not there" refuses 3 on many nova conf --type vgpu-17
tap "a host with mdevs alone says nothing of PCI" conf_has many '"pci" not in c'
tap "what is for the controllers is not for the node" conf_has vendors '"filter_scheduler" not in c'
controller() { on vendors nova controller >conf.ini && ini "$1"; }
tap "but for them" controller 'c["filter_scheduler"] == {"pci_in_placement": ["True"]} and len(aliases) == 6 and
	"report_in_placement" not in c["pci"] and not specs'

names_of() { on "$1" nova conf 2>/dev/null | sed -n 's/^alias = //p' | jq -r .name | sort -u; }
aliases_differ() { # TREE TREE: the same device with other traits has another name
	[ -n "$(names_of "$1")" ] && [ -z "$(comm -12 <(names_of "$1") <(names_of "$2"))" ]
}
aliases_agree() { [ -n "$(names_of "$1")" ] && [ "$(names_of "$1")" = "$(names_of "$2")" ]; }
cp -a fit other_fw && sed -i 's/28.1.0/28.9.9/g' other_fw/devlink.json
cp -a fit same && echo other >same/proc/sys/kernel/hostname
tap "aliases of two firmwares have two names" aliases_differ fit other_fw
tap "of two equal hosts one" aliases_agree fit same
tap "no name is there twice" conf_has vendors 'len({a["name"] for a in aliases}) == len(aliases)'

tap "devlink says that they may migrate" conf_has fit 'all(s["live_migratable"] == "yes" for s in specs) and len(specs) == 2'
sed -i '0,/"enable"/s//"disable"/' same/devlink.json
tap "one may not" conf_has same '[s["live_migratable"] for s in specs] == ["no", "yes"]'
sed -i 's/"enable"/"disable"/' same/devlink.json
tap "none: no alias" conf_has same 'not aliases and len(specs) == 2'
tap "libvirt binds the right driver: managed" conf_has fit 'all(s["managed"] == "yes" for s in specs)'
tap "it would bind another: not" conf_has own '[s["managed"] for s in specs] == ["no"]'
tap "NVIDIA's framework: not" conf_has nvidia '[s["managed"] for s in specs] == ["no"]'
tap "and what its VFs could be is no mdev type" conf_has nvidia '"devices" not in c'
tap "a physical network" conf_has fit 'all(s["physical_network"] == "net1" for s in specs)' --network net1
tap "of one PF" conf_has fit 'all(s["physical_network"] == "b" for s in specs)' --network 0000:99:00.0=a,0000:41:00.0=b
tap "of another" conf_has fit 'all("physical_network" not in s for s in specs)' --network 0000:99:00.0=a
tap "not of what is no network" conf_has nvidia 'all("physical_network" not in s for s in specs)' --network net1

# As many traits as a token can ask for, and names as long as one may be.
wide() {
	local dir=$WORK/vendors/sys/bus/pci/devices/0000:05:00.1 type
	type=$(printf '%63s' '' | tr ' ' t)
	echo "vmig1 type=$type stream=1.0 accepts=1.0-1.65535,2.0-2.65535,3.0-3.65535,4.0-4.65535 eq_x=1" >"$dir/version"
	exits 0 on vendors nova conf && exits 0 on vendors --json nova &&
		jq -e '[.device_spec[] | select(.address == "0000:05:00.1").traits | split(",") | length] == [133]' "$WORK/out" &&
		exits 0 on vendors nova && exits 0 on vendors nova controller
	local ret=$?
	rm "$dir/version"
	return $ret
}
tap "a token that asks for as much as it can" wide

# --- libvirt, KubeVirt, labels -----------------------------------------------

xml_has() { # TREE EXPRESSION of list d of elements
	on "$1" export libvirt >list.xml || return 1
	python3 - "$2" <<'END'
import sys, xml.etree.ElementTree as e
d = list(e.fromstring('<x>' + open('list.xml').read() + '</x>'))
sys.exit(0 if eval('(' + sys.argv[1] + ')') else 1)
END
}
tap "hostdev of PCI" xml_has fit 'len(d) == 2 and d[0].get("managed") == "yes" and d[0].get("type") == "pci" and
	d[0].find("source/address").attrib == {"domain": "0x0000", "bus": "0x41", "slot": "0x00", "function": "0x2"} and
	d[0].find("driver").attrib == {"name": "vfio"}'
tap "hostdev of mdevs" xml_has mdevs 'len(d) == 2 and d[0].get("model") == "vfio-pci" and
	d[0].find("source/address").get("uuid") == "22222222-0000-4000-8000-00000000000a"'
tap "where libvirt would take another driver" xml_has own 'd[0].get("managed") == "no" and
	d[0].find("driver").get("model") == "e1000e_vfio_pci"'
tap "NVIDIA's framework" xml_has nvidia 'len(d) == 1 and d[0].get("managed") == "no" and d[0].find("driver").get("model") is None'
tap "what does not migrate is left out" xml_has same 'd == []'

yaml_has() { # TREE FILTER
	on "$1" export kubevirt | yq -e "$2"
}
if command -v yq >/dev/null; then
	p=.spec.configuration.permittedHostDevices
	tap "KubeVirt: PCI" yaml_has vendors "$p.pciHostDevices | length == 6 and any(.[]; .pciVendorSelector == \"15B3:101E\" and
		.resourceName == \"vfio-mig.io/mlx5-15b3-101e\")"
	tap "KubeVirt: mdev types by their names" yaml_has nvmdev "$p.mediatedDevices | map(.mdevNameSelector) | sort == [\"GRID_X-1B\", \"GRID_X-2Q\"]"
	tap "KubeVirt: one of each kind" yaml_has fit "$p.pciHostDevices | length == 1"
	tap "KubeVirt: nothing" yaml_has nothing "$p == {}"
else
	tap_skip "KubeVirt" "yq is not installed"
fi

labels_are_fit() { # TREE
	on "$1" export labels >labels && grep -q '^vfio-mig.io/' labels &&
		! grep -vE '^#|^vfio-mig\.io/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?=[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$' labels &&
		[ -z "$(sed 's/=.*//' labels | sort | uniq -d)" ]
}
for t in vendors mdevs fit nvidia nvmdev; do tap "labels that Kubernetes takes: $t" labels_are_fit $t; done
tap "a label of the type, and of what binds" bash -c '"$0" --sysfs "$1" export labels |
	grep -cxE "vfio-mig.io/mlx5-15b3-101e(=true|.fw=28.1.0|.board=MT_0000000111)" | grep -x 3' "$PROGRAM" "$WORK/fit/sys"
tap "a format that there is not" refuses 2 on fit export frob
tap "as JSON" refuses 3 on fit --json export labels
plan
