// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saved streams, changed, into a resuming vGPU: refused with an errno of
 * Documentation/stream-format.rst and a reason, or applied as a whole; and the
 * device is as new after a reset.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "stream.h"
#include "../mutate.h"
#include "run.h"

#define BASES		4
#define STREAM_MAX	0x100000
#define PAGE		4096
#define ENGINE		4

struct fuzzer {
	struct run *run;
	struct rng rng;
	struct kcov kcov;
	struct vdev v;
	struct stream base[BASES];
	char reason_path[PATH_MAX];
	u8 *buf;
};

static uint64_t at(uint32_t region, uint64_t off)
{
	return ((uint64_t)region << 40) + off;
}

static void put(struct fuzzer *f, uint32_t region, uint32_t off, uint32_t value,
		size_t len)
{
	if (pwrite(f->v.fd, &value, len, at(region, off)) != (ssize_t)len)
		run_broken(f->run, "register %#x of region %u: errno %d", off,
			   region, errno);
}

/* States worth saving: new, with VRAM, with a mode, with a copy under way. */
static void dress(struct fuzzer *f, unsigned int which)
{
	static const char line[] = "not all of it is zero";
	unsigned int i;

	for (i = 0; which >= 1 && i < 8; i++)
		if (pwrite(f->v.fd, line, sizeof(line),
			   at(0, i * 5 * PAGE)) < 0)
			run_broken(f->run, "VRAM: errno %d", errno);
	for (i = 1; which >= 2 && i < 10; i++)
		put(f, 2, 0x500 + 2 * i, 16 * i, 2);
	if (which < 3)
		return;
	put(f, ENGINE, 0x18, 4 * PAGE, 4);
	put(f, ENGINE, 0x24, 0x01020304, 4);
	put(f, ENGINE, 0x1c, 4, 4);
}

static void must(struct fuzzer *f, int ret, const char *what)
{
	if (ret)
		run_broken(f->run, "%s: %d", what, ret);
}

static void renew(struct fuzzer *f)
{
	must(f, vdev_reset(&f->v), "reset");
	if (vdev_get_state(&f->v) != VFIO_DEVICE_STATE_RUNNING)
		run_broken(f->run, "not RUNNING after a reset");
}

/* From PRE_COPY: what is sent while it runs, and then the rest. */
static void save_precopy(struct fuzzer *f, struct stream *s)
{
	int fd, ret;

	must(f, vdev_set_state(&f->v, VFIO_DEVICE_STATE_PRE_COPY, &fd),
	     "PRE_COPY");
	ret = stream_read(fd, s, PAGE);
	if (ret != -ENOMSG)
		run_broken(f->run, "end of PRE_COPY: %d", ret);
	must(f, vdev_set_state(&f->v, VFIO_DEVICE_STATE_STOP_COPY, NULL),
	     "STOP_COPY");
	must(f, stream_read(fd, s, PAGE), "rest of the stream");
	close(fd);
}

static void make_bases(struct fuzzer *f)
{
	unsigned int i;

	for (i = 0; i < BASES; i++) {
		dress(f, i);
		if (i & 1)
			save_precopy(f, &f->base[i]);
		else
			must(f, stream_save(&f->v, &f->base[i]), "save");
		if (f->base[i].len > STREAM_MAX / 2)
			run_broken(f->run, "base %u has %zu bytes", i,
				   f->base[i].len);
		renew(f);
	}
}

static void read_reason(struct fuzzer *f, char *to, size_t room)
{
	int fd = open(f->reason_path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, room - 1);

	to[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Documentation/stream-format.rst: errors. */
static bool documented(int error)
{
	switch (-error) {
	case EINVAL:
	case EBADMSG:
	case EPROTONOSUPPORT:
	case EOPNOTSUPP:
	case ENODEV:
	case ERANGE:
	case EMSGSIZE:
	case ENODATA:
	case ENOMEM:
		return true;
	default:
		return false;
	}
}

static int write_pieces(struct fuzzer *f, int fd, size_t len)
{
	size_t most = 1 + rng_odd(&f->rng, 18), pos = 0, n;
	ssize_t ret;

	/* A limit to the calls of a long stream in bytes of its own. */
	if (most < len / 64)
		most = len / 64;
	for (pos = 0; pos < len; pos += n) {
		n = 1 + rng_below(&f->rng, most);
		if (n > len - pos)
			n = len - pos;
		ret = write(fd, f->buf + pos, n);
		if (ret < 0)
			return -errno;
		if (ret != (ssize_t)n)
			run_broken(f->run, "write of %zu bytes took %zd", n, ret);
	}
	return 0;
}

/* Which state a complete stream is asked to go to: STOP, or beyond it. */
static uint32_t next_state(struct fuzzer *f)
{
	static const uint32_t next[] = {
		VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP,
		VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P,
		VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_PRE_COPY,
	};

	return next[rng_below(&f->rng, ARRAY_SIZE(next))];
}

/* The verdict on what is in buf; a refused write sticks. */
static int load(struct fuzzer *f, size_t len)
{
	uint32_t to = next_state(f);
	int fd, ret, verdict;

	must(f, vdev_set_state(&f->v, VFIO_DEVICE_STATE_RESUMING, &fd),
	     "RESUMING");
	ret = write_pieces(f, fd, len);
	verdict = vdev_set_state(&f->v, to, NULL);
	if (ret && verdict != ret)
		run_broken(f->run, "write() says %d and %s %d", ret,
			   state_name(to), verdict);
	if (vdev_get_state(&f->v) !=
	    (verdict ? VFIO_DEVICE_STATE_RESUMING : to))
		run_broken(f->run, "%d to %s, and is %s", verdict,
			   state_name(to), state_name(vdev_get_state(&f->v)));
	close(fd);
	return verdict;
}

static void load_good(struct fuzzer *f, const struct stream *s)
{
	memcpy(f->buf, s->data, s->len);
	must(f, load(f, s->len), "a good stream");
	renew(f);
}

/* A reason that is another one than that of what was refused before. */
static void check_reason(struct fuzzer *f, int error, const char *before)
{
	char reason[256];

	if (!documented(error))
		run_broken(f->run, "error %d is not in the table", error);
	read_reason(f, reason, sizeof(reason));
	if (strlen(reason) < 4 || !strcmp(reason, before))
		run_broken(f->run, "%d for the reason '%s'", error, reason);
}

/* What was accepted can be saved again and run. */
static void use(struct fuzzer *f)
{
	struct stream s = { 0 };

	if (rng_once_in(&f->rng, 2)) {
		must(f, vdev_set_state(&f->v, VFIO_DEVICE_STATE_RUNNING, NULL),
		     "run after a load");
		return;
	}
	must(f, vdev_set_state(&f->v, VFIO_DEVICE_STATE_STOP, NULL), "stop");
	must(f, stream_save(&f->v, &s), "save after a load");
	stream_free(&s);
}

static size_t change(struct fuzzer *f, size_t len, unsigned int changes)
{
	bool bytes = rng_once_in(&f->rng, 4);

	while (changes--)
		len = bytes ? mutate_bytes(&f->rng, f->buf, len, STREAM_MAX) :
			      mutate_records(&f->rng, f->buf, len, STREAM_MAX);
	return len;
}

static void one(struct fuzzer *f, unsigned long i)
{
	const struct stream *base = &f->base[rng_below(&f->rng, BASES)];
	unsigned int changes = 1 + rng_below(&f->rng, 4);
	enum mend how = rng_below(&f->rng, 8);
	char before[256];
	size_t len;
	int ret;

	if (how > MEND_ALL)
		how = MEND_ALL;
	memcpy(f->buf, base->data, base->len);
	len = change(f, base->len, changes);
	mend(f->buf, len, how);
	run_doing(f->run, 0, "stream %lu: base %zu, %u changes, mend %u, %zu bytes",
		  i, base - f->base, changes, how, len);
	/* A refusal that is known: whatever comes next has another reason. */
	vdev_set_state(&f->v, VFIO_DEVICE_STATE_ERROR, NULL);
	read_reason(f, before, sizeof(before));
	if (rng_once_in(&f->rng, 2))
		put(f, VFIO_PCI_CONFIG_REGION_INDEX, 4, 6, 2);
	ret = load(f, len);
	if (ret) {
		check_reason(f, ret, before);
	} else {
		if (how != MEND_ALL &&
		    (len != base->len || memcmp(f->buf, base->data, len)))
			run_broken(f->run, "a broken stream is accepted");
		f->run->report->good++;
		use(f);
	}
	renew(f);
	if (!(i % 64))
		load_good(f, base);
}

static void fuzz(struct run *run)
{
	struct fuzzer f = { .run = run, .rng = { .state = run->seed } };
	const char *sysfs = getenv("VFIO_MIG_DEVICE");
	char name[PATH_MAX];
	unsigned long i;

	must(&f, sysfs ? vdev_open(&f.v) : -ENOENT, "open VFIO_MIG_DEVICE");
	snprintf(name, sizeof(name), "%s", sysfs);
	snprintf(f.reason_path, sizeof(f.reason_path),
		 "/sys/kernel/debug/vfio_mig/%.64s/reason", basename(name));
	f.buf = malloc(STREAM_MAX);
	must(&f, f.buf ? 0 : -ENOMEM, "buffer");
	kcov_open(&f.kcov);
	make_bases(&f);
	for (i = 0; run_goes_on(run); i++) {
		one(&f, i);
		kcov_collect(&f.kcov, &run->report->seen);
	}
	load_good(&f, &f.base[BASES - 1]);
	kcov_close(&f.kcov);
	vdev_close(&f.v);
}

int main(int argc, char **argv)
{
	return run_fuzzer("fuzzed streams", argc, argv, fuzz);
}
