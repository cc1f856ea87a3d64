// SPDX-License-Identifier: GPL-2.0-only
/* Data files that outlive their session, and devices that lose their user. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "device.h"
#include "fsm.h"

/* A session that is over has neither data nor an end: no user may be fooled. */
static bool dead(int fd, uint32_t opened_in)
{
	struct vfio_precopy_info info;
	char byte = 'V';
	ssize_t n;

	vdev_precopy_info(fd, &info);
	n = fsm_saving(opened_in) ? read(fd, &byte, 1) : write(fd, &byte, 1);
	return n < 0 && errno != ENOMSG && errno != EAGAIN;
}

static bool brings_file(struct vdev *v, uint32_t state)
{
	return fsm_supported(v->flags, state) &&
	       fsm_brings_file(VFIO_DEVICE_STATE_RUNNING, state);
}

static void leave(struct __test_metadata *_metadata, struct vdev *v,
		  uint32_t from, uint32_t to)
{
	int fd;

	if (!fsm_supported(v->flags, from) || !fsm_supported(v->flags, to))
		SKIP(return, "no such states");
	ASSERT_EQ(0, vdev_set_state(v, from, &fd));
	ASSERT_EQ(0, vdev_set_state(v, to, NULL));
	EXPECT_TRUE(dead(fd, from));
	close(fd);
	EXPECT_EQ(to, vdev_get_state(v));
}

TEST_F(device, stop_copy_to_stop_ends_the_session)
{
	CITES("The STOP_COPY arc will terminate a data transfer session.");
	leave(_metadata, &self->v, VFIO_DEVICE_STATE_STOP_COPY,
	      VFIO_DEVICE_STATE_STOP);
}

TEST_F(device, pre_copy_to_running_ends_the_session)
{
	CITES("The PRE_COPY arc will terminate a data transfer session.");
	leave(_metadata, &self->v, VFIO_DEVICE_STATE_PRE_COPY,
	      VFIO_DEVICE_STATE_RUNNING);
}

TEST_F(device, pre_copy_p2p_to_running_p2p_ends_the_session)
{
	CITES("The PRE_COPY_P2P arc will terminate a data transfer session.");
	leave(_metadata, &self->v, VFIO_DEVICE_STATE_PRE_COPY_P2P,
	      VFIO_DEVICE_STATE_RUNNING_P2P);
}

TEST_F(device, resuming_to_stop_ends_the_session)
{
	struct stream s = { 0 };
	int fd;

	CITES("Leaving RESUMING terminates a data transfer session");
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_RESUMING, &fd));
	ASSERT_EQ(0, stream_write(fd, &s, 4096));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_TRUE(dead(fd, VFIO_DEVICE_STATE_RESUMING));
	close(fd);
	stream_free(&s);
}

TEST_F(device, old_file_does_not_touch_the_new_session)
{
	struct stream s = { 0 };
	int old, fd;

	CITES("These arcs begin the process of saving the device state and will return a new data_fd.");
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &old));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP, NULL));
	ASSERT_EQ(0, vdev_set_state(&self->v, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_TRUE(dead(old, VFIO_DEVICE_STATE_STOP_COPY));
	close(old);
	EXPECT_EQ(0, stream_read(fd, &s, 4096));
	close(fd);
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	stream_free(&s);
}

TEST_F_TIMEOUT(device, reset_in_every_state, 60)
{
	uint32_t s;
	int fd;

	CITES("VFIO_DEVICE_RESET must be used to return the device_state back to RUNNING.");
	if (!vdev_has_reset(&self->v))
		SKIP(return, "the device has no reset");
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		EXPECT_EQ(0, vdev_reset(&self->v));
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v)) {
			TH_LOG("from %s", state_name(s));
		}
		if (fd < 0)
			continue;
		EXPECT_TRUE(dead(fd, s)) {
			TH_LOG("file from %s", state_name(s));
		}
		close(fd);
	}
}

TEST_F(device, migrates_after_reset)
{
	struct stream s = { 0 };

	CITES("VFIO_DEVICE_RESET must be used to return the device_state back to RUNNING.");
	if (!vdev_has_reset(&self->v))
		SKIP(return, "the device has no reset");
	ASSERT_EQ(0, vdev_reset(&self->v));
	ASSERT_EQ(0, stream_save(&self->v, &s));
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(0, stream_load(&self->v, &s, 4096));
	ASSERT_EQ(0, vdev_reset(&self->v));
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v));
	stream_free(&s);
}

/* The device is closed, another user has it: the file is of neither. */
TEST_F_TIMEOUT(device, data_file_outlives_its_device, 60)
{
	struct pollfd p = { .events = POLLIN | POLLOUT };
	uint32_t s;
	int fd;

	CITES("The user is responsible to close this FD when it is finished.");
	for (s = 1; s < NR_STATES; s++) {
		if (!brings_file(&self->v, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		vdev_close(&self->v);
		p.fd = fd;
		poll(&p, 1, 0);
		EXPECT_TRUE(dead(fd, s)) {
			TH_LOG("%s, device is closed", state_name(s));
		}
		ASSERT_EQ(0, vdev_open_running(&self->v));
		EXPECT_TRUE(dead(fd, s)) {
			TH_LOG("%s, device is open again", state_name(s));
		}
		close(fd);
	}
}

TEST_F_TIMEOUT(device, opens_running_after_close_in_every_state, 60)
{
	uint32_t s;
	int fd;

	CITES("If this GET succeeds, the RUNNING and ERROR states are always supported.");
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(self->v.flags, s))
			continue;
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		close(fd);
		vdev_close(&self->v);
		ASSERT_EQ(0, vdev_open(&self->v));
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v)) {
			TH_LOG("closed in %s", state_name(s));
			vdev_restart(&self->v);
		}
	}
}

/* A user that opens the device, goes to @state and dies there. */
static int die_in(uint32_t state)
{
	int status, fd;
	struct vdev v;
	pid_t pid = fork();

	if (!pid) {
		if (vdev_open_running(&v) || vdev_set_state(&v, state, &fd))
			_exit(1);
		raise(SIGKILL);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : -ECHILD;
}

TEST_F_TIMEOUT(device, user_killed_in_every_state, 60)
{
	uint64_t flags = self->v.flags;
	uint32_t s;

	CITES("If this GET succeeds, the RUNNING and ERROR states are always supported.");
	vdev_close(&self->v);
	for (s = 1; s < NR_STATES; s++) {
		if (!fsm_supported(flags, s))
			continue;
		ASSERT_EQ(0, die_in(s));
		ASSERT_EQ(0, vdev_open(&self->v));
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, vdev_get_state(&self->v)) {
			TH_LOG("killed in %s", state_name(s));
			vdev_restart(&self->v);
		}
		vdev_close(&self->v);
	}
}

/* The next descriptor is one too many; those that are open stay. */
static int no_more_files(struct rlimit *old)
{
	struct rlimit now;
	int next = dup(0);

	if (next < 0 || getrlimit(RLIMIT_NOFILE, old))
		return -1;
	close(next);
	now = *old;
	now.rlim_cur = next;
	return setrlimit(RLIMIT_NOFILE, &now);
}

/* A file that cannot be given to the user: an errno, and nothing is left of it. */
TEST_F(device, data_file_without_a_free_descriptor)
{
	struct rlimit old;
	uint32_t s, now;
	int fd, ret;

	CITES("If this function fails then current device_state may be the original operating state or some other state along the combination transition path.");
	for (s = 1; s < NR_STATES; s++) {
		if (!brings_file(&self->v, s))
			continue;
		ASSERT_EQ(0, no_more_files(&old));
		ret = vdev_set_state(&self->v, s, NULL);
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
		EXPECT_EQ(-EMFILE, ret) {
			TH_LOG("to %s", state_name(s));
		}
		now = vdev_get_state(&self->v);
		EXPECT_NE(VFIO_DEVICE_STATE_ERROR, now);
		ASSERT_EQ(0, vdev_restart(&self->v));
		ASSERT_EQ(0, vdev_set_state(&self->v, s, &fd));
		EXPECT_GE(fd, 0);
		close(fd);
		ASSERT_EQ(0, vdev_restart(&self->v));
	}
}

TEST_HARNESS_MAIN
