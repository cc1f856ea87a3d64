#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# domain.sh PROGRAM: vfio-mig doctor on guests, and on what runs them. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317,SC2086
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

situation() { # TREE SITUATION...
	mkdir -p "$WORK/$1"
	ROOT=$WORK/$1 SITUATION="${*:2}" bash -eu "$HERE/trees/situations.sh"
}
situation fit bound 6.18.100
situation nvidia nvidia_vf 580.1.1 6.8.0
situation many many_types
tree vendors
tree mdevs
cd "$WORK" || exit 1
if "$PROGRAM" --sysfs fit/sys doctor --domain /dev/null 2>&1 | grep 'without libxml2'; then
	echo '1..0 # SKIP built without libxml2'
	exit 0
fi

pci() { # FUNCTION [MANAGED] [BUS]
	echo "<hostdev mode='subsystem' type='pci' managed='${2:-no}'><source>
	<address domain='0x0000' bus='${3:-0x41}' slot='0x00' function='0x$1'/></source></hostdev>"
}
mdev() { echo "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$1'/></source></hostdev>"; }
domain() { # DEVICES [REST]
	echo "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>g</name><devices>$1</devices>${2:-}</domain>" >g.xml
}
finds() { # TREE "SEVERITY ID DEVICE"
	asked_any on "$1" --json doctor --domain g.xml >d.json
	jq -r '.findings[] | "\(.severity) \(.id) \(.device // "-")"' d.json | grep -qxF -- "$2" || { cat d.json; return 1; }
}
finds_not() { # TREE ID
	asked_any on "$1" --json doctor --domain g.xml >d.json
	! jq -r '.findings[].id' d.json | grep -x -- "$2"
}

domain "$(pci 2)<disk type='file'/>"
tap "a guest with one device: fit" exits 0 on fit doctor --domain g.xml
tap "that device alone is looked at" bash -c '"$0" --sysfs fit/sys --json doctor --domain g.xml | jq -e ".devices == 1"' "$PROGRAM"
tap "by standard input" bash -c '"$0" --sysfs fit/sys doctor --domain - <g.xml' "$PROGRAM"
tap "post-copy is told of" finds fit "note domain-postcopy -"
tap "disks are not looked at, and it says so" finds fit "note domain-storage -"
domain "$(pci 2)$(pci 3)"
tap "two devices: whether they have P2P was not seen" finds fit "note p2p-unknown 0000:41:00.3"
domain "$(pci 1 no 0x75)$(pci 1 no 0x85)"
tap "a driver that has none in any Linux" finds vendors "error no-p2p 0000:75:00.1"
domain "$(pci 1 no 0x75)"
tap "alone it is no matter" finds_not vendors no-p2p
domain "$(pci 2)<iommu model='intel'/>"
tap "an IOMMU of the guest" finds fit "error domain-viommu -"
domain "$(pci 7)"
tap "a device that is not here" finds fit "error domain-device -"
tap "is exit code 1" exits 1 on fit doctor --domain g.xml
domain "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0' bus='0x41' slot='0' function='0x3'/></source></interface>"
tap "an interface that is a device" bash -c '"$0" --sysfs fit/sys --json doctor --domain g.xml | jq -e "[.findings[].device] | index(\"0000:41:00.3\")"' "$PROGRAM"
domain "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/></source></hostdev>"
tap "a device of USB" finds fit "error domain-hostdev -"
domain "<disk type='file'/>"
tap "a guest without devices: nothing to look at" exits 5 on fit doctor --domain g.xml
domain "$(pci 4 yes 0x51)"
tap "managed, in NVIDIA's framework" finds nvidia "error domain-managed 0000:51:00.4"
domain "$(pci 4 no 0x51)"
tap "not managed" finds_not nvidia domain-managed
domain "$(mdev 55555555-0000-4000-8000-000000000001)"
tap "64 MiB in 300 ms, by 1 Gbit/s" finds many "warning domain-downtime 55555555-0000-4000-8000-000000000001"
domain "$(mdev 22222222-0000-4000-8000-00000000000a)"
tap "16 MiB fit" finds_not mdevs domain-downtime
tap "no log in the kernel, and enable-migration is not set" finds mdevs "error domain-enable-migration -"
tap "not where the kernel has one" finds_not fit domain-enable-migration
for rest in "<qemu:override><qemu:device alias='hostdev0'><qemu:frontend><qemu:property name='enable-migration' type='string' value='on'/></qemu:frontend></qemu:device></qemu:override>" \
	"<qemu:commandline><qemu:arg value='-global'/><qemu:arg value='driver=vfio-pci,property=enable-migration,value=on'/></qemu:commandline>"; do
	domain "$(mdev 22222222-0000-4000-8000-00000000000a)" "$rest"
	tap "it is set: ${rest%%>*}" finds_not mdevs domain-enable-migration
done
domain "$(mdev 22222222-0000-4000-8000-00000000000a)" \
	"<qemu:override><qemu:property name='enable-migration' value='off'/></qemu:override>"
tap "it is set to off" finds mdevs "error domain-enable-migration -"

for bad in '' '<' '<x/>' "$(printf '%s' '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><domain><name>&x;</name></domain' )"; do
	printf '%s' "$bad" >bad.xml
	tap "no domain: ${bad:0:20}" refuses 3 on fit doctor --domain bad.xml
done
echo '<!DOCTYPE d [<!ENTITY x SYSTEM "secret">]><domain><name>&x;</name><devices/></domain>' >g.xml
echo hidden >secret
tap "no file is read that XML names" bash -c '! "$0" --sysfs fit/sys --json doctor --domain g.xml | grep hidden' "$PROGRAM"
tap "a domain and a device: exit code 2" refuses 2 on fit doctor 41:00.2 --domain g.xml

# Versions of programs: as they are recorded, and as Debian lists them.
domain "$(pci 2)$(pci 3)"
versions() { echo "{\"qemu\": \"$1\", \"libvirt\": \"$2\", \"nova\": \"$3\"}" >fit/vmm.json; }
versions 8.0.4 8.5.0 28.0.0
tap "QEMU 8.0" finds fit "error qemu-too-old -"
tap "libvirt 8.5" finds fit "error libvirt-too-old -"
tap "Nova 28" finds fit "warning nova-too-old -"
versions 8.1.5 9.0.0 31.0.0
tap "QEMU 8.1: one device" finds fit "error qemu-one-device 0000:41:00.2"
tap "libvirt 9.0 knows no variants" finds fit "warning libvirt-no-variant -"
tap "Nova 31" finds_not fit nova-too-old
versions 10.0.0 11.3.0 31.0.0
for id in qemu-too-old qemu-one-device libvirt-too-old libvirt-no-variant; do
	tap "newer ones: not $id" finds_not fit $id
done
rm fit/vmm.json
mkdir -p fit/var/lib/dpkg
printf 'Package: qemu-system-x86\nStatus: install ok installed\nVersion: 1:7.2+dfsg-7\n\nPackage: libvirt-daemon\nStatus: deinstall ok config-files\nVersion: 8.0.0-1\n' \
	>fit/var/lib/dpkg/status
tap "by Debian's list" finds fit "error qemu-too-old -"
tap "what is not installed is not there" finds_not fit libvirt-too-old
plan
