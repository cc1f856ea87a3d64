// SPDX-License-Identifier: GPL-2.0-only
/* Needed: locks and memory that are given back at the end of a scope (6.5). */
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static DEFINE_MUTEX(probe_lock);

int probe(void)
{
	char *p __free(kfree) = kzalloc(1, GFP_KERNEL);

	guard(mutex)(&probe_lock);
	return p ? 0 : -ENOMEM;
}
