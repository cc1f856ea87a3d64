# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's headers for test programs. Include it after OUT has its value.
#
# KSFT: tools/testing/selftests of a kernel, for kselftest_harness.h
# KHDR: exported headers of a kernel that has what is tested, which a
#	distribution's own may lack: as those of Debian 12 do. By default those
#	of KSFT's kernel: where "make headers_install" has put them there, or else
#	below OUT, where they are put.
KSFT ?= /usr/src/linux/tools/testing/selftests
KSRC := $(abspath $(KSFT)/../../..)
KHDR ?= $(firstword $(wildcard $(KSRC)/usr/include/linux/vfio.h) \
	  $(abspath $(OUT))/headers/include/linux/vfio.h)
KHDR := $(patsubst %/linux/vfio.h,%,$(KHDR))
KERNEL_HEADERS := $(KHDR)/linux/vfio.h
# Structs of the uAPI that end in an array stand inside others, as in the kernel.
KERNEL_CFLAGS := -isystem $(KHDR) -isystem $(KSFT) \
		 -isystem $(KSRC)/tools/include/uapi -idirafter $(KSRC)/tools/include \
		 -Wno-gnu-variable-sized-type-not-at-end

# A rule before the first target of the including file is not its default.
.DEFAULT_GOAL := all

$(abspath $(OUT))/headers/include/linux/vfio.h:
	mkdir -p $(OUT)
	$(MAKE) -s -C $(KSRC) O=$(abspath $(OUT))/headers/build \
		INSTALL_HDR_PATH=$(abspath $(OUT))/headers headers_install
