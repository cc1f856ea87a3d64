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

/* Protected mode without paging: counts in the first word of each page of the region. */
static const uint8_t words[] = {
	0xbf, 0x00, 0x00, 0x02, 0x00,		/* 00: mov $0x20000, %edi */
	0x89, 0x1f,				/* 05: mov %ebx, (%edi) */
	0x81, 0xc7, 0x00, 0x10, 0x00, 0x00,	/* 07: add $0x1000, %edi */
	0x81, 0xff, 0x00, 0x00, 0x03, 0x00,	/* 0d: cmp $0x30000, %edi */
	0x72, 0xf0,				/* 13: jb 05 */
	0x43,					/* 15: inc %ebx */
	0xeb, 0xe8,				/* 16: jmp 00 */
};

/* The same with 32 bytes a store, by an instruction that KVM does not emulate. */
static const uint8_t wide[] = {
	0xbf, 0x00, 0x00, 0x02, 0x00,		/* 00: mov $0x20000, %edi */
	0xc5, 0xf9, 0x6e, 0xc3,			/* 05: vmovd %ebx, %xmm0 */
	0xc5, 0xfe, 0x7f, 0x07,			/* 09: vmovdqu %ymm0, (%edi) */
	0x81, 0xc7, 0x00, 0x10, 0x00, 0x00,	/* 0d: add $0x1000, %edi */
	0x81, 0xff, 0x00, 0x00, 0x03, 0x00,	/* 13: cmp $0x30000, %edi */
	0x72, 0xee,				/* 19: jb 09 */
	0x43,					/* 1b: inc %ebx */
	0xeb, 0xe2,				/* 1c: jmp 00 */
};

#define CR0_PE		0x1
#define CR4_FXSR	0x200
#define CR4_XMMEXCPT	0x400
#define CR4_XSAVE	0x40000
#define CPUID_1_AVX	0x10000000
#define XCR0_AVX	0x7	/* x87, SSE and AVX */

FIXTURE(guest)
{
	struct vdev v;
	uint8_t *region;
	uint8_t *ram;
	int kvm;
	int vm;
	int vcpu;
	int stats;
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

/* What this host's KVM can do; true if AVX is part of it. */
static bool give_cpuid(int kvm, int vcpu)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} all;
	bool avx = false;
	uint32_t i;

	all.head.nent = ARRAY_SIZE(all.entries);
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &all) ||
	    ioctl(vcpu, KVM_SET_CPUID2, &all))
		return false;
	for (i = 0; i < all.head.nent; i++)
		avx |= all.entries[i].function == 1 && all.entries[i].ecx & CPUID_1_AVX;
	return avx;
}

static void make_flat(struct kvm_segment *s, uint8_t type)
{
	*s = (struct kvm_segment){
		.selector = 8, .limit = 0xffffffff, .type = type, .present = 1,
		.db = 1, .s = 1, .g = 1,
	};
}

static int start_at_zero(int vcpu, bool avx)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = XCR0_AVX };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	make_flat(&sregs.cs, 11);
	make_flat(&sregs.ds, 3);
	make_flat(&sregs.es, 3);
	make_flat(&sregs.ss, 3);
	sregs.cr0 |= CR0_PE;
	if (avx)
		sregs.cr4 |= CR4_FXSR | CR4_XMMEXCPT | CR4_XSAVE;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		return -1;
	if (avx && ioctl(vcpu, KVM_SET_XCRS, &xcrs))
		return -1;
	return ioctl(vcpu, KVM_SET_REGS, &regs);
}

/* Instructions that KVM had to emulate for the guest; -1 if it does not tell. */
static int64_t emulated(int fd)
{
	struct kvm_stats_header head;
	uint64_t found = -1;
	uint32_t i;

	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return -1;
	for (i = 0; i < head.num_desc; i++) {
		size_t size = sizeof(struct kvm_stats_desc) + head.name_size;
		uint8_t buf[sizeof(struct kvm_stats_desc) + 256] = { 0 };
		struct kvm_stats_desc *desc = (void *)buf;

		if (size > sizeof(buf) - 1 ||
		    pread(fd, buf, size, head.desc_offset + i * size) != (ssize_t)size)
			break;
		if (strcmp(desc->name, "insn_emulation"))
			continue;
		if (pread(fd, &found, sizeof(found), head.data_offset + desc->offset) < 0)
			found = -1;
		break;
	}
	return found;
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
	self->vm = ioctl(self->kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(self->vm, 0);
	ASSERT_EQ(0, add_slot(self->vm, 0, 0, self->ram, RAM_SIZE));
	ASSERT_EQ(0, add_slot(self->vm, 1, REGION_AT, self->region, REGION_SIZE));
	self->vcpu = ioctl(self->vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(self->vcpu, 0);
	/* The ioctl waits for the vCPU, a read does not. */
	self->stats = ioctl(self->vcpu, KVM_GET_STATS_FD, NULL);
	self->run_size = ioctl(self->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	self->run = mmap(NULL, self->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, self->vcpu, 0);
	ASSERT_NE(MAP_FAILED, self->run);
	signal(SIGUSR1, kick);
}

/* Returns 0, -ENOTSUP when guests have no AVX, or another negative errno. */
static int start_guest(struct _test_data_guest *self, const uint8_t *code,
		       size_t size, bool avx)
{
	memcpy(self->ram, code, size);
	if (!give_cpuid(self->kvm, self->vcpu) && avx)
		return -ENOTSUP;
	if (start_at_zero(self->vcpu, avx))
		return -errno;
	return -pthread_create(&self->thread, NULL, run_guest, self);
}

static void stop_guest(struct _test_data_guest *self)
{
	if (!self->thread)
		return;
	atomic_store(&self->stop, true);
	self->run->immediate_exit = 1;
	pthread_kill(self->thread, SIGUSR1);
	pthread_join(self->thread, NULL);
	self->thread = 0;
}

static void free_guest(struct _test_data_guest *self)
{
	if (!self->run)
		return;
	munmap(self->run, self->run_size);
	close(self->stats);
	close(self->vcpu);
	close(self->vm);
	close(self->kvm);
}

FIXTURE_TEARDOWN(guest)
{
	stop_guest(self);
	free_guest(self);
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
static void saves_beside_the_guest(struct __test_metadata *_metadata,
				   struct _test_data_guest *self)
{
	int i;

	CITES("The device is running normally but tracking internal state");
	for (i = 0; i < SAVES && !self->error; i++)
		ASSERT_EQ(0, save_some(&self->v));
	EXPECT_EQ(0, self->error) {
		TH_LOG("KVM_RUN in save %d: %s", i, self->error < 1000 ?
		       strerror(self->error) : "the guest has ended");
	}
	EXPECT_NE(0, self->region[0] | self->region[1]);
}

TEST_F_TIMEOUT(guest, runs_on_while_it_is_saved, 300)
{
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	ASSERT_EQ(0, start_guest(self, words, sizeof(words), false));
	saves_beside_the_guest(_metadata, self);
}

TEST_F_TIMEOUT(guest, stores_words_that_kvm_does_not_emulate, 300)
{
	int64_t before = emulated(self->stats);

	if (before < 0)
		SKIP(return, "KVM does not count what it emulates");
	ASSERT_EQ(0, start_guest(self, words, sizeof(words), false));
	if (self->v.flags & VFIO_MIGRATION_PRE_COPY)
		saves_beside_the_guest(_metadata, self);
	stop_guest(self);
	EXPECT_EQ(before, emulated(self->stats));
}

/*
 * KVM emulates a store to a page that the mapping lets it read only. It knows few
 * instructions: a guest's wide store fails, and on some machines any store does.
 */
TEST_F_TIMEOUT(guest, stores_32_bytes_at_once_while_it_is_saved, 300)
{
	int ret = start_guest(self, wide, sizeof(wide), true);

	if (ret == -ENOTSUP)
		SKIP(return, "no AVX for guests");
	ASSERT_EQ(0, ret);
	if (!(self->v.flags & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, "no PRE_COPY");
	saves_beside_the_guest(_metadata, self);
}

TEST_HARNESS_MAIN
