#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# initrd.sh KVER FILE: writes a small initramfs; runs inside the tree.
# It holds busybox, the modules that root and the share need, and an init.
# With a third argument, a directory with lib/modules, it holds that tree for
# the machine's root instead: the kernel needs no module to get there.
set -euo pipefail

kver=$1
file=$2
tree=${3:-}
wanted=(virtio_pci virtio_blk ext4 9p 9pnet_virtio)

# Prints the module files of $wanted, each after the ones that it needs.
module_files() {
	modprobe -S "$kver" -a --show-depends "${wanted[@]}" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# Copies one module in, uncompressed, and adds its name to the list.
add_module() {
	local name
	name=$(basename "$1" .xz)
	case $1 in
	*.xz) xz -dc "$1" >"$dir/modules/$name" ;;
	*) cp "$1" "$dir/modules/$name" ;;
	esac
	echo "$name" >>"$dir/modules/list"
}

write_init() {
	cat >"$dir/init" <<-'END'
	#!/bin/busybox sh
	# SPDX-License-Identifier: GPL-2.0-only
	/bin/busybox mount -t devtmpfs dev /dev
	/bin/busybox mount -t proc proc /proc
	while read -r name; do
		/bin/busybox insmod "/modules/$name" || echo "initramfs: no $name"
	done </modules/list
	# A disk that answers late is waited for, 10 s at most.
	n=0
	until [ -b /dev/vda ] || [ $n -ge 100 ]; do
		/bin/busybox usleep 100000
		n=$((n + 1))
	done
	/bin/busybox mount -t ext4 -o rw,noatime /dev/vda /root ||
		echo "initramfs: root does not mount"
	[ ! -d /lib/modules ] || /bin/busybox cp -a /lib/modules/. /root/lib/modules/
	/bin/busybox mkdir -p /root/lab
	/bin/busybox mount -t 9p \
		-o trans=virtio,version=9p2000.L,msize=262144,cache=none \
		lab /root/lab || echo "initramfs: the share does not mount"
	/bin/busybox umount /proc
	/bin/busybox mount -o move /dev /root/dev
	exec /bin/busybox switch_root /root /bin/bash /lab/selftests/lab/init.sh
	END
	chmod +x "$dir/init"
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"/{bin,dev,proc,root,modules}
cp "$(command -v busybox)" "$dir/bin/busybox"
: >"$dir/modules/list"
if [ -n "$tree" ]; then
	cp -a "$tree/lib" "$dir/"
else
	while read -r path; do
		add_module "$path"
	done < <(module_files)
	[ -s "$dir/modules/list" ] || { echo "initrd.sh: no modules" >&2; exit 1; }
fi
write_init
(cd "$dir" && find . | cpio -o -H newc --quiet) >"$file"
