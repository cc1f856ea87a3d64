// SPDX-License-Identifier: GPL-2.0-only
/* What must hold of states and data files, whatever was done before. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzzer.h"

/* Every file that was the session's is not any more. */
static void end_session(struct fuzzer *f)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		f->files[i].life = f->strict ? DEAD : UNSURE;
	f->sent = 0;
}

void model_reset(struct fuzzer *f)
{
	end_session(f);
	f->state = VFIO_DEVICE_STATE_RUNNING;
}

/* Somebody may have moved the device: what was known is known no more. */
void model_changed(struct fuzzer *f)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		f->files[i].life = UNSURE;
	f->state = vdev_get_state(&f->v);
}

/* linux/vfio.h: no "transitions outside of manipulation by the user" */
void model_check(struct fuzzer *f)
{
	int state = vdev_get_state(&f->v);

	if (state < 0 || state >= NR_STATES)
		run_broken(f->run, "GET_STATE says %d", state);
	if (f->strict && state != f->state)
		run_broken(f->run, "is in %s, should be in %s",
			   state_name(state), state_name(f->state));
}

static struct data_file *any_file(struct fuzzer *f)
{
	return &f->files[rng_below(&f->rng, FILES)];
}

static struct data_file *live_file(struct fuzzer *f)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		if (f->files[i].life == LIVE && f->files[i].fd >= 0)
			return &f->files[i];
	return NULL;
}

/* Mostly the one that matters. */
static struct data_file *some_file(struct fuzzer *f)
{
	struct data_file *live = live_file(f);

	return live && rng_below(&f->rng, 4) ? live : any_file(f);
}

static void keep_file(struct fuzzer *f, int fd, bool save)
{
	struct data_file *file = any_file(f);

	if (file->fd >= 0)
		close(file->fd);
	file->fd = fd;
	file->save = save;
	file->spoilt = false;
	file->life = f->strict ? LIVE : UNSURE;
}

static bool on_path(const uint32_t *path, int len, uint32_t state)
{
	while (len-- > 0)
		if (path[len] == state)
			return true;
	return false;
}

/* What SET_STATE may answer when nobody armed a fault. */
static bool known_error(int ret)
{
	switch (-ret) {
	case EINVAL:
	case EBADMSG:
	case EPROTONOSUPPORT:
	case EOPNOTSUPP:
	case ENODEV:
	case ERANGE:
	case EMSGSIZE:
	case ENODATA:
	case ENOMEM:
	case EMFILE:
		return true;
	default:
		return false;
	}
}

/* Does a request that the machine has a way for have to succeed? */
static bool must_succeed(const struct fuzzer *f, uint32_t to)
{
	return f->state != VFIO_DEVICE_STATE_RESUMING || to == f->state;
}

/* After a failure: where it was, or somewhere on the way. */
static bool right_state(const struct fuzzer *f, const uint32_t *path, int len,
			int ret, int armed, uint32_t now)
{
	if (!ret)
		return len ? now == path[len - 1] : now == f->state;
	if (armed && now == VFIO_DEVICE_STATE_ERROR)
		return true;
	return now == f->state || on_path(path, len, now);
}

static void check_move(struct fuzzer *f, uint32_t to, int ret, int armed)
{
	uint32_t path[NR_STATES];
	int len = fsm_path(f->v.flags, f->state, to, path);
	int now = vdev_get_state(&f->v);

	if (ret && ret != armed && !known_error(ret))
		run_broken(f->run, "SET_STATE %u answers %d", to, ret);
	if (!f->strict)
		return;
	if (len < 0 ? ret != -EINVAL : ret && !armed && must_succeed(f, to))
		run_broken(f->run, "%s to %u answers %d", state_name(f->state),
			   to, ret);
	if (!right_state(f, path, len, ret, armed, now))
		run_broken(f->run, "%s to %u answers %d, and is %s",
			   state_name(f->state), to, ret, state_name(now));
}

static void move(struct fuzzer *f, uint32_t to, int armed)
{
	uint32_t from = f->state;
	int fd, ret = vdev_set_state(&f->v, to, &fd);
	int now;

	check_move(f, to, ret, armed);
	now = f->strict ? vdev_get_state(&f->v) : (int)to;
	if (f->strict && fd >= 0 && (ret || !fsm_brings_file(from, to)))
		run_broken(f->run, "file %d from %s to %s", fd,
			   state_name(from), state_name(to));
	if (f->strict && fd < 0 && !ret && fsm_brings_file(from, to))
		run_broken(f->run, "no file from %s to %s", state_name(from),
			   state_name(to));
	if (now != from && !(fsm_saving(from) && fsm_saving(now)))
		end_session(f);
	f->state = now;
	f->run->report->good += !ret;
	if (fd >= 0)
		keep_file(f, fd, to != VFIO_DEVICE_STATE_RESUMING);
}

/* All that is missing of a good stream, so that RESUMING can be left. */
static void complete_stream(struct fuzzer *f)
{
	struct data_file *file = live_file(f);
	ssize_t n;

	if (!file || file->save || file->spoilt || f->sent >= f->good->len)
		return;
	n = write(file->fd, f->good->data + f->sent, f->good->len - f->sent);
	if (n != (ssize_t)(f->good->len - f->sent))
		run_broken(f->run, "good stream: %zd of %zu, errno %d", n,
			   f->good->len - f->sent, errno);
	f->sent += n;
}

void op_set_state(struct fuzzer *f)
{
	uint32_t to = rng_below(&f->rng, NR_STATES);

	if (rng_once_in(&f->rng, 64))
		to = rng_odd(&f->rng, 32);
	if (f->state == VFIO_DEVICE_STATE_RESUMING && rng_below(&f->rng, 4))
		complete_stream(f);
	run_doing(f->run, f->thread, "%s to %u", state_name(f->state), to);
	move(f, to, 0);
}

/* One of the device's files in debugfs. */
static int open_debugfs(const char *name, int flags)
{
	const char *sysfs = getenv("VFIO_MIG_DEVICE");
	char path[200];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio_mig/%.64s/%s",
		 strrchr(sysfs, '/') + 1, name);
	return open(path, flags | O_CLOEXEC);
}

/* What an administrator may look at, at any time. */
void op_debugfs(struct fuzzer *f)
{
	static const char * const names[] = {
		"state", "reason", "token", "regs", "vram_crc",
	};
	const char *name = names[rng_below(&f->rng, ARRAY_SIZE(names))];
	int fd = open_debugfs(name, O_RDONLY);

	run_doing(f->run, f->thread, "debugfs %s in %s", name,
		  state_name(f->state));
	if (fd < 0)
		return;
	if (read(fd, f->buf, PAGE) < 0)
		run_broken(f->run, "debugfs %s: errno %d", name, errno);
	close(fd);
}

static void arm(const struct fuzzer *f, const char *text)
{
	int fd = open_debugfs("fail_at", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		run_broken(f->run, "%s: errno %d", text, errno);
	close(fd);
}

/* An arc that fails in the middle of a way. One at a time, so strict only. */
void op_fault(struct fuzzer *f)
{
	uint32_t to = 1 + rng_below(&f->rng, NR_STATES - 1);
	char text[64];

	if (!f->strict)
		return;
	snprintf(text, sizeof(text), "arc:%s %d",
		 state_name(1 + rng_below(&f->rng, NR_STATES - 1)), -EXDEV);
	run_doing(f->run, f->thread, "%s to %u with %s", state_name(f->state),
		  to, text);
	arm(f, text);
	move(f, to, -EXDEV);
	arm(f, "off");
}

void op_reset(struct fuzzer *f)
{
	int ret;

	run_doing(f->run, f->thread, "reset in %s", state_name(f->state));
	ret = vdev_reset(&f->v);
	if (ret)
		run_broken(f->run, "reset: %d", ret);
	model_reset(f);
}

/* The device's last user goes, with data files still there. */
void op_reopen(struct fuzzer *f)
{
	int ret;

	if (!f->strict)
		return;
	run_doing(f->run, f->thread, "reopen in %s", state_name(f->state));
	/* A mapping keeps the device open. */
	if (f->vram)
		munmap(f->vram, f->vram_size);
	f->vram = NULL;
	vdev_close(&f->v);
	ret = vdev_open(&f->v);
	if (ret)
		run_broken(f->run, "reopen: %d", ret);
	model_reset(f);
}

static void check_answer(struct fuzzer *f, const struct data_file *file,
			 const char *what, ssize_t ret, int error)
{
	bool dead = file->life == DEAD && file->fd >= 0;

	if (dead && !(ret < 0 && error == ENODEV))
		run_broken(f->run, "%s of a dead file: %zd, errno %d", what,
			   ret, error);
}

static bool read_error(const struct fuzzer *f, const struct data_file *file,
		       bool fair, int error)
{
	if (error == EFAULT)
		return !fair;
	if (file->fd < 0 || !file->save)
		return error == EBADF;
	if (error == ENOMSG)
		return file->life != DEAD &&
		       (!f->strict || f->state != VFIO_DEVICE_STATE_STOP_COPY);
	return (error == ENODEV && file->life != LIVE) || error == ENOMEM;
}

void op_read(struct fuzzer *f)
{
	struct data_file *file = some_file(f);
	size_t len = rng_odd(&f->rng, 18);
	bool fair;
	void *to = hostile_buf(f, len, &fair);
	ssize_t n;

	run_doing(f->run, f->thread, "read %zu to %p in %s", len, to,
		  state_name(f->state));
	n = read(file->fd, to, len);
	f->run->report->good += n > 0;
	if (n < 0 && !read_error(f, file, fair, errno))
		run_broken(f->run, "read of %zu: errno %d", len, errno);
	if (len && fair && file->save)
		check_answer(f, file, "read", n, errno);
}

static bool write_error(const struct data_file *file, bool fair, int error)
{
	if (error == EFAULT)
		return !fair;
	if (file->fd < 0 || file->save)
		return error == EBADF;
	if (error == ENODEV)
		return file->life != LIVE;
	return known_error(-error);
}

/* Now and then the next part of a good stream, else anything. */
void op_write(struct fuzzer *f)
{
	struct data_file *file = some_file(f);
	bool good = rng_below(&f->rng, 8) && f->strict, fair;
	size_t len = rng_odd(&f->rng, 18);
	const void *from = hostile_buf(f, len, &fair);
	ssize_t n;

	good = good && file->life == LIVE && !file->save && !file->spoilt;
	if (good) {
		if (len > f->good->len - f->sent)
			len = f->good->len - f->sent;
		from = f->good->data + f->sent;
		fair = true;
	}
	run_doing(f->run, f->thread, "write %zu from %p in %s", len, from,
		  state_name(f->state));
	n = write(file->fd, from, len);
	f->run->report->good += n > 0;
	if (n < 0 && !write_error(file, fair, errno))
		run_broken(f->run, "write of %zu: errno %d", len, errno);
	if (len && fair && !file->save)
		check_answer(f, file, "write", n, errno);
	if (good && n != (ssize_t)len)
		run_broken(f->run, "good bytes at %zu: %zd of %zu, errno %d",
			   f->sent, n, len, errno);
	if (good)
		f->sent += n;
	else if (len)
		file->spoilt = true;
}

void op_poll(struct fuzzer *f)
{
	struct data_file *file = some_file(f);
	struct pollfd p = { .fd = file->fd, .events = rng_next(&f->rng) };

	run_doing(f->run, f->thread, "poll in %s", state_name(f->state));
	if (poll(&p, 1, 0) < 0)
		run_broken(f->run, "poll: errno %d", errno);
	if (file->fd >= 0 && file->save && file->life == DEAD &&
	    !(p.revents & POLLERR))
		run_broken(f->run, "poll of a dead file: %#x", p.revents);
}

void op_precopy_info(struct fuzzer *f)
{
	struct vfio_precopy_info info = {
		.argsz = sizeof(info), .flags = rng_odd(&f->rng, 32),
	};
	struct data_file *file = some_file(f);
	bool fair, plain = rng_below(&f->rng, 4);
	void *arg;
	int ret;

	if (!plain)
		info.argsz = rng_odd(&f->rng, 32);
	arg = hostile_arg(f, &info, sizeof(info), &fair);
	run_doing(f->run, f->thread, "PRECOPY_INFO at %p in %s", arg,
		  state_name(f->state));
	ret = ioctl(file->fd, VFIO_MIG_GET_PRECOPY_INFO, arg) ? errno : 0;
	f->run->report->good += !ret;
	if (!f->strict || !fair || !plain || file->life == UNSURE)
		return;
	if (file->fd >= 0 && file->save && file->life == DEAD && ret != ENODEV)
		run_broken(f->run, "PRECOPY_INFO of a dead file: %d", ret);
	if (file->fd >= 0 && file->save && file->life == LIVE &&
	    ret != (f->state == VFIO_DEVICE_STATE_STOP_COPY ? EINVAL : 0))
		run_broken(f->run, "PRECOPY_INFO in %s: %d",
			   state_name(f->state), ret);
}

/* One of them, or all at once. */
void op_close(struct fuzzer *f)
{
	struct data_file *file = any_file(f);
	bool all = rng_once_in(&f->rng, 8);

	run_doing(f->run, f->thread, "close %s in %s", all ? "all" : "one",
		  state_name(f->state));
	if (all)
		file = f->files;
	do {
		if (file->fd >= 0 && close(file->fd))
			run_broken(f->run, "close: errno %d", errno);
		file->fd = -1;
		file->life = DEAD;
		file++;
	} while (all && file < f->files + FILES);
}

void op_data_size(struct fuzzer *f)
{
	int64_t size;

	run_doing(f->run, f->thread, "DATA_SIZE in %s", state_name(f->state));
	size = vdev_data_size(&f->v);
	/* All may have been read; with others at it, in a state not known here. */
	if (size < (f->strict && f->state != VFIO_DEVICE_STATE_STOP_COPY) ||
	    size > (512 << 20))
		run_broken(f->run, "DATA_SIZE is %lld", (long long)size);
}
