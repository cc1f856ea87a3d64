// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams that are wrong in one place, with every checksum and count right again:
 * what only a look at the contents refuses. Documentation/stream-format.rst.
 */
#include "suite.h"
#include "card.h"
#include "mutate.h"

#define INVALID "If the user provided data is found to be incomplete, inconsistent, or otherwise invalid, the migration driver must fail the SET_STATE ioctl"

#define MAX	0x100000
#define RUN	16	/* offset and length of a run of VRAM */

/* The place of a record's header, and of its payload. */
struct place {
	size_t at;
	u8 *head;
	u8 *payload;
	u32 len;
};

FIXTURE(content)
{
	struct vdev v;
	struct stream good;
	u8 *data;
	size_t len;
};

FIXTURE_SETUP(content)
{
	char page[PAGE];

	ASSERT_EQ(0, vdev_open_running(&self->v));
	if (!is_vgpu(&self->v))
		SKIP(return, "not a vGPU");
	memset(page, 0x6b, sizeof(page));
	ASSERT_EQ(PAGE, pwrite(self->v.fd, page, PAGE, 8 * PAGE));
	/* So that the engine has a record. */
	put(&self->v, BAR_ENGINE, ENG_FILL, 0x5a5a5a5a, 4);
	ASSERT_EQ(0, stream_save(&self->v, &self->good));
	self->data = malloc(MAX);
	ASSERT_NE(NULL, self->data);
	ASSERT_GT(MAX / 2, self->good.len);
	self->len = self->good.len;
	memcpy(self->data, self->good.data, self->len);
	ASSERT_EQ(0, vdev_reset(&self->v));
}

FIXTURE_TEARDOWN(content)
{
	free(self->data);
	stream_free(&self->good);
	vdev_close(&self->v);
	EXPECT_EQ(0, calls_late());
}

/* The first record with @tag; false when there is none. */
static bool find(u8 *data, size_t len, const char *tag, struct place *p)
{
	size_t at = VMIG_HEADER_LEN;

	while (at + VMIG_RECORD_LEN <= len) {
		p->at = at;
		p->head = data + at;
		p->payload = p->head + VMIG_RECORD_LEN;
		p->len = get_unaligned_le32(p->head + 16);
		if (!memcmp(p->head, tag, 4))
			return true;
		at += VMIG_RECORD_LEN + p->len;
	}
	return false;
}

static int load(struct vdev *v, u8 *data, size_t len)
{
	struct stream s = { .data = (char *)data, .len = len };

	mend(data, len, MEND_ALL);
	return stream_load(v, &s, 4096);
}

/* Another length of the payload of the record at @p, with or without bytes. */
static size_t resize(u8 *data, size_t len, struct place *p, u32 now)
{
	size_t rest = p->at + VMIG_RECORD_LEN + p->len;

	memmove(p->payload + now, p->payload + p->len, len - rest);
	if (now > p->len)
		memset(p->payload + p->len, 0, now - p->len);
	put_unaligned_le32(now, p->head + 16);
	return len - p->len + now;
}

#define FIND(tag, p) \
	ASSERT_TRUE(find(self->data, self->len, tag, p))

#define REFUSED() do { \
	EXPECT_NE(0, load(&self->v, self->data, self->len)); \
	ASSERT_EQ(0, vdev_reset(&self->v)); \
	memcpy(self->data, self->good.data, self->good.len); \
	self->len = self->good.len; \
	ASSERT_EQ(0, load(&self->v, self->data, self->len)); \
	ASSERT_EQ(0, vdev_reset(&self->v)); \
} while (0)

/* What makes checksums right makes nothing wrong. */
TEST_F(content, that_is_good_is_taken)
{
	CITES("perform final validity and consistency checking of the new device state.");
	EXPECT_EQ(0, load(&self->v, self->data, self->len));
	EXPECT_EQ(0x6b6b6b6b, get(&self->v, BAR_VRAM, 8 * PAGE, 4));
	EXPECT_EQ(0x5a5a5a5a, get(&self->v, BAR_ENGINE, ENG_FILL, 4));
}

TEST_F(content, without_a_mandatory_section)
{
	struct place p;
	size_t rest;

	CITES(INVALID);
	FIND("DISP", &p);
	rest = p.at + VMIG_RECORD_LEN + p.len;
	memmove(p.head, self->data + rest, self->len - rest);
	self->len -= VMIG_RECORD_LEN + p.len;
	REFUSED();
}

TEST_F(content, with_a_section_twice)
{
	struct place p;
	size_t n;

	CITES(INVALID);
	FIND("DISP", &p);
	n = VMIG_RECORD_LEN + p.len;
	memmove(p.head + n, p.head, self->len - p.at);
	self->len += n;
	REFUSED();
}

TEST_F(content, of_another_length)
{
	static const char * const tags[] = { "DISP", "ENG " };
	static const int more[] = { -1, 1, -8, 8, 4096 };
	struct place p;
	size_t i, k;

	CITES(INVALID);
	for (i = 0; i < 2; i++)
		for (k = 0; k < 5; k++) {
			FIND(tags[i], &p);
			self->len = resize(self->data, self->len, &p,
					   p.len + more[k]);
			REFUSED();
		}
	FIND("DISP", &p);
	self->len = resize(self->data, self->len, &p, 0);
	REFUSED();
}

TEST_F(content, of_another_layout)
{
	static const char * const tags[] = { "VRAM", "DISP", "ENG " };
	struct place p;
	size_t i;

	CITES(INVALID);
	for (i = 0; i < 3; i++) {
		FIND(tags[i], &p);
		p.head[4]++;
		REFUSED();
	}
}

TEST_F(content, with_an_unknown_section)
{
	struct place p;

	CITES(INVALID);
	FIND("DISP", &p);
	p.head[0] = 'X';
	REFUSED();
}

/* The fields of DISP are 11 of two bytes, then the byte order. */
TEST_F(content, with_a_register_that_cannot_be)
{
	static const u32 orders[] = { 0, 0x1e1e1e1d, 0x1e1e1e1f, 0xbebebebd,
				      0xbebebebf, 0x5a5a5a5a };
	struct place p;
	size_t i;

	CITES(INVALID);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		FIND("DISP", &p);
		put_unaligned_le32(orders[i], p.payload + 22);
		REFUSED();
	}
	/* Source, destination, length; then command and status. */
	for (i = 0; i < 2; i++) {
		FIND("ENG ", &p);
		put_unaligned_le32(0xffffff, p.payload + 20 + 4 * i);
		REFUSED();
	}
}

/* Offset and length of a run of VRAM that is not inside, or is no page's. */
TEST_F(content, with_a_run_outside_of_memory)
{
	static const struct { u64 off, len; } runs[] = {
		{ 4 << 20, PAGE },
		{ (4 << 20) - PAGE, 2 * PAGE },
		{ ~0ULL - PAGE + 1, PAGE },
		{ ~0ULL << 12, 2 * PAGE },
		{ 1ULL << 40, PAGE },
		{ 8 * PAGE, 1ULL << 40 },
		{ 8 * PAGE, ~0ULL << 12 },
		{ 8 * PAGE + 8, PAGE },
		{ 8 * PAGE, PAGE - 8 },
		{ 8 * PAGE, 0 },
	};
	struct place p;
	size_t i, bare;

	CITES("must not result in error conditions outside the user context (ex. host system faults).");
	for (i = 0; i < ARRAY_SIZE(runs); i++)
		/* With bytes, and as a run of zeroes. */
		for (bare = 0; bare < 2; bare++) {
			FIND("VRAM", &p);
			put_unaligned_le64(runs[i].off, p.payload);
			put_unaligned_le64(runs[i].len, p.payload + 8);
			if (bare)
				self->len = resize(self->data, self->len, &p,
						   RUN);
			REFUSED();
		}
}

/* The run says how long it is, and its record does, too. */
TEST_F(content, with_a_run_of_two_lengths)
{
	struct place p;

	CITES(INVALID);
	FIND("VRAM", &p);
	put_unaligned_le64(2 * PAGE, p.payload + 8);
	REFUSED();
	FIND("VRAM", &p);
	self->len = resize(self->data, self->len, &p, p.len + PAGE);
	REFUSED();
	FIND("VRAM", &p);
	self->len = resize(self->data, self->len, &p, p.len - 1);
	REFUSED();
	FIND("VRAM", &p);
	self->len = resize(self->data, self->len, &p, RUN - 1);
	REFUSED();
}

/* A length that no record may have, whose bytes are there. */
TEST_F(content, with_a_record_longer_than_any)
{
	static const u32 lengths[] = { VMIG_CHUNK_MAX + 1, 2 * VMIG_CHUNK_MAX };
	struct place p;
	size_t i;

	CITES(INVALID);
	for (i = 0; i < 2; i++) {
		FIND("VRAM", &p);
		self->len = resize(self->data, self->len, &p, lengths[i]);
		REFUSED();
	}
}

TEST_HARNESS_MAIN
