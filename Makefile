# SPDX-License-Identifier: GPL-2.0-only
#
# What can be done here; "make help" lists it. The modules themselves are
# described by Kbuild, which the kernel's build system reads in this place.

KVER ?= newest

help:
	@echo 'make modules     build the modules for KVER=stable, newest or previous (in build/KVER/out)'
	@echo 'make programs    build the test programs (in build/programs)'
	@echo 'make install     build and install library and command (DESTDIR=, PREFIX=)'
	@echo 'make lib         build libvfiomig (in build/lib)'
	@echo 'make cli         build vfio-mig (in build/cli)'
	@echo 'make unit        run the unit tests on this machine, also of library and command'
	@echo 'make check       run all tests: unit, and in the lab for both kernels'
	@echo 'make check-deep  run them and more on a kernel with every check on'
	@echo 'make fast        the modules on a kernel that is a program, in a minute; no root'
	@echo 'make fast-deep   the same on kernels with KASAN, lockdep and others; coverage'
	@echo 'make mutants     puts faults into core and vGPU, each of which has to be found'
	@echo 'make check-lint  run sparse, W=1, checkpatch and cppcheck'
	@echo 'make fuzz        libFuzzer on shared code for SECONDS=600 a target'
	@echo 'make fuzz-lab    fuzz the vGPU in the lab, for SECONDS=300, KVER=deep'
	@echo 'make demo        migrate a guest with its devices, in the lab'
	@echo 'make bench       measure'
	@echo 'make docs        draw pictures, write what follows from the code, and build/docs/html'
	@echo 'make deb         make and try Debian packages, in build/deb; needs root'
	@echo 'make upstream    write patch series for the newest kernel, in build/upstream'
	@echo 'make image       make the lab image only (in the cache; needs root)'
	@echo 'make clean       remove build/'

image:
	selftests/lab/image.sh

modules:
	selftests/lab/build.sh $(KVER)

programs:
	selftests/lab/programs.sh

lib:
	$(MAKE) -C userspace/lib

cli:
	$(MAKE) -C userspace/cli

# Variables of the command line, as PREFIX=, go to both by themselves.
install:
	$(MAKE) -C userspace/lib install
	$(MAKE) -C userspace/cli install

unit:
	$(MAKE) -C selftests/unit check
	$(MAKE) -C selftests/lib check
	$(MAKE) -C selftests/cli check
	$(MAKE) -C selftests/cli-host check
	$(MAKE) -C selftests/docs check

check:
	selftests/check.sh

check-deep:
	selftests/check-deep.sh

check-lint:
	selftests/lint.sh

fast:
	selftests/fast/run.sh

deb:
	selftests/lab/deb.sh

upstream:
	upstream/make.sh

fast-deep:
	selftests/fast/deep.sh

mutants:
	selftests/fast/mutants.sh

fuzz:
	$(MAKE) -C selftests/fuzz long $(if $(SECONDS),SECONDS=$(SECONDS))

# Here the kernel with KCOV unless another one is asked for.
fuzz-lab:
	selftests/fuzz/lab.sh $(or $(SECONDS),300) \
		$(if $(filter command line environment,$(origin KVER)),$(KVER),deep)

demo:
	selftests/qemu/demo.sh

bench:
	selftests/bench/bench.sh

docs:
	mkdir -p build
	Documentation/pictures/make.sh
	Documentation/troubleshooting.py >build/troubleshooting.rst
	cmp -s build/troubleshooting.rst Documentation/troubleshooting.rst || \
		cp build/troubleshooting.rst Documentation/troubleshooting.rst
	sphinx-build -q -n -W --keep-going -b html Documentation build/docs/html
	@echo build/docs/html/index.html

clean:
	rm -rf build

.PHONY: deb upstream help image modules programs lib cli install unit check check-deep check-lint fast fast-deep mutants fuzz fuzz-lab demo bench docs clean
