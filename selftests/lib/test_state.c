// SPDX-License-Identifier: GPL-2.0-only
/* States: the planner against the rules of linux/vfio.h, and every arc. */
#include <fcntl.h>
#include <linux/vfio.h>
#include "fsm.h"
#include "test.h"

/* What linux/vfio.h allows a device to have. */
static const uint64_t all_flags[] = { 1, 3, 5, 7 };

static bool same_path(uint64_t flags, int from, int to)
{
	uint32_t theirs[NR_STATES];
	int ours[VFIOMIG_PATH_MAX];
	int i, n = vfiomig_path(flags, from, to, ours, VFIOMIG_PATH_MAX);
	int m = fsm_path(flags, from, to, theirs);

	if (!EXPECT(n == m, "%s to %s, flags %llx: %d, %d",
		    vfiomig_state_name(from), vfiomig_state_name(to),
		    (unsigned long long)flags, n, m))
		return false;
	for (i = 0; i < n; i++)
		if ((uint32_t)ours[i] != theirs[i])
			return false;
	return true;
}

static bool planner_keeps_to_the_rules(void)
{
	unsigned int i;
	int from, to;

	for (i = 0; i < ARRAY_SIZE(all_flags); i++)
		for (from = -1; from <= VFIOMIG_STATES; from++)
			for (to = -1; to <= VFIOMIG_STATES; to++)
				if (!same_path(all_flags[i], from, to))
					return false;
	return true;
}

static bool states_have_names(void)
{
	int state;

	for (state = 0; state < VFIOMIG_STATES; state++)
		if (vfiomig_state_by_name(vfiomig_state_name(state)) != state)
			return false;
	return vfiomig_state_by_name("pre-copy-p2p") == VFIOMIG_STATE_PRE_COPY_P2P &&
	       vfiomig_state_by_name("running_p2p") == VFIOMIG_STATE_RUNNING_P2P &&
	       vfiomig_state_by_name("run") == -ENOENT &&
	       vfiomig_state_by_name("") == -ENOENT &&
	       vfiomig_state_by_name("RUNNING_P2P ") == -ENOENT &&
	       !strcmp(vfiomig_state_name(-1), "?") &&
	       !strcmp(vfiomig_state_name(VFIOMIG_STATES), "?");
}

/* A session's file is there exactly while the session is. */
static bool file_is_right(struct fake *f, struct vfiomig *ctx)
{
	bool session = fsm_saving(f->state) ||
		       f->state == VFIO_DEVICE_STATE_RESUMING;

	return EXPECT(session == (vfiomig_data_fd(ctx) >= 0), "%s",
		      vfiomig_state_name(f->state)) &&
	       EXPECT(f->dead_fd == -1, "an old data file is open") &&
	       vfiomig_data_fd(ctx) == f->data_fd;
}

static bool go(uint64_t flags, int from, int to)
{
	struct fake f;
	struct vfiomig *ctx;
	int path[VFIOMIG_PATH_MAX], legal, ret;
	bool good;

	fake_begin(&f);
	f.flags = flags;
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, from) && (int)f.state == from &&
	       file_is_right(&f, ctx);
	f.trailer_seen = FAKE_TRAILER;
	legal = vfiomig_path(flags, from, to, path, VFIOMIG_PATH_MAX);
	ret = vfiomig_set_state(ctx, to);
	good = good && EXPECT(legal < 0 ? ret == -EINVAL : !ret, "%s to %s: %d",
			      vfiomig_state_name(from), vfiomig_state_name(to),
			      ret) &&
	       (int)f.state == (ret ? from : to) &&
	       vfiomig_get_state(ctx) == (int)f.state && file_is_right(&f, ctx);
	close_fake(&f, ctx);
	return good;
}

static bool every_way_is_gone(void)
{
	unsigned int i;
	int from, to;

	for (i = 0; i < ARRAY_SIZE(all_flags); i++)
		for (from = 1; from < VFIOMIG_STATES; from++)
			for (to = 0; to < VFIOMIG_STATES; to++)
				if (fsm_supported(all_flags[i], from) &&
				    !go(all_flags[i], from, to))
					return false;
	return true;
}

static bool no_migration_is_enotty(void)
{
	struct vfiomig *ctx = (void *)1;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.fault_at = 1;
	f.fault_errno = ENOTTY;
	good = vfiomig_new(&ctx, f.fd) == -ENOTTY && !ctx;
	f.fault_at = 0;
	f.flags = 0;
	good = good && vfiomig_new(&ctx, f.fd) == -EINVAL && !ctx;
	f.flags = ALL_FLAGS | 1ull << 40;
	good = good && !vfiomig_new(&ctx, f.fd) &&
	       vfiomig_flags(ctx) == f.flags &&
	       vfiomig_device_fd(ctx) == f.fd;
	close_fake(&f, ctx);
	return good && vfiomig_new(&ctx, -1) == -EBADF;
}

static bool features_are_probed(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good = true;
	int i;

	fake_begin(&f);
	ctx = open_fake(&f);
	for (i = VFIOMIG_HAS_DATA_SIZE; i <= VFIOMIG_HAS_REASON; i++) {
		f.features = 1u << i;
		good = good && vfiomig_has(ctx, i) == 1;
		f.features = ~f.features;
		good = good && vfiomig_has(ctx, i) == 0;
	}
	good = good && vfiomig_has(ctx, VFIOMIG_HAS_REASON + 1) == -EINVAL;
	close_fake(&f, ctx);
	return good;
}

/* An arc that fails once, and the driver's own words. */
static bool error_names_arc_and_reason(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, VFIOMIG_STATE_RESUMING) &&
	       vfiomig_set_state(ctx, VFIOMIG_STATE_RUNNING) == -ENODATA &&
	       EXPECT(!strcmp(vfiomig_error(ctx),
			      "RESUMING to STOP: No data available: so the fake wants it"),
		      "%s", vfiomig_error(ctx));
	f.features &= ~HAS(REASON);
	good = good && vfiomig_set_state(ctx, VFIOMIG_STATE_RUNNING) == -ENODATA &&
	       EXPECT(!strcmp(vfiomig_error(ctx),
			      "RESUMING to STOP: No data available"),
		      "%s", vfiomig_error(ctx));
	close_fake(&f, ctx);
	return good;
}

/* vfiomig_move(): the wished state, else the other one, else a reset. */
static bool move_recovers(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY);
	/* GET, ->PRE_COPY_P2P, ->STOP_COPY; then GET, ->RUNNING_P2P .. */
	f.calls = 0;
	f.fault_at = 3;
	f.fault_errno = EIO;
	good = good && vfiomig_move(ctx, VFIOMIG_STATE_STOP_COPY,
				    VFIOMIG_STATE_RUNNING) == -EIO &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && !f.nr_resets &&
	       strstr(vfiomig_error(ctx), "PRE_COPY_P2P to STOP_COPY");
	close_fake(&f, ctx);
	return good;
}

static bool move_resets_at_last(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY);
	f.calls = 0;
	f.fault_at = 3;
	f.fault_errno = EIO;
	f.fault_breaks = true;
	good = good && vfiomig_move(ctx, VFIOMIG_STATE_STOP_COPY,
				    VFIOMIG_STATE_RUNNING) == -EIO &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && f.nr_resets == 1 &&
	       vfiomig_data_fd(ctx) == -1 &&
	       strstr(vfiomig_error(ctx), "the device was reset");
	/* And without a recovery, as QEMU asks for it with ERROR. */
	f.fault_at = f.calls + 2;
	f.fault_breaks = false;
	good = good && vfiomig_move(ctx, VFIOMIG_STATE_STOP,
				    VFIOMIG_STATE_ERROR) == -EIO &&
	       f.nr_resets == 2;
	close_fake(&f, ctx);
	return good;
}

static bool error_needs_a_reset(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.resets = false;
	f.state = VFIO_DEVICE_STATE_ERROR;
	ctx = open_fake(&f);
	good = vfiomig_set_state(ctx, VFIOMIG_STATE_RUNNING) == -EIO &&
	       vfiomig_get_state(ctx) == VFIOMIG_STATE_ERROR &&
	       vfiomig_reset(ctx) == -ENOTTY &&
	       vfiomig_move(ctx, VFIOMIG_STATE_RUNNING,
			    VFIOMIG_STATE_STOP) == -EIO &&
	       strstr(vfiomig_error(ctx), "the reset failed");
	f.resets = true;
	good = good && !vfiomig_reset(ctx) &&
	       vfiomig_get_state(ctx) == VFIOMIG_STATE_RUNNING &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY) &&
	       !vfiomig_reset(ctx) && vfiomig_data_fd(ctx) == -1;
	close_fake(&f, ctx);
	return good;
}

/* Somebody else has reset the device. */
static bool stale_file_is_closed(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY);
	fake_be(&f, VFIO_DEVICE_STATE_RUNNING);
	good = good && vfiomig_data_fd(ctx) >= 0 &&
	       vfiomig_get_state(ctx) == VFIOMIG_STATE_RUNNING &&
	       vfiomig_data_fd(ctx) == -1;
	close_fake(&f, ctx);
	return good;
}

static bool nonblock_holds_for_all_files(void)
{
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_set_nonblock(ctx, true) &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY) &&
	       fcntl(vfiomig_data_fd(ctx), F_GETFL) & O_NONBLOCK &&
	       !vfiomig_set_nonblock(ctx, false) &&
	       !(fcntl(vfiomig_data_fd(ctx), F_GETFL) & O_NONBLOCK);
	close_fake(&f, ctx);
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ planner_keeps_to_the_rules, "the planner keeps to linux/vfio.h" },
		{ states_have_names, "states have names" },
		{ every_way_is_gone, "every way from state to state, for all options" },
		{ no_migration_is_enotty, "a device that does not migrate is -ENOTTY" },
		{ features_are_probed, "optional features are probed" },
		{ error_names_arc_and_reason, "an error names the arc and the driver's reason" },
		{ move_recovers, "a failed move ends in the other state" },
		{ move_resets_at_last, "a failed recovery ends in a reset" },
		{ error_needs_a_reset, "ERROR needs a reset" },
		{ stale_file_is_closed, "a data file of a reset device is closed" },
		{ nonblock_holds_for_all_files, "O_NONBLOCK is set and taken back" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
