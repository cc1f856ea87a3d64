/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* What shared code and tables need of the kernel's headers, in user space. */
#ifndef _VMIG_USER_H
#define _VMIG_USER_H

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define U8_MAX	UINT8_MAX
#define U16_MAX	UINT16_MAX
#define U32_MAX	UINT32_MAX
#define U64_MAX	UINT64_MAX

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#ifndef __printf
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#endif
#define min_t(t, a, b) ((t)(a) < (t)(b) ? (t)(a) : (t)(b))

#define VMIG_LE(bits)							\
static inline void put_unaligned_le##bits(u##bits v, void *p)		\
{									\
	v = htole##bits(v);						\
	memcpy(p, &v, sizeof(v));					\
}									\
static inline u##bits get_unaligned_le##bits(const void *p)		\
{									\
	u##bits v;							\
									\
	memcpy(&v, p, sizeof(v));					\
	return le##bits##toh(v);					\
}

VMIG_LE(16)
VMIG_LE(32)
VMIG_LE(64)
#undef VMIG_LE

/* crc32c as the kernel's: no inversion at either end, the caller seeds it. */
u32 crc32c(u32 crc, const void *data, size_t len);

#endif
