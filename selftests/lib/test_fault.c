// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each ioctl, read and write fails once, with each errno that may come, and with
 * and without the device breaking: the source ends where it began, the target
 * has nothing of what was loaded, and no file stays open.
 */
#include <linux/vfio.h>
#include "test.h"

static const int errors[] = {
	EIO, EINVAL, ENOMEM, EBUSY, EINTR, EAGAIN, EFAULT, ENODEV, ENOTTY,
	EBADMSG, EPERM,
};

/* What the driver answers at this place, for what comes after it. */
struct fault {
	unsigned int at;
	int error;
	bool breaks;
	bool stays;
};

static void put_fault(struct fake *f, const struct fault *fault)
{
	f->calls = 0;
	f->fault_at = fault->at;
	f->fault_errno = fault->error;
	f->fault_breaks = fault->breaks;
	f->fault_stays = fault->stays;
}

static bool source_is_well(const struct fake *f, struct vfiomig *ctx, int ret,
			   int entry, const struct fault *fault)
{
	bool whole = !ret && f->state == VFIO_DEVICE_STATE_STOP;
	bool back = ret < 0 && (int)f->state == entry;
	/* Only a device that is broken may lose the guest's state. */
	bool kept = fault->breaks || !f->nr_resets;

	return EXPECT((whole || back) && kept && vfiomig_data_fd(ctx) == -1,
		      "call %u fails by %d%s: %d, %s, %u resets: %s", fault->at,
		      fault->error, fault->breaks ? " and breaks it" : "", ret,
		      vfiomig_state_name(f->state), f->nr_resets,
		      vfiomig_error(ctx)) &&
	       (!ret || *vfiomig_error(ctx));
}

/* False also when no call was left to fail: then all have been seen. */
static bool save_with(const struct fault *fault, int entry, bool *over)
{
	struct vfiomig_save_options options = {
		.size = sizeof(options), .bandwidth = 1000000000, .downtime_ms = 1000,
	};
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;
	int ret;

	fake_begin(&f);
	f.piece = 20000;
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, entry);
	put_fault(&f, fault);
	ret = vfiomig_save(ctx, &sink, &options);
	*over = f.calls < fault->at;
	good = good && source_is_well(&f, ctx, ret, entry, fault) &&
	       (ret || fake_stream(m.data, m.len));
	/* A signal is no reason to fail. */
	if (fault->error == EINTR && !fault->breaks)
		good = good && EXPECT(!ret, "call %u: %d", fault->at, ret);
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool each_fault_of_saving(int entry, bool breaks)
{
	bool good = true, over = false;
	struct fault fault;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		for (over = false, fault.at = 1; good && !over; fault.at++) {
			fault.error = errors[i];
			fault.breaks = breaks;
			fault.stays = false;
			good = save_with(&fault, entry, &over);
		}
	return good;
}

static bool faults_from_running(void)
{
	return each_fault_of_saving(VFIOMIG_STATE_RUNNING, false);
}

static bool faults_from_p2p(void)
{
	return each_fault_of_saving(VFIOMIG_STATE_RUNNING_P2P, false);
}

static bool faults_from_stop(void)
{
	return each_fault_of_saving(VFIOMIG_STATE_STOP, false);
}

static bool breaks_from_running(void)
{
	return each_fault_of_saving(VFIOMIG_STATE_RUNNING, true);
}

static bool breaks_from_stop(void)
{
	return each_fault_of_saving(VFIOMIG_STATE_STOP, true);
}

static bool load_with(const struct memory *stream, const struct fault *fault,
		      bool *over)
{
	struct memory m = *stream;
	struct vfiomig_source source = memory_source(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;
	int ret;

	fake_begin(&f);
	f.piece = 20000;
	ctx = open_fake(&f);
	put_fault(&f, fault);
	ret = vfiomig_load(ctx, &source, NULL);
	*over = f.calls < fault->at;
	good = EXPECT(ret ? f.state == VFIO_DEVICE_STATE_RUNNING && !f.loaded :
			    f.state == VFIO_DEVICE_STATE_STOP && f.loaded,
		      "call %u fails by %d: %d, %s", fault->at, fault->error,
		      ret, vfiomig_state_name(f.state)) &&
	       vfiomig_data_fd(ctx) == -1;
	close_fake(&f, ctx);
	return good;
}

/*
 * The peer has gone, and then a call on the way back fails as well: there is a
 * second attempt, and no reset.
 */
static bool faults_on_the_way_back(void)
{
	struct fault fault = { .error = EIO };
	bool good = true, over = false;

	for (fault.at = 1; good && !over; fault.at++) {
		struct memory m = { .fails_at = 41000 };
		struct vfiomig_sink sink = memory_sink(&m);
		struct vfiomig *ctx;
		struct fake f;
		int ret;

		fake_begin(&f);
		f.piece = 20000;
		ctx = open_fake(&f);
		put_fault(&f, &fault);
		ret = vfiomig_save(ctx, &sink, NULL);
		over = f.calls < fault.at;
		good = ret < 0 && source_is_well(&f, ctx, ret,
						 VFIOMIG_STATE_RUNNING, &fault);
		free(m.data);
		close_fake(&f, ctx);
	}
	return good;
}

/* A stream to load; the caller frees it. */
static bool save_one(struct memory *m)
{
	struct vfiomig_sink sink = memory_sink(m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_save(ctx, &sink, NULL);
	close_fake(&f, ctx);
	return good;
}

static bool faults_of_loading(void)
{
	struct memory m = { 0 };
	bool over, good = save_one(&m);
	struct fault fault = { 0 };
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(errors); i++)
		for (over = false, fault.at = 1; good && !over; fault.at++) {
			fault.error = errors[i / 2];
			fault.breaks = i & 1;
			good = load_with(&m, &fault, &over);
		}
	free(m.data);
	return good;
}

/* From some call on all fail: it ends, whatever comes of the device. */
static bool dead_devices_end_it(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_source source = memory_source(&m);
	struct fault fault = { .stays = true };
	struct vfiomig *ctx;
	bool good = true;
	unsigned int i;
	struct fake f;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		for (fault.at = 1; fault.at < 20; fault.at++) {
			fault.error = errors[i];
			if (fault.error == EAGAIN)
				continue;
			fake_begin(&f);
			ctx = open_fake(&f);
			put_fault(&f, &fault);
			good = good && (vfiomig_save(ctx, &sink, NULL) < 0 ||
					f.calls < fault.at);
			put_fault(&f, &fault);
			good = good && (vfiomig_load(ctx, &source, NULL) < 0 ||
					f.calls < fault.at);
			close_fake(&f, ctx);
		}
	free(m.data);
	return good;
}

/* Every call of the context on its own, with every errno: it comes through. */
static bool errnos_come_through(void)
{
	struct vfiomig_range range = { .length = 4096 };
	struct vfiomig_description d = { .size = sizeof(d) };
	uint64_t page = 4096, bitmap;
	struct vfiomig_sizes sizes = { .size = sizeof(sizes) };
	struct vfiomig *ctx;
	uint16_t major;
	unsigned int i;
	struct fake f;
	bool good = true;

	fake_begin(&f);
	f.features &= ~HAS(REASON);
	ctx = open_fake(&f);
	f.fault_stays = true;
	f.fault_at = 1;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		int error = -errors[i];

		f.fault_errno = errors[i];
		good = good && vfiomig_get_state(ctx) == error &&
		       vfiomig_set_state(ctx, VFIOMIG_STATE_STOP) == error &&
		       vfiomig_reset(ctx) == error &&
		       vfiomig_precopy_v2(ctx) == error &&
		       vfiomig_data_size(ctx, &page) == error &&
		       vfiomig_size(ctx, &sizes) == error &&
		       vfiomig_fits(ctx, 1, 1, NULL) == error &&
		       vfiomig_dirty_start(ctx, &range, 1, &page) == error &&
		       vfiomig_dirty_report(ctx, &range, 4096, &bitmap, 1) == error &&
		       vfiomig_dirty_stop(ctx) == error &&
		       vfiomig_describe(ctx, &d) == error &&
		       vfiomig_check(ctx, "t", NULL) == error &&
		       vfiomig_negotiate(ctx, "t", &major, NULL, NULL) == error &&
		       vfiomig_has(ctx, VFIOMIG_HAS_SIZE) ==
		       (error == -ENOTTY ? 0 : error) &&
		       EXPECT(strstr(vfiomig_error(ctx), strerror(errors[i])) ||
			      error == -ENOTTY, "%s", vfiomig_error(ctx));
	}
	close_fake(&f, ctx);
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ faults_from_running, "a fault in each call of saving, from RUNNING" },
		{ faults_from_p2p, "a fault in each call of saving, from RUNNING_P2P" },
		{ faults_from_stop, "a fault in each call of saving, from STOP" },
		{ breaks_from_running, "the device breaks, from RUNNING" },
		{ breaks_from_stop, "the device breaks, from STOP" },
		{ faults_on_the_way_back, "a fault in each call on the way back" },
		{ faults_of_loading, "a fault in each call of loading" },
		{ dead_devices_end_it, "a device that fails for good ends it" },
		{ errnos_come_through, "every errno comes through" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
