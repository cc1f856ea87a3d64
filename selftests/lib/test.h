/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP, a fake device and the library: what every test here begins with. */
#ifndef _LIB_TEST_H
#define _LIB_TEST_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "unit.h"
#include "fake.h"
#include "vfiomig.h"

/* A stream in memory: sink and source. */
struct memory {
	uint8_t *data;
	size_t len;
	size_t room;
	size_t pos;
	unsigned int stutter;	/* each so manieth call is -EAGAIN */
	unsigned int calls;
	size_t fails_at;	/* -EPIPE from so many bytes on; 0 for never */
};

static inline ssize_t memory_write(void *arg, const void *buf, size_t len)
{
	struct memory *m = arg;

	if (m->stutter && ++m->calls % m->stutter == 0)
		return -EAGAIN;
	if (m->fails_at && m->len + len > m->fails_at)
		return -EPIPE;
	if (m->stutter && len > 1000)
		len = 1000;
	if (m->len + len > m->room) {
		m->room = 2 * (m->len + len);
		m->data = realloc(m->data, m->room);
	}
	memcpy(m->data + m->len, buf, len);
	m->len += len;
	return len;
}

static inline ssize_t memory_read(void *arg, void *buf, size_t len)
{
	struct memory *m = arg;

	if (m->stutter && ++m->calls % m->stutter == 0)
		return -EAGAIN;
	if (m->fails_at && m->pos >= m->fails_at)
		return -EPIPE;
	if (len > m->len - m->pos)
		len = m->len - m->pos;
	memcpy(buf, m->data + m->pos, len);
	m->pos += len;
	return len;
}

static inline struct vfiomig_sink memory_sink(struct memory *m)
{
	return (struct vfiomig_sink){
		.size = sizeof(struct vfiomig_sink), .write = memory_write, .arg = m,
	};
}

static inline struct vfiomig_source memory_source(struct memory *m)
{
	return (struct vfiomig_source){
		.size = sizeof(struct vfiomig_source), .read = memory_read, .arg = m,
	};
}

/* The begin of a test's case; NULL if even that fails. */
static inline struct vfiomig *open_fake(struct fake *f)
{
	struct vfiomig *ctx;

	return vfiomig_new(&ctx, f->fd) ? NULL : ctx;
}

static inline void close_fake(struct fake *f, struct vfiomig *ctx)
{
	vfiomig_free(ctx);
	fake_end(f);
}

struct test {
	bool (*run)(void);
	const char *name;
};

/* No test may leave a file open. */
static inline int run_tests(const struct test *tests, size_t nr)
{
	int before = open_files();
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(300);	/* what hangs has failed */
	tap_plan(nr + 1);
	for (i = 0; i < nr; i++)
		tap(tests[i].run(), "%s", tests[i].name);
	tap(open_files() == before, "no file is left open");
	return tap_status;
}

/* For the reason of a failure, in a test that goes through many cases. */
#define EXPECT(what, ...) ({						\
	bool _good = (what);						\
									\
	if (!_good) {							\
		printf("# %s:%d: %s; ", __FILE__, __LINE__, #what);	\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	}								\
	_good;								\
})

#endif
