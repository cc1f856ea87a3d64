// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's sample does with state that it has loaded: the streams of
 * samples/vfio-mdev/mtty.c have no checksum, and are not looked into.
 */
#include <string.h>
#include "device.h"

/*
 * In a stream: a header of 24 bytes, then the ports; in a port 8 registers, a
 * FIFO of 16 bytes, and its head and tail. 31 is in the other port.
 */
#define HEAD	(24 + 8 + 16)
#define TAIL	(HEAD + 1)
#define BEYOND	31

static bool is_mtty(struct vdev *v)
{
	uint32_t id = 0;

	return pread(v->fd, &id, 4, (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX <<
		     40) == 4 && id == 0x32534348;
}

/* What is sent by the first port comes back to it. */
static void use_port(struct vdev *v)
{
	char byte = 'x';

	if (pwrite(v->fd, &byte, 1, 0) == 1 && pread(v->fd, &byte, 1, 0) == 1)
		return;
	abort();
}

static void load_index(struct __test_metadata *_metadata, struct vdev *v,
		       size_t at)
{
	struct stream s = { 0 };
	int ret;

	CITES("perform final validity and consistency checking of the new device state.");
	if (!is_mtty(v))
		SKIP(return, "not mtty");
	ASSERT_EQ(0, stream_save(v, &s));
	ASSERT_GT(s.len, TAIL);
	s.data[at] = BEYOND;
	ret = stream_load(v, &s, 4096);
	EXPECT_NE(0, ret);
	if (!ret)
		use_port(v);
	s.data[at] = 0;
	ASSERT_EQ(0, vdev_restart(v));
	EXPECT_EQ(0, stream_load(v, &s, 4096));
	stream_free(&s);
}

TEST_F(device, head_of_fifo_is_in_bounds)
{
	load_index(_metadata, &self->v, HEAD);
}

TEST_F(device, tail_of_fifo_is_in_bounds)
{
	load_index(_metadata, &self->v, TAIL);
}

TEST_HARNESS_MAIN
