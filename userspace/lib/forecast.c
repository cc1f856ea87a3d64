// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a migration will go, reckoned from sizes, a rate and a bandwidth. */
#include <errno.h>
#include "internal.h"

/* All that is to be sent, in one figure each. */
struct forecast_sum {
	uint64_t live;		/* that may be sent while the devices run */
	uint64_t rest;		/* that only stopped ones send */
};

static struct forecast_sum sum_of(const struct vfiomig_sizes *sizes, size_t nr)
{
	struct forecast_sum sum = { 0 };
	size_t i;

	for (i = 0; i < nr; i++) {
		sum.live = plus(sum.live, plus(sizes[i].initial, sizes[i].dirty));
		sum.rest = plus(sum.rest, minus(sizes[i].stop_copy, sizes[i].dirty));
	}
	return sum;
}

/* What goes in so many milliseconds. */
static uint64_t bytes_in(uint32_t ms, uint64_t bandwidth)
{
	uint64_t whole = bandwidth / 1000, part = bandwidth % 1000;

	if (ms && whole > UINT64_MAX / ms)
		return UINT64_MAX;
	return plus(whole * ms, part * ms / 1000);
}

/* @a * @b / @c, to the precision of a double, without an overflow. */
static uint64_t scaled(uint64_t a, uint64_t b, uint64_t c)
{
	double value = (double)a * b / c;

	return value < (double)(UINT64_MAX / 2) ? (uint64_t)value : UINT64_MAX / 2;
}

/* The rest shrinks by bandwidth less rate, until it goes in the limit. */
static void after_precopy(struct vfiomig_forecast *f, uint64_t over, uint64_t room,
			  uint64_t rate, uint64_t bandwidth)
{
	f->fit = VFIOMIG_FITS_LATER;
	f->bytes = plus(scaled(over, bandwidth, bandwidth - rate), room);
	f->downtime_ms = ms_for(room, bandwidth);
	f->total_ms = plus(ms_for(over, bandwidth - rate), f->downtime_ms);
}

static void forecast(struct vfiomig_forecast *f, const struct forecast_sum *sum,
		     uint64_t rate, uint64_t bandwidth, uint32_t limit_ms)
{
	uint64_t room = bytes_in(limit_ms, bandwidth);

	f->bytes = plus(sum->live, sum->rest);
	f->rest_bytes = sum->rest;
	f->downtime_ms = ms_for(f->bytes, bandwidth);
	if (f->bytes <= room) {
		f->fit = VFIOMIG_FITS;
		f->total_ms = f->downtime_ms;
	} else if (sum->rest <= room && rate < bandwidth) {
		after_precopy(f, f->bytes - room, room, rate, bandwidth);
	} else {
		f->fit = VFIOMIG_FITS_NEVER;
		f->total_ms = UINT64_MAX;
	}
}

int vfiomig_forecast(const struct vfiomig_sizes *sizes, size_t nr, uint64_t rate,
		     uint64_t bandwidth, uint32_t limit_ms,
		     struct vfiomig_forecast *out)
{
	struct vfiomig_forecast f = { .size = sizeof(f) };
	struct forecast_sum sum = sum_of(sizes, nr);

	if (!GOOD(out, rest_bytes))
		return -EINVAL;
	forecast(&f, &sum, rate, bandwidth, limit_ms);
	sized_give(out, &f, sizeof(f));
	return f.fit;
}
