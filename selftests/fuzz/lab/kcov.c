// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/kcov.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kcov.h"

#define ENTRIES	(64 << 10)

void kcov_open(struct kcov *k)
{
	void *cover;

	k->cover = NULL;
	k->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (k->fd < 0)
		return;
	if (ioctl(k->fd, KCOV_INIT_TRACE, ENTRIES))
		return;
	cover = mmap(NULL, ENTRIES * sizeof(long), PROT_READ | PROT_WRITE,
		     MAP_SHARED, k->fd, 0);
	if (cover == MAP_FAILED)
		return;
	if (ioctl(k->fd, KCOV_ENABLE, KCOV_TRACE_PC))
		munmap(cover, ENTRIES * sizeof(long));
	else
		k->cover = cover;
}

static void add(struct kcov_set *set, uint64_t pc)
{
	uint64_t i = pc * 0x9e3779b97f4a7c15ull >> 49;
	unsigned int tries;

	for (tries = 0; tries < KCOV_PLACES; tries++, i++) {
		uint64_t *place = &set->pc[i % KCOV_PLACES];
		uint64_t old = __atomic_load_n(place, __ATOMIC_RELAXED);

		if (!old && __atomic_compare_exchange_n(place, &old, pc, 0,
							__ATOMIC_RELAXED,
							__ATOMIC_RELAXED)) {
			__atomic_fetch_add(&set->nr, 1, __ATOMIC_RELAXED);
			return;
		}
		if (old == pc)
			return;
	}
}

/* What was seen since the last time; what went over the buffer is lost. */
void kcov_collect(struct kcov *k, struct kcov_set *set)
{
	unsigned long i, n;

	if (!k->cover)
		return;
	n = __atomic_load_n(&k->cover[0], __ATOMIC_RELAXED);
	for (i = 0; i < n && i < ENTRIES - 1; i++)
		add(set, k->cover[i + 1]);
	__atomic_store_n(&k->cover[0], 0, __ATOMIC_RELAXED);
}

void kcov_close(struct kcov *k)
{
	if (k->cover) {
		ioctl(k->fd, KCOV_DISABLE, 0);
		munmap(k->cover, ENTRIES * sizeof(long));
	}
	if (k->fd >= 0)
		close(k->fd);
}
