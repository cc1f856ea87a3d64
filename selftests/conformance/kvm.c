// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that writes to a mapped region runs on, whatever the driver does to
 * the mapping to see its writes. linux/vfio.h on PRE_COPY: "The device is
 * running normally but tracking internal state changes".
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "suite.h"

#define RAM_SIZE	0x10000
#define REGION_AT	0x20000		/* guest-physical, in reach of real mode */
#define REGION_SIZE	0x10000
#define SAVES		200

/* Real mode: counts in the first word of each page of the region. */
static const uint8_t code[] = {
	0xb8, 0x00, 0x20,		/* 00: mov $0x2000, %ax */
	0x8e, 0xc0,			/* 03: mov %ax, %es */
	0x26, 0x89, 0x1e, 0x00, 0x00,	/* 05: mov %bx, %es:0 */
	0x8c, 0xc0,			/* 0a: mov %es, %ax */
	0x05, 0x00, 0x01,		/* 0c: add $0x100, %ax */
	0x8e, 0xc0,			/* 0f: mov %ax, %es */
	0x3d, 0x00, 0x30,		/* 11: cmp $0x3000, %ax */
	0x72, 0xef,			/* 14: jb 05 */
	0x43,				/* 16: inc %bx */
	0xeb, 0xe7,			/* 17: jmp 00 */
};

FIXTURE(guest)
{
	struct vdev v;
	uint8_t *region;
	uint8_t *ram;
	int kvm;
	int vm;
	int vcpu;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	atomic_bool stop;
	int error;	/* errno of KVM_RUN, or an exit reason that is none */
};

/* The first region that is large enough and can be mapped as a whole. */
static uint8_t *map_region(struct vdev *v)
{
	struct vfio_region_info info;
	uint32_t i;

	for (i = 0; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		if (vdev_region(v, i, &info) || info.size < REGION_SIZE ||
		    !(info.flags & VFIO_REGION_INFO_FLAG_MMAP) ||
		    info.flags & VFIO_REGION_INFO_FLAG_CAPS)
			continue;
		return mmap(NULL, REGION_SIZE, PROT_READ | PROT_WRITE,
			    MAP_SHARED, v->fd, info.offset);
	}
	return NULL;
}

static int add_slot(int vm, uint32_t slot, uint64_t at, void *p, uint64_t size)
{
	struct kvm_userspace_memory_region mem = {
		.slot = slot, .guest_phys_addr = at, .memory_size = size,
		.userspace_addr = (uintptr_t)p,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &mem);
}

static int start_at_zero(int vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = { .rflags = 2 };

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) ||
	       ioctl(vcpu, KVM_SET_REGS, &regs);
}

static void kick(int sig)
{
}

static void *run_guest(void *arg)
{
	struct _test_data_guest *self = arg;

	while (!atomic_load(&self->stop) && !self->error) {
		if (!ioctl(self->vcpu, KVM_RUN, 0))
			self->error = 1000 + self->run->exit_reason;
		else if (errno != EINTR)
			self->error = errno;
	}
	return NULL;
}

FIXTURE_SETUP(guest)
{
	ASSERT_EQ(0, vdev_open(&self->v));
	self->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (self->kvm < 0)
		SKIP(return, "no /dev/kvm");
	self->region = map_region(&self->v);
	if (!self->region)
		SKIP(return, "no region that can be mapped as a whole");
	ASSERT_NE(MAP_FAILED, self->region);
	self->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->ram);
	memcpy(self->ram, code, sizeof(code));
	self->vm = ioctl(self->kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(self->vm, 0);
	ASSERT_EQ(0, add_slot(self->vm, 0, 0, self->ram, RAM_SIZE));
	ASSERT_EQ(0, add_slot(self->vm, 1, REGION_AT, self->region, REGION_SIZE));
	self->vcpu = ioctl(self->vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(self->vcpu, 0);
	self->run_size = ioctl(self->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	self->run = mmap(NULL, self->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, self->vcpu, 0);
	ASSERT_NE(MAP_FAILED, self->run);
	ASSERT_EQ(0, start_at_zero(self->vcpu));
	signal(SIGUSR1, kick);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_guest, self));
}

static void stop_guest(struct _test_data_guest *self)
{
	if (!self->run)
		return;
	atomic_store(&self->stop, true);
	self->run->immediate_exit = 1;
	pthread_kill(self->thread, SIGUSR1);
	pthread_join(self->thread, NULL);
	munmap(self->run, self->run_size);
	close(self->vcpu);
	close(self->vm);
	close(self->kvm);
}

FIXTURE_TEARDOWN(guest)
{
	stop_guest(self);
	vdev_close(&self->v);
}

/* All that there is, and what the guest writes meanwhile. */
static int save_some(struct vdev *v)
{
	static char buf[65536];
	int fd, i, ret = vdev_set_state(v, VFIO_DEVICE_STATE_PRE_COPY, &fd);
	ssize_t n = 1;

	if (ret)
		return ret;
	for (i = 0; i < 8 && n > 0; i++)
		n = read(fd, buf, sizeof(buf));
	ret = n < 0 && errno != ENOMSG ? -errno : 0;
	close(fd);
	return ret ? ret : vdev_set_state(v, VFIO_DEVICE_STATE_RUNNING, NULL);
}

/*
 * At the beginning of each save a driver that watches a mapping takes all of it
 * away, and again what it has sent: in the midst of the guest's faults.
 */
TEST_F_TIMEOUT(guest, runs_on_while_it_is_saved, 300)
{
	int i;

	CITES("The device is running normally but tracking internal state");
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	for (i = 0; i < SAVES && !self->error; i++)
		ASSERT_EQ(0, save_some(&self->v));
	EXPECT_EQ(0, self->error) {
		TH_LOG("KVM_RUN in save %d: %s", i, strerror(self->error));
	}
	EXPECT_NE(0, self->region[0] | self->region[1]);
}

TEST_HARNESS_MAIN
