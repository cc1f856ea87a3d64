// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/mman.h>
#include "fuzzer.h"

/*
 * A page for all, one to read only, and one that nobody may touch. Buffers that
 * end there begin up to BUF_SIZE earlier: that must be nobody else's memory.
 */
void hostile_init(struct fuzzer *f)
{
	char *own = mmap(NULL, BUF_SIZE + 3 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	f->pages = own + BUF_SIZE;
	if (own == MAP_FAILED ||
	    mprotect(f->pages + PAGE, PAGE, PROT_READ) ||
	    mprotect(f->pages + 2 * PAGE, PAGE, PROT_NONE))
		run_broken(f->run, "no memory");
}

static void *bad_address(struct fuzzer *f, size_t len)
{
	switch (rng_below(&f->rng, 8)) {
	case 0:
		return NULL;
	case 1:
		return f->pages + 2 * PAGE;
	case 2:		/* begins well */
		return f->pages + 2 * PAGE - rng_below(&f->rng, len + 1);
	case 3:
		return f->pages + PAGE - rng_below(&f->rng, len + 1);
	case 4:		/* the kernel's, and the end of everything */
		return (void *)(0xffff888000000000ull | rng_odd(&f->rng, 32));
	case 5:
		return (void *)-rng_below(&f->rng, len + 1);
	case 6:		/* not canonical */
		return (void *)(0x7ffffffff000ull - rng_below(&f->rng, len + 1));
	default:	/* anywhere, but not by chance where something is */
		return (void *)(rng_odd(&f->rng, 64) | 1ull << 63);
	}
}

/* Where @len bytes go or come from. Not @fair: EFAULT is an answer to it. */
void *hostile_buf(struct fuzzer *f, size_t len, bool *fair)
{
	uint64_t dice = rng_below(&f->rng, 16);

	*fair = dice > 1;
	if (!dice)
		return bad_address(f, len);
	/* The device's own memory: the fault comes back to the driver. */
	if (dice == 1 && f->vram && len <= f->vram_size)
		return f->vram + rng_below(&f->rng, f->vram_size - len + 1);
	*fair = true;
	return f->buf + rng_below(&f->rng, BUF_SIZE - len + 1);
}

/* A structure for an ioctl, put where it may be hard to reach. */
void *hostile_arg(struct fuzzer *f, const void *arg, size_t len, bool *fair)
{
	void *to;

	*fair = rng_below(&f->rng, 16);
	if (!*fair)
		return bad_address(f, len);
	/* In half of the cases, right before what cannot be touched. */
	to = rng_once_in(&f->rng, 2) || len > PAGE ? f->buf :
						     f->pages + PAGE - len;
	memcpy(to, arg, len);
	return to;
}
