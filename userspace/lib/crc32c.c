// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * crc32c for user space, with the kernel's convention: no inversion at either
 * end. Eight tables anywhere; SSE4.2 in three lanes where the processor has it,
 * since one lane waits for the instruction's latency.
 */
#include "crc32c.h"

#define POLY	0x82f63b78u	/* 0x1edc6f41, bits reversed */
#define LANE	1024u

static u32 slice[8][256];
static u32 skip[4][256];	/* what LANE bytes of zero do to a checksum */

static u32 one_byte(u32 crc, u8 byte)
{
	return slice[0][(crc ^ byte) & 0xff] ^ crc >> 8;
}

static void make_slices(void)
{
	u32 i, k, crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? POLY : 0);
		slice[0][i] = crc;
	}
	for (i = 0; i < 256; i++)
		for (k = 1; k < 8; k++)
			slice[k][i] = one_byte(slice[k - 1][i], 0);
}

static void make_skips(void)
{
	u32 i, k, n, crc;

	for (k = 0; k < 4; k++)
		for (i = 0; i < 256; i++) {
			crc = i << (8 * k);
			for (n = 0; n < LANE; n++)
				crc = one_byte(crc, 0);
			skip[k][i] = crc;
		}
}

__attribute__((constructor))
static void make_tables(void)
{
	make_slices();
	make_skips();
}

/* The checksum without help of the processor. */
u32 crc32c_portable(u32 crc, const void *data, size_t len)
{
	const u8 *p = data;

	for (; len >= 8; len -= 8, p += 8) {
		u32 a = crc ^ get_unaligned_le32(p);
		u32 b = get_unaligned_le32(p + 4);

		crc = slice[7][a & 0xff] ^ slice[6][a >> 8 & 0xff] ^
		      slice[5][a >> 16 & 0xff] ^ slice[4][a >> 24] ^
		      slice[3][b & 0xff] ^ slice[2][b >> 8 & 0xff] ^
		      slice[1][b >> 16 & 0xff] ^ slice[0][b >> 24];
	}
	while (len--)
		crc = one_byte(crc, *p++);
	return crc;
}

#ifdef __x86_64__
static u32 skip_lane(u32 crc)
{
	return skip[0][crc & 0xff] ^ skip[1][crc >> 8 & 0xff] ^
	       skip[2][crc >> 16 & 0xff] ^ skip[3][crc >> 24];
}

__attribute__((target("sse4.2")))
static u32 three_lanes(u32 crc, const u8 *p)
{
	u64 a = crc, b = 0, c = 0;
	u32 i;

	for (i = 0; i < LANE; i += 8) {
		a = __builtin_ia32_crc32di(a, get_unaligned_le64(p + i));
		b = __builtin_ia32_crc32di(b, get_unaligned_le64(p + i + LANE));
		c = __builtin_ia32_crc32di(c, get_unaligned_le64(p + i + 2 * LANE));
	}
	return skip_lane(skip_lane(a) ^ b) ^ c;
}

__attribute__((target("sse4.2")))
static u32 crc32c_sse42(u32 crc, const u8 *p, size_t len)
{
	for (; len >= 3 * LANE; len -= 3 * LANE, p += 3 * LANE)
		crc = three_lanes(crc, p);
	for (; len >= 8; len -= 8, p += 8)
		crc = __builtin_ia32_crc32di(crc, get_unaligned_le64(p));
	while (len--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}
#endif

u32 crc32c(u32 crc, const void *data, size_t len)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, data, len);
#endif
	return crc32c_portable(crc, data, len);
}
