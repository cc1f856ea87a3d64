/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that look random and are the same again for the same seed. */
#ifndef _FUZZ_RNG_H
#define _FUZZ_RNG_H

#include <stdint.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

struct rng {
	uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, 0 too. */
static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 to @n - 1; 0 when @n is 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return n ? rng_next(r) % n : 0;
}

/* True once in @n times. */
static inline int rng_once_in(struct rng *r, uint64_t n)
{
	return !rng_below(r, n);
}

/* A number that code is likely to trip over, of at most @bits bits. */
static inline uint64_t rng_odd(struct rng *r, unsigned int bits)
{
	static const uint64_t odd[] = {
		0, 1, 2, 3, 4, 15, 16, 17, 255, 4095, 4096, 4097, 65535, 65536,
		65537, 0x400000, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull,
	};
	uint64_t v = rng_next(r);

	switch (v & 3) {
	case 0:
		v = odd[rng_below(r, ARRAY_SIZE(odd))];
		break;
	case 1:
		v = 1ull << rng_below(r, 64);
		break;
	default:
		v = rng_next(r) >> rng_below(r, 64);
	}
	return bits < 64 ? v & ((1ull << bits) - 1) : v;
}

#endif
