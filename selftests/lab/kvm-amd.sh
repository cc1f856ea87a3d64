#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kvm-amd.sh KVER: prints where the module kvm-amd is with which a lab machine
# with that kernel can run guests reliably, once it is built; nothing where the
# kernel's own will do. patches/kvm-amd-exitintinfo.patch says why 7.2's will
# not. No test is about it: what is tested runs in the guest or beside KVM.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

# What the kernel's own Makefile says of the module, for a build outside of it.
kbuild() { # MAKEFILE
	cat <<'EOF'
ccflags-y += -I $(src) -I $(src)/virt/kvm
AFLAGS_svm/vmenter.o := -iquote $(obj)
$(obj)/svm/vmenter.o: $(obj)/kvm-asm-offsets.h
$(obj)/kvm-asm-offsets.h: $(obj)/kvm-asm-offsets.s FORCE
	$(call filechk,offsets,__KVM_ASM_OFFSETS_H__)
targets += kvm-asm-offsets.s
obj-m += kvm-amd.o
ifdef CONFIG_HYPERV
kvm-amd-y += svm/svm_onhyperv.o
endif
EOF
	grep -e '^kvm-amd-y.*svm\.o' -e '^kvm-amd-\$' "$1"
}

build() { # DIR
	local source work=$1.new
	source=$("$LAB_DIR/linux-source.sh")
	rm -rf "$work"
	cp -r "$source/arch/x86/kvm" "$work"
	mkdir "$work/virt"
	cp -r "$source/virt/kvm" "$work/virt/"
	kbuild "$source/arch/x86/kvm/Makefile" >"$work/Kbuild"
	lab_chroot make -s -j"$(nproc)" -C "$2" "M=/cache/${work##*/}" modules \
		>"$work.log" 2>&1 || lab_die "no kvm-amd; the log is $work.log"
	mkdir -p "$1"
	mv "$work/kvm-amd.ko" "$1/"
	rm -rf "$work"
}

[ "${1:-}" = 7.2 ] || exit 0
"$LAB_DIR/image.sh"
mapfile -t kernel < <(lab_kernel "$1")
dir=$CACHE/kvm-amd-$(lab_kver "$1")-$(lab_key "$0" "$LAB_DIR"/patches/*)
exec 9>"$CACHE/kvm-amd.lock"
flock -w 1800 9 || lab_die "another build of kvm-amd does not end"
[ -s "$dir/kvm-amd.ko" ] || build "$dir" "${kernel[1]}"
printf '%s\n' "$dir/kvm-amd.ko"
