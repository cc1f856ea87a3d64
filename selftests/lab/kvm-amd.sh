#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kvm-amd.sh KERNEL: prints where the module kvm-amd is with which a lab machine
# with that kernel can run guests reliably, once it is built; nothing where the
# kernel's own will do, which is where patches/kvm-amd-exitintinfo.patch does not
# fit: the code that it mends is not there. The patch says what is wrong with it.
# No test is about it: what is tested runs in the guest or beside KVM.
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

prepare() { # SOURCE DIR
	cp -r "$1/arch/x86/kvm" "$2"
	mkdir "$2/virt"
	cp -r "$1/virt/kvm" "$2/virt/"
	kbuild "$1/arch/x86/kvm/Makefile" >"$2/Kbuild"
}

[ "${1:-}" != deep ] || exit 0
source=$("$LAB_DIR/linux-source.sh" "$1")
if ! grep -q -x 'kvm-amd-exitintinfo.patch applied' "$source/lab-patches"; then
	lab_say "the kernel's own kvm-amd is used: the patch does not fit ${source##*/}"
	exit 0
fi
lab_own_module kvm-amd "$1" "$0" "$LAB_DIR"/patches/*
