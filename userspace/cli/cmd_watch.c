// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig watch: what happens to the devices of this host, as it happens. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "job.h"
#include "opts.h"

/**
 * struct watch - what to wait for
 * @name: only of this device, or NULL
 * @count: end after so many, 0 for never
 * @seen: so far
 * @end: milliseconds of the clock, or 0
 * @drawn: a bar is on the terminal
 */
struct watch {
	const char *name;
	uint64_t count;
	uint64_t seen;
	uint64_t end;
	bool drawn;
};

static const char *kind_of(const struct vfiomig_event *e)
{
	switch (e->kind) {
	case VFIOMIG_EVENT_STATE:
		return "state";
	case VFIOMIG_EVENT_PRECOPY:
		return "precopy";
	case VFIOMIG_EVENT_STREAM:
		return e->loaded ? "loaded" : "saved";
	case VFIOMIG_EVENT_FAILED:
		return "failed";
	case VFIOMIG_EVENT_COMPAT:
		return "compat";
	default:
		return "other";
	}
}

static void put(json_t *to, const char *key, uint64_t value)
{
	json_object_set_new(to, key, json_integer(value));
}

static json_t *to_json(const struct vfiomig_event *e)
{
	json_t *to = json_pack("{s:s, s:s}", "event", kind_of(e), "device", e->name);

	switch (e->kind) {
	case VFIOMIG_EVENT_STATE:
		json_object_set_new(to, "from", json_string(vfiomig_state_name(e->old_state)));
		json_object_set_new(to, "to", json_string(vfiomig_state_name(e->state)));
		break;
	case VFIOMIG_EVENT_PRECOPY:
		put(to, "initial", e->initial);
		put(to, "dirty", e->dirty);
		put(to, "bytes", e->bytes);
		break;
	case VFIOMIG_EVENT_STREAM:
		put(to, "bytes", e->bytes);
		put(to, "records", e->records);
		put(to, "usecs", e->usecs);
		break;
	case VFIOMIG_EVENT_FAILED:
		put(to, "code", e->code);
		json_object_set_new(to, "text", json_string(e->text));
		break;
	default:
		break;
	}
	return to;
}

static void print_line(const struct vfiomig_event *e)
{
	char a[16], b[16], c[16];

	printf("%s %s", plain(e->name), kind_of(e));
	switch (e->kind) {
	case VFIOMIG_EVENT_STATE:
		printf(" %s -> %s", vfiomig_state_name(e->old_state),
		       vfiomig_state_name(e->state));
		break;
	case VFIOMIG_EVENT_PRECOPY:
		printf(" %s sent, %s of the first pass and %s changed since left",
		       human_bytes(a, e->bytes), human_bytes(b, e->initial),
		       human_bytes(c, e->dirty));
		break;
	case VFIOMIG_EVENT_STREAM:
		printf(" %s in %llu records, %.6f s",
		       human_bytes(a, e->bytes), (unsigned long long)e->records,
		       e->usecs / 1e6);
		break;
	case VFIOMIG_EVENT_FAILED:
		printf(" %s: %s", strerror(-e->code), plain(e->text));
		break;
	default:
		break;
	}
	putchar('\n');
}

/* Pre-copy is a bar that is drawn over; all else is a line that stays. */
static void tell(struct watch *w, const struct vfiomig_event *e)
{
	if (cli.json) {
		json_t *value = to_json(e);

		cli.printed = true;
		json_dumpf(value, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(value);
		putchar('\n');
	} else if (e->kind == VFIOMIG_EVENT_PRECOPY && has_terminal()) {
		draw_bar(e->name, e->bytes, e->bytes + e->initial + e->dirty);
		w->drawn = true;
	} else {
		if (w->drawn)
			fputc('\n', stderr);
		w->drawn = false;
		print_line(e);
	}
	fflush(stdout);
}

/* Who has read enough closes the pipe. */
static bool enough(const struct watch *w)
{
	return is_interrupted() || ferror(stdout) ||
	       (w->count && w->seen >= w->count);
}

static int drain(struct watch *w, struct vfiomig_events *events)
{
	struct vfiomig_event e = { .size = sizeof(e) };
	int ret = 0;

	while (!enough(w)) {
		ret = vfiomig_events_next(events, &e);
		if (ret == -ENOBUFS) {
			note("events were lost");
			continue;
		}
		if (ret <= 0)
			break;
		if (w->name && strcmp(w->name, e.name))
			continue;
		tell(w, &e);
		w->seen++;
	}
	return ret < 0 ? ret : 0;
}

static int left_ms(const struct watch *w)
{
	uint64_t now = now_ms();

	if (!w->end)
		return -1;
	return w->end > now ? (int)(w->end - now) : 0;
}

/* 0 at the end of the time, or of the patience of who has started us. */
static int listen_to(struct watch *w, struct vfiomig_events *events)
{
	struct pollfd p[] = {
		{ .fd = vfiomig_events_fd(events), .events = POLLIN },
		{ .fd = interrupt_fd(), .events = POLLIN },
	};
	int ret;

	while (!enough(w)) {
		ret = poll(p, 2, left_ms(w));
		if (!ret)
			return 0;
		if (ret < 0 && errno != EINTR)
			return -errno;
		ret = drain(w, events);
		if (ret)
			return ret;
	}
	return 0;
}

static int watch(struct watch *w)
{
	struct vfiomig_events *events;
	int ret = vfiomig_events_open(&events);

	if (ret == -ENOTTY)
		return fail("no events: vfio_mig is not loaded");
	if (ret)
		return fail("no events: %s", strerror(-ret));
	note("watching");
	ret = listen_to(w, events);
	vfiomig_events_close(events);
	if (w->drawn)
		fputc('\n', stderr);
	if (ret)
		return fail("events: %s", strerror(-ret));
	return w->count && w->seen < w->count ? EXIT_NO : EXIT_YES;
}

static int run(int argc, char **argv)
{
	struct watch w = { 0 };
	uint64_t timeout = 0;
	uint32_t ms;
	const struct opt options[] = {
		{ "--count", .number = &w.count },
		{ "--timeout", .number = &timeout },
		{ 0 },
	};

	if (!opts_take(&argc, argv, options) || argc > 2 ||
	    !opts_ms(timeout, &ms))
		return usage(&cmd_watch);
	w.name = argv[1];
	w.end = ms ? now_ms() + ms : 0;
	catch_signals();
	return watch(&w);
}

const struct command cmd_watch = {
	.name = "watch",
	.usage = "[DEVICE] [OPTIONS]\n"
		 "  DEVICE       name in sysfs; without it all devices\n"
		 "  --count N    end after so many events; exit code 1 if there were fewer\n"
		 "  --timeout S  end after so many seconds\n"
		 "With --json each event is one line",
	.help = "prints what happens to devices: states, progress, failures, changes",
	.run = run,
};
