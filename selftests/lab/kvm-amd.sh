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

prepare() { # SOURCE DIR
	cp -r "$1/arch/x86/kvm" "$2"
	mkdir "$2/virt"
	cp -r "$1/virt/kvm" "$2/virt/"
	kbuild "$1/arch/x86/kvm/Makefile" >"$2/Kbuild"
}

[ "${1:-}" = 7.2 ] || exit 0
lab_own_module kvm-amd "$1" "$0" "$LAB_DIR"/patches/*
