// SPDX-License-Identifier: GPL-2.0-only
/* Saving and loading: by steps, as a whole, and when to stop the device. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <sys/socket.h>
#include "test.h"

static bool save_and_load(const struct fake *kind, int entry, unsigned int stutter)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_source source = memory_source(&m);
	struct fake from = *kind, to = *kind;
	struct vfiomig *a, *b;
	bool good;

	fake_begin(&from);
	from.flags = kind->flags;
	from.piece = kind->piece;
	from.starve = kind->starve;
	from.ends_by_enomsg = kind->ends_by_enomsg;
	from.features = kind->features;
	fake_begin(&to);
	to.flags = kind->flags;
	to.piece = kind->piece;
	to.starve = kind->starve;
	a = open_fake(&from);
	b = open_fake(&to);
	/* A stuttering callback names a file that is always ready. */
	m.stutter = stutter > 1 ? stutter : 0;
	sink.fd = from.fd;
	source.fd = from.fd;
	sink.flags = m.stutter ? VFIOMIG_HAS_FD : 0;
	source.flags = sink.flags;
	good = !vfiomig_set_nonblock(a, true) && !vfiomig_set_nonblock(b, true) &&
	       !vfiomig_set_state(a, entry) &&
	       EXPECT(!vfiomig_save(a, &sink, NULL), "%s", vfiomig_error(a)) &&
	       from.state == VFIO_DEVICE_STATE_STOP &&
	       m.len == from.initial + from.rest + FAKE_TRAILER &&
	       fake_stream(m.data, m.len) &&
	       EXPECT(!vfiomig_load(b, &source, NULL), "%s", vfiomig_error(b)) &&
	       to.state == VFIO_DEVICE_STATE_STOP && to.loaded &&
	       !vfiomig_set_state(b, VFIOMIG_STATE_RUNNING) && to.loaded;
	free(m.data);
	close_fake(&from, a);
	close_fake(&to, b);
	return good;
}

static bool all_kinds_migrate(void)
{
	static const uint64_t flags[] = { 1, 3, 5, 7 };
	static const size_t pieces[] = { 0, 1, 777 };
	unsigned int i, j, k;
	struct fake kind;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		for (j = 0; j < ARRAY_SIZE(pieces); j++)
			for (k = 0; k < 4; k++) {
				kind = (struct fake){
					.flags = flags[i], .piece = pieces[j],
					.ends_by_enomsg = k & 1,
					.starve = k & 2 ? 3 : 0,
					.features = k & 1 ? 0 : ALL_FEATURES,
				};
				good = good &&
				       save_and_load(&kind, VFIOMIG_STATE_RUNNING, k + 1) &&
				       save_and_load(&kind, VFIOMIG_STATE_STOP, k + 1);
				if (flags[i] & VFIOMIG_P2P)
					good = good && save_and_load(&kind,
						VFIOMIG_STATE_RUNNING_P2P, k + 1);
			}
	return good;
}

static bool p2p_stays_quiet(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, VFIOMIG_STATE_RUNNING_P2P);
	f.arcs = 0;
	good = good && !vfiomig_save(ctx, &sink, NULL) &&
	       f.arcs & 1u << VFIOMIG_STATE_PRE_COPY_P2P &&
	       !(f.arcs & (1u << VFIOMIG_STATE_PRE_COPY |
			   1u << VFIOMIG_STATE_RUNNING));
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool steps_say_where_they_are(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	struct fake f;
	uint64_t moved;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = vfiomig_save_step(ctx, &sink, 0, &moved) == -EBADF && !moved &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY) &&
	       vfiomig_save_step(ctx, &sink, 1000, &moved) == VFIOMIG_MORE &&
	       moved == 1000 &&
	       vfiomig_save_step(ctx, &sink, UINT64_MAX, &moved) == VFIOMIG_IDLE &&
	       moved == f.initial - 1000 &&
	       vfiomig_save_step(ctx, &sink, 0, &moved) == VFIOMIG_IDLE && !moved &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_STOP_COPY) &&
	       vfiomig_save_step(ctx, &sink, 0, NULL) == VFIOMIG_MORE &&
	       vfiomig_save_step(ctx, &sink, 0, &moved) == VFIOMIG_DONE &&
	       fake_stream(m.data, m.len);
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool load_steps_keep_to_the_budget(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_source source = memory_source(&m);
	struct vfiomig *ctx;
	struct fake f;
	uint64_t moved;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_save(ctx, &sink, NULL) &&
	       vfiomig_load_step(ctx, &source, 0, NULL) == -EBADF && !m.pos &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_RESUMING) &&
	       vfiomig_load_step(ctx, &source, 1000, &moved) == VFIOMIG_MORE &&
	       moved == 1000 && m.pos == 1000 &&
	       vfiomig_load_step(ctx, &source, UINT64_MAX, &moved) == VFIOMIG_DONE &&
	       moved == m.len - 1000 &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_STOP) && f.loaded;
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

/* Bytes that a sink did not take are neither lost nor sent twice. */
static bool blocked_steps_go_on(void)
{
	struct memory m = { .stutter = 2 };
	struct vfiomig_sink sink = memory_sink(&m);
	int device = 0, peer = 0, ret;
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.starve = 2;
	f.piece = 3000;
	ctx = open_fake(&f);
	good = !vfiomig_set_nonblock(ctx, true) &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_STOP_COPY);
	do {
		ret = vfiomig_save_step(ctx, &sink, UINT64_MAX, NULL);
		device += ret == -EAGAIN &&
			  vfiomig_blocked(ctx) == VFIOMIG_DEVICE;
		peer += ret == -EAGAIN && vfiomig_blocked(ctx) == VFIOMIG_PEER;
	} while (ret == -EAGAIN);
	good = good && ret == VFIOMIG_DONE && device > 2 && peer > 2 &&
	       fake_stream(m.data, m.len);
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool sinks_that_fail_leave_it_running(void)
{
	struct memory m = { .fails_at = 41000 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good = true;
	size_t at;

	fake_begin(&f);
	f.piece = 500;
	ctx = open_fake(&f);
	for (at = 1; at < f.initial + f.rest; at += 499) {
		m.len = 0;
		m.fails_at = at;
		good = good && vfiomig_save(ctx, &sink, NULL) == -EPIPE &&
		       f.state == VFIO_DEVICE_STATE_RUNNING && !f.nr_resets &&
		       !!strstr(vfiomig_error(ctx), "Broken pipe");
	}
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool sources_that_end_early_are_refused(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_source source = memory_source(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;
	size_t full;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_save(ctx, &sink, NULL);
	full = m.len;
	for (m.len = 0; good && m.len < full; m.len += 4999) {
		m.pos = 0;
		f.nr_resets = 0;
		good = vfiomig_load(ctx, &source, NULL) == -ENODATA &&
		       f.state == VFIO_DEVICE_STATE_RUNNING && !f.loaded &&
		       f.nr_resets == 1 && strstr(vfiomig_error(ctx), "reset");
	}
	m.len = full;
	m.pos = 0;
	m.fails_at = 100;
	good = good && vfiomig_load(ctx, &source, NULL) == -EPIPE && !f.loaded;
	m.fails_at = 0;
	m.pos = 1;
	good = good && vfiomig_load(ctx, &source, NULL) == -EBADMSG && !f.loaded;
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static int say_no(void *arg)
{
	(*(int *)arg)++;
	return -ECANCELED;
}

static int count(void *arg, const struct vfiomig_progress *p)
{
	(*(int *)arg)++;
	return 0;
}

static int no_progress(void *arg, const struct vfiomig_progress *p)
{
	return p->bytes > 10000 ? -ECANCELED : 0;
}

static bool callers_call_it_off(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_source source = memory_source(&m);
	int calls = 0;
	struct vfiomig_save_options stop = { .size = sizeof(stop), .stop = say_no, .arg = &calls };
	struct vfiomig_save_options progress = {
		.size = sizeof(progress), .progress = no_progress
	};
	struct vfiomig_load_options load = { .size = sizeof(load), .progress = no_progress };
	struct vfiomig_save_options counted = {
		.size = sizeof(counted), .progress = count, .arg = &calls
	};
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.piece = 3000;
	ctx = open_fake(&f);
	good = vfiomig_save(ctx, &sink, &stop) == -ECANCELED && calls == 1 &&
	       f.state == VFIO_DEVICE_STATE_RUNNING &&
	       vfiomig_save(ctx, &sink, &progress) == -ECANCELED &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && !f.nr_resets;
	m.len = 0;
	good = good && !vfiomig_save(ctx, &sink, &counted) && calls > 10 &&
	       vfiomig_load(ctx, &source, &load) == -ECANCELED &&
	       f.nr_resets == 1;
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

/* Files, not callbacks; the peer does not read, and the time ends. */
static bool time_is_bounded(void)
{
	struct vfiomig_save_options options = { .size = sizeof(options), .timeout_ms = 20 };
	struct vfiomig_load_options load = { .size = sizeof(load), .timeout_ms = 20 };
	struct vfiomig_source source = { .size = sizeof(source), .flags = VFIOMIG_HAS_FD };
	struct vfiomig_sink sink = { .size = sizeof(sink), .flags = VFIOMIG_HAS_FD };
	struct vfiomig *ctx;
	struct fake f;
	int pair[2];
	bool good;

	fake_begin(&f);
	f.rest = 10000000;
	ctx = open_fake(&f);
	good = !socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	sink.fd = pair[0];
	source.fd = pair[0];
	good = good && vfiomig_save(ctx, &sink, &options) == -ETIMEDOUT &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && !f.nr_resets &&
	       vfiomig_load(ctx, &source, &load) == -ETIMEDOUT &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && f.nr_resets == 1;
	close(pair[1]);
	/* And no SIGPIPE. */
	good = good && vfiomig_save(ctx, &sink, NULL) == -EPIPE &&
	       f.state == VFIO_DEVICE_STATE_RUNNING;
	close(pair[0]);
	close_fake(&f, ctx);
	return good;
}

static bool only_from_its_three_states(void)
{
	static const int others[] = {
		VFIOMIG_STATE_STOP_COPY, VFIOMIG_STATE_PRE_COPY,
		VFIOMIG_STATE_PRE_COPY_P2P, VFIOMIG_STATE_RESUMING,
	};
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_source source = memory_source(&m);
	struct vfiomig *ctx;
	struct fake f;
	unsigned int i;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		fake_begin(&f);
		ctx = open_fake(&f);
		good = good && !vfiomig_set_state(ctx, others[i]) &&
		       vfiomig_save(ctx, &sink, NULL) == -EBUSY &&
		       vfiomig_load(ctx, &source, NULL) == -EBUSY &&
		       (int)f.state == others[i] && !f.nr_resets;
		close_fake(&f, ctx);
	}
	return good;
}

static bool sizes_are(struct vfiomig *ctx, uint64_t initial, uint64_t dirty,
		      uint64_t stop_copy, uint32_t exact)
{
	struct vfiomig_sizes s = { .size = sizeof(s) };
	int ret = vfiomig_size(ctx, &s);

	return EXPECT(!ret && s.initial == initial && s.dirty == dirty &&
		      s.stop_copy == stop_copy && s.exact == exact,
		      "%d: %llu %llu %llu %x", ret,
		      (unsigned long long)s.initial, (unsigned long long)s.dirty,
		      (unsigned long long)s.stop_copy, s.exact);
}

static bool sizes_with_and_without_extension(void)
{
	struct vfiomig_precopy info = { .size = sizeof(info) };
	struct vfiomig *ctx;
	struct fake f;
	uint64_t size;
	char buf[100];
	bool good;

	fake_begin(&f);
	f.churn = 7;
	ctx = open_fake(&f);
	good = sizes_are(ctx, 40000, 0, 5008, 7) &&
	       vfiomig_precopy_info(ctx, &info) == -EBADF &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY) &&
	       vfiomig_read(ctx, buf, 100) == 100 &&
	       sizes_are(ctx, 39900, 7, 5015, 7) &&
	       !vfiomig_precopy_info(ctx, &info) && info.initial == 39900 &&
	       info.dirty == 7 && !info.reinit &&
	       !vfiomig_precopy_v2(ctx) && f.precopy_v2 &&
	       !vfiomig_precopy_info(ctx, &info) && info.reinit &&
	       !vfiomig_data_size(ctx, &size) && size == 44915;
	f.features &= ~HAS(SIZE);
	good = good && sizes_are(ctx, 39900, 7, 5015, 0) &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_STOP_COPY) &&
	       vfiomig_precopy_info(ctx, &info) == -EINVAL &&
	       sizes_are(ctx, 0, 0, 44915, 0);
	f.features = 0;
	good = good && vfiomig_data_size(ctx, &size) == -ENOTTY &&
	       vfiomig_precopy_v2(ctx) == -ENOTTY &&
	       vfiomig_fits(ctx, 1, 1, NULL) == -ENOTTY;
	close_fake(&f, ctx);
	return good;
}

static bool decides(struct fake *f, struct vfiomig *ctx, uint64_t bandwidth,
		    uint32_t limit, int fit, uint64_t now, uint64_t best)
{
	struct vfiomig_decision d = { .size = sizeof(d) };
	int ret = vfiomig_fits(ctx, bandwidth, limit, &d);

	return EXPECT(ret == fit && (int)d.fit == fit && d.now_ms == now &&
		      d.best_ms == best, "%d, %llu ms, at best %llu ms", ret,
		      (unsigned long long)d.now_ms,
		      (unsigned long long)d.best_ms);
}

static bool downtime_is_decided(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.initial = 40000;
	f.rest = 10000 - FAKE_TRAILER;
	ctx = open_fake(&f);
	/* 50000 bytes now, 10000 at best; 1000 bytes a millisecond. */
	good = decides(&f, ctx, 1000000, 50, VFIOMIG_FITS, 50, 10) &&
	       decides(&f, ctx, 1000000, 49, VFIOMIG_FITS_LATER, 50, 10) &&
	       decides(&f, ctx, 1000000, 10, VFIOMIG_FITS_LATER, 50, 10) &&
	       decides(&f, ctx, 1000000, 9, VFIOMIG_FITS_NEVER, 50, 10) &&
	       decides(&f, ctx, 999999, 50, VFIOMIG_FITS_LATER, 51, 11) &&
	       decides(&f, ctx, 0, UINT32_MAX, VFIOMIG_FITS_NEVER, UINT64_MAX,
		       UINT64_MAX) &&
	       decides(&f, ctx, UINT64_MAX, 1, VFIOMIG_FITS, 1, 1) &&
	       decides(&f, ctx, 1, UINT32_MAX, VFIOMIG_FITS, 50000000, 10000000);
	f.rest = SIZE_MAX - 50000;
	good = good && decides(&f, ctx, 1, UINT32_MAX, VFIOMIG_FITS_NEVER,
			       UINT64_MAX, UINT64_MAX) &&
	       vfiomig_fits(ctx, UINT64_MAX, 1001, NULL) == VFIOMIG_FITS;
	f.rest = 10000 - FAKE_TRAILER;
	/* A driver that does not tell what pre-copy can send. */
	f.features &= ~HAS(SIZE);
	good = good && decides(&f, ctx, 1000000, 1, VFIOMIG_FITS_LATER, 50, 0);
	close_fake(&f, ctx);
	fake_begin(&f);
	f.flags = 1;
	f.rest = 10000 - FAKE_TRAILER;
	ctx = open_fake(&f);
	good = good && decides(&f, ctx, 1000000, 49, VFIOMIG_FITS_NEVER, 50, 50);
	close_fake(&f, ctx);
	return good;
}

static bool what_never_fits_is_not_begun(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_save_options options = {
		.size = sizeof(options), .bandwidth = 1000000, .downtime_ms = 4,
	};
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = vfiomig_save(ctx, &sink, &options) == -ETIME && !m.len &&
	       !f.arcs && strstr(vfiomig_error(ctx), "6 ms");
	/* It could later, but this device has no pre-copy, or may not use it. */
	options.downtime_ms = 10;
	options.flags = VFIOMIG_SAVE_NO_PRE_COPY;
	good = good && vfiomig_save(ctx, &sink, &options) == -ETIME && !f.arcs;
	options.flags = 0;
	good = good && !vfiomig_save(ctx, &sink, &options) &&
	       fake_stream(m.data, m.len);
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

/* The guest is faster than the limit allows: it is never stopped. */
static bool what_gets_dirty_too_fast_runs_on(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_save_options options = {
		.size = sizeof(options), .bandwidth = 1000000, .downtime_ms = 6, .timeout_ms = 30,
	};
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.churn = 5000;
	f.piece = 5000;
	ctx = open_fake(&f);
	good = vfiomig_save(ctx, &sink, &options) == -ETIMEDOUT &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && !f.nr_resets &&
	       !(f.arcs & 1u << VFIOMIG_STATE_STOP);
	/* Without a limit it is stopped when the first pass is over. */
	options.downtime_ms = 0;
	options.timeout_ms = 0;
	m.len = 0;
	good = good && !vfiomig_save(ctx, &sink, &options) &&
	       fake_stream(m.data, m.len);
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool dirty_pages_are_reported(void)
{
	struct vfiomig_range range = { .iova = 0x10000, .length = 0x64000 };
	uint64_t page = 1, bitmap[2] = { 0 };
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = vfiomig_dirty_report(ctx, &range, 4096, bitmap, 2) == -EINVAL &&
	       vfiomig_dirty_start(ctx, &range, 0, &page) == -EINVAL &&
	       !vfiomig_dirty_start(ctx, &range, 1, &page) && page == 4096 &&
	       vfiomig_dirty_start(ctx, &range, 1, &page) == -EBUSY &&
	       vfiomig_dirty_words(range.length, 4096) == 2 &&
	       vfiomig_dirty_words(range.length, 3) == 0 &&
	       vfiomig_dirty_words(UINT64_MAX, 1) == 1ull << 58 &&
	       vfiomig_dirty_report(ctx, &range, 4096, bitmap, 1) == -ENOBUFS &&
	       vfiomig_dirty_report(ctx, &range, 8192 + 1, bitmap, 2) == -EINVAL &&
	       !vfiomig_dirty_report(ctx, &range, 4096, bitmap, 2) &&
	       bitmap[0] == 0x9249249249249249 && bitmap[1] == 0x924924924 &&
	       !vfiomig_dirty_stop(ctx) && !f.logging;
	range.iova = UINT64_MAX - 4095;
	range.length = 8192;
	good = good && vfiomig_dirty_report(ctx, &range, 4096, bitmap, 2) == -EINVAL;
	f.features = 0;
	good = good && vfiomig_dirty_start(ctx, &range, 1, &page) == -ENOTTY &&
	       vfiomig_dirty_stop(ctx) == -ENOTTY;
	close_fake(&f, ctx);
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ all_kinds_migrate, "every kind of device is saved and loaded" },
		{ p2p_stays_quiet, "from RUNNING_P2P the device does no P2P" },
		{ steps_say_where_they_are, "steps of saving say where they are" },
		{ load_steps_keep_to_the_budget, "steps of loading keep to the budget" },
		{ blocked_steps_go_on, "steps go on after EAGAIN" },
		{ sinks_that_fail_leave_it_running, "a sink that fails leaves the device running" },
		{ sources_that_end_early_are_refused, "a stream that is cut or wrong is refused" },
		{ callers_call_it_off, "the caller may call it off" },
		{ time_is_bounded, "time is bounded" },
		{ only_from_its_three_states, "it begins in RUNNING, RUNNING_P2P or STOP" },
		{ sizes_with_and_without_extension, "sizes, with and without the extension" },
		{ downtime_is_decided, "the downtime decision" },
		{ what_never_fits_is_not_begun, "what never fits is not begun" },
		{ what_gets_dirty_too_fast_runs_on, "what gets dirty too fast runs on" },
		{ dirty_pages_are_reported, "dirty pages are reported" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
