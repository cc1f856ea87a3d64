// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig estimate: how long a migration will take, and whether it ends. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "facts.h"
#include "job.h"
#include "opts.h"

/* A VMM is in the middle of a call only for a moment. */
#define BUSY_TRIES	100
#define BUSY_MS		10

#define BANDWIDTH	125000000	/* 1 Gbit a second */
#define LIMIT_MS	300		/* QEMU's own */

/**
 * struct wanted - options
 * @bandwidth: bytes a second
 * @limit: downtime limit in ms
 * @rate: bytes a second that are written again, 0: measure
 * @ram: bytes of RAM that go the same way
 * @seconds: how long to measure
 */
struct wanted {
	uint64_t bandwidth;
	uint64_t limit;
	uint64_t rate;
	uint64_t ram;
	uint64_t seconds;
};

/**
 * struct subject_size - one device
 * @o: device
 * @s: sizes, and the state that they are of
 * @asked: by netlink; otherwise it was opened
 */
struct subject_size {
	struct object o;
	struct vfiomig_status s;
	bool asked;
};

/**
 * struct estimate - all of them, and RAM
 * @nr: devices
 * @all: of them
 * @measured: @rate is what they wrote
 * @rate: bytes a second
 */
struct estimate {
	size_t nr;
	struct subject_size *all;
	bool measured;
	uint64_t rate;
	struct vfiomig_forecast f;
};

static int status_of(const char *name, struct vfiomig_status *s)
{
	int ret = -EBUSY, i;

	*s = (struct vfiomig_status){ .size = sizeof(*s) };
	for (i = 0; i < BUSY_TRIES && ret == -EBUSY && !is_interrupted(); i++) {
		if (i)
			poll(NULL, 0, BUSY_MS);
		ret = vfiomig_status_of(name, s);
	}
	return ret;
}

/* A device of another driver, which only its user may ask. */
static int open_and_ask(struct subject_size *d)
{
	struct vfiomig_sizes s = { .size = sizeof(s) };
	struct handle h;
	int ret = device_open(&h, &d->o);

	if (ret)
		return ret;
	ret = vfiomig_size(h.ctx, &s);
	if (ret)
		fail("%s: %s", d->o.name, vfiomig_error(h.ctx));
	d->s.state = vfiomig_get_state(h.ctx);
	d->s.exact = s.exact;
	d->s.initial = s.initial;
	d->s.dirty = s.dirty;
	d->s.stop_copy = s.stop_copy;
	device_close(&h);
	return ret;
}

static int ask(struct subject_size *d, const char *name)
{
	int ret = host_find(name, OBJECT_DEVICES, &d->o);

	if (ret) {
		fail("there is no device %s", name);
		return ret;
	}
	ret = status_of(d->o.name, &d->s);
	d->asked = !ret;
	if (ret == -ENOTTY || ret == -ENODEV)
		return open_and_ask(d);
	if (ret)
		fail("%s: sizes: %s", d->o.name, strerror(-ret));
	return ret;
}

static bool in_precopy(const struct subject_size *d)
{
	return d->asked && (d->s.state == VFIOMIG_STATE_PRE_COPY ||
			    d->s.state == VFIOMIG_STATE_PRE_COPY_P2P);
}

/* All that a device has had to send until now. */
static uint64_t due(const struct vfiomig_status *s)
{
	return s->bytes + s->initial + s->stop_copy;
}

static int add_written(struct estimate *e, uint64_t *written)
{
	struct vfiomig_status now;
	size_t i;
	int ret;

	for (i = 0; i < e->nr; i++) {
		if (!in_precopy(&e->all[i]))
			continue;
		ret = status_of(e->all[i].o.name, &now);
		if (ret)
			return fail("%s: sizes: %s", e->all[i].o.name, strerror(-ret));
		if (due(&now) > due(&e->all[i].s))
			*written += due(&now) - due(&e->all[i].s);
		e->all[i].s = now;
	}
	return 0;
}

/* Only a device that is in pre-copy tells what is written to it. */
static int measure(struct estimate *e, uint64_t seconds)
{
	struct pollfd p = { .fd = interrupt_fd(), .events = POLLIN };
	uint64_t begun = now_ms(), written = 0, took;
	int ret;

	if (poll(&p, 1, (int)seconds * 1000) && is_interrupted())
		return fail("interrupted");
	ret = add_written(e, &written);
	took = now_ms() - begun;
	e->measured = true;
	e->rate = took ? written * 1000 / took : 0;
	return ret;
}

static bool any_in_precopy(const struct estimate *e)
{
	size_t i;

	for (i = 0; i < e->nr; i++)
		if (in_precopy(&e->all[i]))
			return true;
	return false;
}

static int reckon(struct estimate *e, const struct wanted *w)
{
	struct vfiomig_sizes *s = calloc(e->nr + 1, sizeof(*s));
	size_t i;
	int ret;

	if (!s)
		return fail("no memory");
	for (i = 0; i < e->nr; i++) {
		s[i].initial = e->all[i].s.initial;
		s[i].dirty = e->all[i].s.dirty;
		s[i].stop_copy = e->all[i].s.stop_copy;
	}
	s[e->nr].initial = w->ram;
	e->f.size = sizeof(e->f);
	ret = vfiomig_forecast(s, e->nr + 1, e->rate, w->bandwidth, w->limit, &e->f);
	free(s);
	return ret < 0 ? fail("%s", strerror(-ret)) : 0;
}

static const char *fit_name(enum vfiomig_fit fit)
{
	return fit == VFIOMIG_FITS ? "now" :
	       fit == VFIOMIG_FITS_LATER ? "later" : "never";
}

static json_t *device_to_json(const struct subject_size *d)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:s}", "name", d->o.name,
			 "state", vfiomig_state_name(d->s.state),
			 "initial", (json_int_t)d->s.initial,
			 "dirty", (json_int_t)d->s.dirty,
			 "stop_copy", (json_int_t)d->s.stop_copy,
			 "exact", d->s.exact != 0,
			 "by", d->asked ? "netlink" : "opening it");
}

static int print_as_json(const struct estimate *e, const struct wanted *w)
{
	json_t *devices = json_array(), *to;
	size_t i;

	for (i = 0; i < e->nr; i++)
		json_array_append_new(devices, device_to_json(&e->all[i]));
	to = json_pack("{s:o, s:I, s:I, s:I, s:b, s:I, s:s, s:I, s:I, s:I}",
		       "devices", devices, "bandwidth", (json_int_t)w->bandwidth,
		       "limit_ms", (json_int_t)w->limit, "rate", (json_int_t)e->rate,
		       "rate_measured", e->measured, "ram", (json_int_t)w->ram,
		       "ends", fit_name(e->f.fit), "bytes", (json_int_t)e->f.bytes,
		       "downtime_ms", (json_int_t)e->f.downtime_ms,
		       "rest_bytes", (json_int_t)e->f.rest_bytes);
	if (to && e->f.fit != VFIOMIG_FITS_NEVER)
		json_object_set_new(to, "total_ms", json_integer(e->f.total_ms));
	return print_json(to);
}

static void print_device(const struct subject_size *d)
{
	char a[16], b[16];

	printf("%s: %s, %s while it runs, %s%s when it has stopped%s\n",
	       plain(d->o.name), vfiomig_state_name(d->s.state),
	       human_bytes(a, d->s.initial + d->s.dirty),
	       d->s.exact ? "" : "at most ",
	       human_bytes(b, d->s.stop_copy - d->s.dirty),
	       d->asked ? "" : " (it was opened for that)");
}

static void print_rate(const struct estimate *e)
{
	char a[16];

	if (e->measured)
		printf("written again: %s a second, measured\n",
		       human_bytes(a, e->rate));
	else if (e->rate)
		printf("written again: %s a second, as you say\n",
		       human_bytes(a, e->rate));
	else
		puts("written again: not known before pre-copy, and taken as 0; see --rate");
}

static void print_end(const struct estimate *e, const struct wanted *w)
{
	const struct vfiomig_forecast *f = &e->f;
	char a[16];

	printf("to be sent: %s in all\n", human_bytes(a, f->bytes));
	if (f->fit == VFIOMIG_FITS) {
		printf("ends: at once, with a downtime of %llu ms\n",
		       (unsigned long long)f->downtime_ms);
	} else if (f->fit == VFIOMIG_FITS_LATER) {
		printf("ends: after %llu ms, with a downtime of %llu ms\n",
		       (unsigned long long)f->total_ms,
		       (unsigned long long)f->downtime_ms);
	} else if (f->rest_bytes > w->bandwidth / 1000 * w->limit) {
		printf("does not end: what only stopped devices send takes longer than %llu ms\n",
		       (unsigned long long)w->limit);
	} else {
		printf("does not end: as much is written again as is sent\n");
	}
}

static int print(const struct estimate *e, const struct wanted *w)
{
	size_t i;

	if (cli.json) {
		print_as_json(e, w);
	} else {
		for (i = 0; i < e->nr; i++)
			print_device(&e->all[i]);
		print_rate(e);
		print_end(e, w);
	}
	return e->f.fit == VFIOMIG_FITS_NEVER ? EXIT_NO : EXIT_YES;
}

static int estimate(struct estimate *e, char **names, const struct wanted *w)
{
	size_t i;

	for (i = 0; i < e->nr; i++)
		if (ask(&e->all[i], names[i]))
			return EXIT_FAILED;
	e->rate = w->rate;
	if (!w->rate && any_in_precopy(e) && measure(e, w->seconds))
		return EXIT_FAILED;
	if (reckon(e, w))
		return EXIT_FAILED;
	return print(e, w);
}

static int run(int argc, char **argv)
{
	struct wanted w = { .bandwidth = BANDWIDTH, .limit = LIMIT_MS, .seconds = 1 };
	struct estimate e = { 0 };
	const struct opt options[] = {
		{ "--bandwidth", .number = &w.bandwidth },
		{ "--downtime", .number = &w.limit },
		{ "--rate", .number = &w.rate },
		{ "--ram", .number = &w.ram },
		{ "--seconds", .number = &w.seconds },
		{ 0 },
	};
	int ret;

	if (!opts_take(&argc, argv, options) || argc < 2 || !w.bandwidth ||
	    w.limit > UINT32_MAX || !w.seconds || w.seconds > 3600)
		return usage(&cmd_estimate);
	if (!host_is_live())
		return fail("only a host's own devices can be asked for sizes");
	catch_signals();
	e.nr = argc - 1;
	e.all = calloc(e.nr, sizeof(*e.all));
	if (!e.all)
		return fail("no memory");
	ret = estimate(&e, argv + 1, &w);
	free(e.all);
	return ret;
}

const struct command cmd_estimate = {
	.name = "estimate",
	.usage = "DEVICE... [OPTIONS]\n"
		 "  --bandwidth N  bytes a second to the target (default 125000000)\n"
		 "  --downtime MS  limit (default 300, as QEMU has it)\n"
		 "  --ram N        bytes of the guest's memory, which go the same way\n"
		 "  --rate N       bytes a second that are written again; it is measured\n"
		 "                 when a device is in pre-copy, and taken as 0 before\n"
		 "  --seconds N    how long to measure (default 1)\n"
		 "Devices of vfio_mig are asked while a VMM has them, others are opened",
	.help = "says how long a migration takes, and whether it ends",
	.run = run,
};
