/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
#ifndef _VFIOMIG_CRC32C_H
#define _VFIOMIG_CRC32C_H

#include <vmig/stream.h>

/* The checksum without help of the processor; crc32c() takes the faster way. */
u32 crc32c_portable(u32 crc, const void *data, size_t len);

#endif
