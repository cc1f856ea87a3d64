// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fake.h"
#include "fsm.h"
#include "internal.h"
#include "uapi.h"

#define FAKES_MAX	8

const struct fake_others *fake_others;
static struct fake *fakes[FAKES_MAX];
static pthread_mutex_t fakes_lock = PTHREAD_MUTEX_INITIALIZER;
static const char trailer[FAKE_TRAILER + 1] = "THE-END!";

static struct fake *find(int fd)
{
	struct fake *found = NULL;
	int i;

	if (fd < 0)
		return NULL;
	pthread_mutex_lock(&fakes_lock);
	for (i = 0; i < FAKES_MAX; i++)
		if (fakes[i] && (fakes[i]->fd == fd || fakes[i]->data_fd == fd ||
				 fakes[i]->dead_fd == fd ||
				 fakes[i]->alias_fd == fd))
			found = fakes[i];
	pthread_mutex_unlock(&fakes_lock);
	return found;
}

static void enlist(struct fake *from, struct fake *to)
{
	int i = 0;

	pthread_mutex_lock(&fakes_lock);
	while (i < FAKES_MAX && fakes[i] != from)
		i++;
	if (i < FAKES_MAX)
		fakes[i] = to;
	pthread_mutex_unlock(&fakes_lock);
}

void fake_begin(struct fake *f)
{
	*f = (struct fake){
		.flags = ALL_FLAGS, .features = ALL_FEATURES, .resets = true,
		.token = "vmig1 type=fake stream=1.0 accepts=1.0",
		.initial = 40000, .rest = 5000,
		.fd = memfd_create("fake", MFD_CLOEXEC),
		.data_fd = -1, .dead_fd = -1, .alias_fd = -1,
		.state = VFIO_DEVICE_STATE_RUNNING,
	};
	enlist(NULL, f);
}

void fake_end(struct fake *f)
{
	enlist(f, NULL);
	close(f->fd);
}

static uint8_t pattern(size_t pos)
{
	return pos * 131 % 61;
}

static int refuse(struct fake *f, int error)
{
	f->reason = -error;
	errno = error;
	return -1;
}

/* The call that has to fail. */
static bool fault(struct fake *f)
{
	f->calls++;
	if (!f->fault_at || f->calls < f->fault_at)
		return false;
	if (f->calls > f->fault_at && !f->fault_stays)
		return false;
	errno = f->fault_errno;
	return true;
}

static void end_session(struct fake *f)
{
	if (f->data_fd >= 0)
		f->dead_fd = f->data_fd;
	f->data_fd = -1;
}

static void begin_session(struct fake *f)
{
	end_session(f);
	f->data_fd = memfd_create("data", MFD_CLOEXEC);
	f->initial_left = f->initial;
	f->dirty = 0;
	f->rest_left = f->rest;
	f->trailer_left = FAKE_TRAILER;
	f->pos = 0;
	f->trailer_seen = 0;
}

static bool in_session(uint32_t state)
{
	return fsm_saving(state) || state == VFIO_DEVICE_STATE_RESUMING;
}

static int enter(struct fake *f, uint32_t to)
{
	bool brings = fsm_brings_file(f->state, to);

	if (f->state == VFIO_DEVICE_STATE_RESUMING && to != f->state) {
		if (f->trailer_seen != FAKE_TRAILER)
			return refuse(f, ENODATA);
		f->loaded = true;
	}
	if (brings)
		begin_session(f);
	else if (!in_session(to))
		end_session(f);
	f->state = to;
	return 0;
}

static int set_state(struct fake *f, struct vfio_device_feature_mig_state *mig)
{
	uint32_t path[NR_STATES];
	int i, n, before = f->data_fd;

	mig->data_fd = -1;
	n = fsm_path(f->flags, f->state, mig->device_state, path);
	if (n < 0)
		return refuse(f, EINVAL);
	for (i = 0; i < n; i++)
		if (enter(f, path[i]))
			return -1;
	f->arcs |= 1u << mig->device_state;
	if (f->data_fd != before)
		mig->data_fd = f->data_fd;
	return 0;
}

void fake_be(struct fake *f, uint32_t state)
{
	struct vfio_device_feature_mig_state mig = { .device_state = state };

	if (f->state == VFIO_DEVICE_STATE_RESUMING)
		f->trailer_seen = FAKE_TRAILER;
	if (!set_state(f, &mig))
		return;
	mig.device_state = VFIO_DEVICE_STATE_RUNNING;
	if (!set_state(f, &mig)) {
		mig.device_state = state;
		set_state(f, &mig);
	}
}

static void fill_size(struct fake *f, struct vfio_mig_size *s)
{
	bool open = f->data_fd >= 0;

	s->flags = f->inexact ? 0 : 7;
	s->precopy_initial = open ? f->initial_left : f->initial;
	s->precopy_dirty = open ? f->dirty : 0;
	s->stop_copy = s->precopy_dirty + FAKE_TRAILER +
		       (open ? f->rest_left : f->rest);
}

static int data_size(struct fake *f,
		     struct vfio_device_feature_mig_data_size *size)
{
	struct vfio_mig_size s;

	fill_size(f, &s);
	size->stop_copy_length = s.precopy_initial + s.stop_copy;
	return 0;
}

static void fill_verdict(struct fake *f, struct vfio_mig_verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->code = f->verdict;
	if (!v->code)
		return;
	strcpy(v->key, "eq_fake");
	strcpy(v->source, "1");
	strcpy(v->target, "2");
	strcpy(v->text, "the fake says no");
}

static int describe(struct fake *f, struct vfio_mig_describe *d)
{
	d->major = 1;
	d->minor = 0;
	strcpy(d->platform, "2026.1");
	snprintf(d->token, sizeof(d->token), "%s%s", f->token,
		 f->negotiated ? " x_negotiated=1" : "");
	return 0;
}

static int check_token(struct fake *f, struct vfio_mig_check *c)
{
	memcpy(f->checked, c->token, sizeof(f->checked));
	fill_verdict(f, &c->verdict);
	return 0;
}

static int start_logging(struct fake *f,
			 struct vfio_device_feature_dma_logging_control *c)
{
	if (f->logging)
		return refuse(f, EBUSY);
	f->logging = true;
	if (c->page_size < 4096)
		c->page_size = 4096;
	return 0;
}

/* Every third page is dirty. */
static int report_dirty(struct fake *f,
			struct vfio_device_feature_dma_logging_report *r)
{
	uint64_t *bitmap = (uint64_t *)(uintptr_t)r->bitmap;
	uint64_t page;

	if (!f->logging)
		return refuse(f, EINVAL);
	for (page = 0; page < r->length / r->page_size; page += 3)
		bitmap[page / 64] |= 1ull << page % 64;
	return 0;
}

struct request {
	uint32_t what;		/* feature, with GET or SET */
	uint32_t size;
	int needs;		/* enum vfiomig_feature, or -1 */
};

#define GET(name)	(VFIO_DEVICE_FEATURE_GET | (name))
#define SET(name)	(VFIO_DEVICE_FEATURE_SET | (name))

static const struct request requests[] = {
	{ GET(VFIO_DEVICE_FEATURE_MIGRATION),
	  sizeof(struct vfio_device_feature_migration), -1 },
	{ GET(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE),
	  sizeof(struct vfio_device_feature_mig_state), -1 },
	{ SET(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE),
	  sizeof(struct vfio_device_feature_mig_state), -1 },
	{ GET(VFIO_DEVICE_FEATURE_MIG_DATA_SIZE),
	  sizeof(struct vfio_device_feature_mig_data_size),
	  VFIOMIG_HAS_DATA_SIZE },
	{ SET(VFIO_DEVICE_FEATURE_DMA_LOGGING_START),
	  sizeof(struct vfio_device_feature_dma_logging_control),
	  VFIOMIG_HAS_DIRTY_LOG },
	{ SET(VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP), 0, VFIOMIG_HAS_DIRTY_LOG },
	{ GET(VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT),
	  sizeof(struct vfio_device_feature_dma_logging_report),
	  VFIOMIG_HAS_DIRTY_LOG },
	{ SET(FEATURE_MIG_PRECOPY_INFO_V2), 0,
	  VFIOMIG_HAS_PRECOPY_V2 },
	{ GET(VFIO_MIG_FEATURE_DESCRIBE), sizeof(struct vfio_mig_describe),
	  VFIOMIG_HAS_DESCRIBE },
	{ GET(VFIO_MIG_FEATURE_CHECK), sizeof(struct vfio_mig_check),
	  VFIOMIG_HAS_CHECK },
	{ SET(VFIO_MIG_FEATURE_NEGOTIATE), sizeof(struct vfio_mig_negotiate),
	  VFIOMIG_HAS_NEGOTIATE },
	{ GET(VFIO_MIG_FEATURE_SIZE), sizeof(struct vfio_mig_size),
	  VFIOMIG_HAS_SIZE },
	{ GET(VFIO_MIG_FEATURE_REASON), sizeof(struct vfio_mig_reason),
	  VFIOMIG_HAS_REASON },
};

static const struct request *find_request(const struct fake *f, uint32_t flags)
{
	uint32_t what = flags & ~VFIO_DEVICE_FEATURE_PROBE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].what == what &&
		    (requests[i].needs < 0 ||
		     f->features & 1u << requests[i].needs))
			return &requests[i];
	return NULL;
}

static int negotiate(struct fake *f, struct vfio_mig_negotiate *n)
{
	if (f->data_fd >= 0)
		return refuse(f, EBUSY);
	fill_verdict(f, &n->verdict);
	n->major = 1;
	n->minor = 0;
	f->negotiated = !f->verdict;
	return 0;
}

static int give_reason(struct fake *f, struct vfio_mig_reason *r)
{
	r->code = f->reason;
	strcpy(r->text, "so the fake wants it");
	return 0;
}

static int perform(struct fake *f, uint32_t what, void *data)
{
	switch (what) {
	case GET(VFIO_DEVICE_FEATURE_MIGRATION):
		((struct vfio_device_feature_migration *)data)->flags = f->flags;
		return 0;
	case GET(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE):
		((struct vfio_device_feature_mig_state *)data)->device_state =
			f->state;
		return 0;
	case SET(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE):
		return set_state(f, data);
	case GET(VFIO_DEVICE_FEATURE_MIG_DATA_SIZE):
		return data_size(f, data);
	case SET(VFIO_DEVICE_FEATURE_DMA_LOGGING_START):
		return start_logging(f, data);
	case SET(VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP):
		f->logging = false;
		return 0;
	case GET(VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT):
		return report_dirty(f, data);
	case SET(FEATURE_MIG_PRECOPY_INFO_V2):
		f->precopy_v2 = true;
		return 0;
	case GET(VFIO_MIG_FEATURE_DESCRIBE):
		return describe(f, data);
	case GET(VFIO_MIG_FEATURE_CHECK):
		return check_token(f, data);
	case SET(VFIO_MIG_FEATURE_NEGOTIATE):
		return negotiate(f, data);
	case GET(VFIO_MIG_FEATURE_SIZE):
		fill_size(f, data);
		return 0;
	case GET(VFIO_MIG_FEATURE_REASON):
		return give_reason(f, data);
	default:
		errno = ENOTTY;
		return -1;
	}
}

static bool changes_state(unsigned long request, const void *arg)
{
	const struct vfio_device_feature *feature = arg;

	return request == VFIO_DEVICE_FEATURE &&
	       feature->flags == SET(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);
}

static int do_feature(struct fake *f, struct vfio_device_feature *feature)
{
	const struct request *r = find_request(f, feature->flags);

	if (!r) {
		errno = ENOTTY;
		return -1;
	}
	if (feature->argsz < sizeof(*feature) + r->size) {
		errno = EINVAL;
		return -1;
	}
	if (feature->flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	return perform(f, r->what, feature->data);
}

static int do_reset(struct fake *f)
{
	if (!f->resets) {
		errno = ENOTTY;
		return -1;
	}
	end_session(f);
	f->state = VFIO_DEVICE_STATE_RUNNING;
	f->loaded = false;
	f->nr_resets++;
	return 0;
}

static int precopy_info(struct fake *f, struct vfio_precopy_info *info)
{
	if (f->state != VFIO_DEVICE_STATE_PRE_COPY &&
	    f->state != VFIO_DEVICE_STATE_PRE_COPY_P2P)
		return refuse(f, EINVAL);
	info->initial_bytes = f->initial_left;
	info->dirty_bytes = f->dirty;
	info->flags = VFIO_PRECOPY_INFO_REINIT;	/* rubbish unless asked for */
	return 0;
}

static int fake_ioctl(struct fake *f, int fd, unsigned long request, void *arg)
{
	if (fault(f)) {
		if (f->fault_breaks && changes_state(request, arg)) {
			end_session(f);
			f->state = VFIO_DEVICE_STATE_ERROR;
		}
		f->reason = -errno;
		return -1;
	}
	if (fd != f->fd && fd != f->alias_fd)
		return precopy_info(f, arg);
	if (request == VFIO_DEVICE_RESET)
		return do_reset(f);
	return do_feature(f, arg);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct fake *f = find(fd);
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (f)
		return fake_ioctl(f, fd, request, arg);
	if (fake_others && fake_others->ioctl(fd, request, arg, &ret))
		return ret;
	return __real_ioctl(fd, request, arg);
}

static bool starves(struct fake *f, int fd)
{
	return f->starve && ++f->data_calls % f->starve == 0 &&
	       fcntl(fd, F_GETFL) & O_NONBLOCK;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void take(struct fake *f, uint8_t *to, size_t n)
{
	while (n--)
		*to++ = pattern(f->pos++);
}

/* From one of the parts that the state consists of. */
static size_t draw(struct fake *f, size_t *part, uint8_t *to, size_t room)
{
	size_t n = least(*part, room);

	take(f, to, n);
	*part -= n;
	return n;
}

static ssize_t give_stream(struct fake *f, uint8_t *to, size_t room)
{
	size_t n = draw(f, &f->initial_left, to, room);

	n += draw(f, &f->dirty, to + n, room - n);
	if (f->state != VFIO_DEVICE_STATE_STOP_COPY) {
		if (n)
			f->dirty += f->churn;
		return n;
	}
	n += draw(f, &f->rest_left, to + n, room - n);
	while (!f->rest_left && f->trailer_left && n < room)
		to[n++] = trailer[FAKE_TRAILER - f->trailer_left--];
	return n;
}

static ssize_t fake_read(struct fake *f, int fd, void *buf, size_t len)
{
	ssize_t n;

	if (fault(f))
		return refuse(f, errno);
	if (fd == f->dead_fd)
		return refuse(f, ENODEV);
	if (!fsm_saving(f->state))
		return refuse(f, EINVAL);
	if (starves(f, fd)) {
		errno = EAGAIN;
		return -1;
	}
	n = give_stream(f, buf, f->piece ? least(len, f->piece) : len);
	if (n || !f->ends_by_enomsg)
		return n;
	errno = ENOMSG;
	return -1;
}

/* Next byte of a stream: the pattern, then the trailer, and nothing else. */
static bool next_byte(size_t *pos, size_t *seen, uint8_t byte)
{
	if (byte >= 61 || *seen)
		return *seen < FAKE_TRAILER && byte == trailer[(*seen)++];
	return byte == pattern((*pos)++);
}

bool fake_stream(const uint8_t *data, size_t len)
{
	size_t pos = 0, seen = 0, i;

	for (i = 0; i < len; i++)
		if (!next_byte(&pos, &seen, data[i]))
			return false;
	return seen == FAKE_TRAILER;
}

static ssize_t fake_write(struct fake *f, int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	size_t i;

	if (fault(f))
		return refuse(f, errno);
	if (fd == f->dead_fd || f->state != VFIO_DEVICE_STATE_RESUMING)
		return refuse(f, fd == f->dead_fd ? ENODEV : EINVAL);
	if (f->refuses_data)
		return refuse(f, f->refuses_data);
	if (starves(f, fd)) {
		errno = EAGAIN;
		return -1;
	}
	if (f->piece)
		len = least(len, f->piece);
	for (i = 0; i < len; i++)
		if (!next_byte(&f->pos, &f->trailer_seen, p[i]))
			return refuse(f, EBADMSG);
	return len;
}

ssize_t __wrap_read(int fd, void *buf, size_t len)
{
	struct fake *f = find(fd);

	return f ? fake_read(f, fd, buf, len) : __real_read(fd, buf, len);
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	struct fake *f = find(fd);

	return f ? fake_write(f, fd, buf, len) : __real_write(fd, buf, len);
}

/* Closing a data file changes no state, but the number is free for others. */
int __wrap_close(int fd)
{
	struct fake *f = find(fd);

	if (f && fd == f->data_fd)
		f->data_fd = -2;
	if (f && fd == f->dead_fd)
		f->dead_fd = -1;
	if (f && fd == f->alias_fd)
		f->alias_fd = -1;
	if (fake_others)
		fake_others->closed(fd);
	return __real_close(fd);
}

int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}
