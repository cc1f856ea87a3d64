// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data file: who may read, write and wait, and what it answers.
 *
 * linux/vfio.h on the data_fd: in PRE_COPY a temporary end is ENOMSG; in
 * STOP_COPY the end is 0; a driver accepts any segmentation of the stream.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "events.h"
#include "identity.h"
#include "records.h"
#include "report.h"
#include "session.h"
#include "sizes.h"
#include "vfio_compat.h"

/*
 * A guest that changes its mode all the time must not keep its VMM from stopping
 * it: so often is it told of new initial data in one session.
 */
#define SESSION_REINITS_MAX	8

/* A user that polls has to look again. */
static void session_wake(struct vmig_session *s)
{
	wake_up_interruptible_poll(&s->wait, EPOLLIN | EPOLLRDNORM | EPOLLOUT |
				   EPOLLWRNORM | EPOLLERR);
}

/**
 * vmig_dirtied - there is more to be sent while the device runs
 * @vm: device
 *
 * For a driver with bulk sections, whenever it has noted that state changed after
 * it was sent: wakes a user that waits for data. Cheap while none does.
 *
 * Context: any but NMI.
 */
void vmig_dirtied(struct vmig_dev *vm)
{
	/* What was noted before is seen by a user that finds nothing after. */
	smp_mb();
	if (!READ_ONCE(vm->starved))
		return;
	guard(spinlock_irqsave)(&vm->reader_lock);
	WRITE_ONCE(vm->starved, false);
	if (vm->reader)
		session_wake(vm->reader);
}
EXPORT_SYMBOL_GPL(vmig_dirtied);

static void session_set_reader(struct vmig_dev *vm, struct vmig_session *s)
{
	guard(spinlock_irqsave)(&vm->reader_lock);
	vm->reader = s;
	vm->starved = false;
}

/* The first failure sticks, and is news. */
static int session_fail(struct vmig_session *s, int error)
{
	lockdep_assert_held(&s->lock);
	if (!s->error) {
		s->error = error;
		vmig_event_failed(s->vm, error);
		session_wake(s);
	}
	return s->error;
}

static void session_free(struct kref *ref)
{
	struct vmig_session *s = container_of(ref, struct vmig_session, ref);

	mutex_destroy(&s->lock);
	mutex_destroy(&s->io_mutex);
	kvfree(s->buf);
	kfree(s);
}

static int session_release(struct inode *inode, struct file *file)
{
	struct vmig_session *s = file->private_data;

	kref_put(&s->ref, session_free);
	return 0;
}

/* Queue bytes for the reader. 0: there are some; 1: end; or an errno. */
static int session_refill(struct vmig_session *s)
{
	int ret;

	lockdep_assert_held(&s->lock);
	if (!s->vm)
		return -ENODEV;
	if (s->error)
		return s->error;
	if (s->pos < s->fill)
		return 0;
	s->pos = 0;
	s->fill = 0;
	ret = vmig_produce(s);
	if (ret < 0)
		return session_fail(s, ret);
	if (s->fill)
		return 0;
	if (s->phase != VMIG_PHASE_PRECOPY)
		return 1;
	/* The user knows that nothing is left. */
	s->told = 0;
	return -ENOMSG;
}

/*
 * Bytes leave the queue only after the user has them, so a faulting buffer
 * loses nothing. io_mutex keeps other readers out meanwhile, and nobody but a
 * reader refills the queue: the bytes may be read without the session's lock.
 */
static ssize_t session_read_chunk(struct vmig_session *s, char __user *buf,
				  size_t len)
{
	size_t n, left;
	const u8 *from;
	int ret;

	scoped_guard(mutex, &s->lock) {
		ret = session_refill(s);
		if (ret)
			return ret < 0 ? ret : 0;
		n = min_t(size_t, len, s->fill - s->pos);
		from = s->buf + s->pos;
	}
	left = copy_to_user(buf, from, n);
	if (left == n)
		return -EFAULT;
	scoped_guard(mutex, &s->lock) {
		if (!s->vm)
			return -ENODEV;
		s->pos += n - left;
	}
	return n - left;
}

/* Users take turns. 0, or why not. */
static int session_begin(struct vmig_session *s, struct file *file)
{
	if (file->f_flags & O_NONBLOCK)
		return mutex_trylock(&s->io_mutex) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&s->io_mutex) ? -ERESTARTSYS : 0;
}

static ssize_t session_read(struct file *file, char __user *buf, size_t len,
			    loff_t *pos)
{
	struct vmig_session *s = file->private_data;
	ssize_t done = 0;
	ssize_t ret = 0;

	if (!len)
		return 0;
	ret = session_begin(s, file);
	if (ret)
		return ret;
	while (done < len) {
		ret = session_read_chunk(s, buf + done, len - done);
		if (ret <= 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	mutex_unlock(&s->io_mutex);
	return done ? done : ret;
}

/* Where the next bytes from the user go: how many, or an errno. */
static ssize_t session_space(struct vmig_session *s, u8 **to)
{
	u32 room;

	guard(mutex)(&s->lock);
	if (!s->vm)
		return -ENODEV;
	if (s->error)
		return s->error;
	room = vmig_parser_space(&s->parser, to);
	if (room)
		return room;
	vmig_refuse(s->vm, s->parser.error, "%s", s->parser.reason);
	return session_fail(s, s->parser.error);
}

/* They are there: a record that is whole now is taken or refused. */
static int session_took(struct vmig_session *s, u32 n)
{
	int ret;

	guard(mutex)(&s->lock);
	if (!s->vm)
		return -ENODEV;
	ret = vmig_parser_took(&s->parser, n);
	if (ret > 0)
		ret = vmig_consume(s);
	else if (ret < 0)
		vmig_refuse(s->vm, ret, "%s", s->parser.reason);
	return ret < 0 ? session_fail(s, ret) : 0;
}

/*
 * From the user's memory right to its place, with no lock that anybody but
 * another writer waits for: the parser belongs to who holds io_mutex, and
 * what looks at it meanwhile looks at whole records only.
 */
static ssize_t session_write_piece(struct vmig_session *s,
				   const char __user *buf, size_t len)
{
	ssize_t n;
	size_t left;
	u8 *to;
	int ret;

	n = session_space(s, &to);
	if (n < 0)
		return n;
	n = min_t(size_t, len, n);
	left = copy_from_user(to, buf, n);
	if (left == n)
		return -EFAULT;
	ret = session_took(s, n - left);
	return ret ? ret : n - left;
}

static ssize_t session_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *pos)
{
	struct vmig_session *s = file->private_data;
	ssize_t done = 0;
	ssize_t ret = 0;

	if (!len)
		return 0;
	ret = session_begin(s, file);
	if (ret)
		return ret;
	while (done < len) {
		ret = session_write_piece(s, buf + done, len - done);
		if (ret < 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	mutex_unlock(&s->io_mutex);
	/*
	 * A refused stream is reported by the write that refused it, even if
	 * records before were good: nobody may think that all went well.
	 */
	if (ret < 0 && ret != -EFAULT)
		return ret;
	return done ? done : ret;
}

/* Would a read have bytes, or another answer than that there are none now? */
static bool session_readable(struct vmig_session *s)
{
	struct vmig_left left;

	lockdep_assert_held(&s->lock);
	if (s->phase != VMIG_PHASE_PRECOPY || vmig_session_queued(s))
		return true;
	WRITE_ONCE(s->vm->starved, true);
	/* What vmig_dirtied() did not wake for is seen from here on. */
	smp_mb();
	return vmig_left(s->vm, s, false, &left) || left.initial || left.dirty ||
	       vmig_dropped(s->vm, s->at.minor) & ~s->at.forced;
}

static __poll_t session_save_poll(struct file *file, poll_table *wait)
{
	struct vmig_session *s = file->private_data;

	poll_wait(file, &s->wait, wait);
	guard(mutex)(&s->lock);
	if (!s->vm || s->error)
		return EPOLLERR | EPOLLIN | EPOLLRDNORM;
	return session_readable(s) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* Never waits: a record is taken when it is whole. */
static __poll_t session_resume_poll(struct file *file, poll_table *wait)
{
	struct vmig_session *s = file->private_data;

	poll_wait(file, &s->wait, wait);
	guard(mutex)(&s->lock);
	if (!s->vm || s->error)
		return EPOLLERR | EPOLLOUT | EPOLLWRNORM;
	return EPOLLOUT | EPOLLWRNORM;
}

/*
 * linux/vfio.h: initial_bytes decrease, unless VFIO_PRECOPY_INFO_REINIT says that
 * they are new. A user that knows of no REINIT, or has not seen the last ones
 * come to their end, is told of what is more as dirty.
 */
static void session_fit_info(struct vmig_session *s, struct vmig_left *left,
			     bool *reinit)
{
	u64 more = left->fresh;

	*reinit = vmig_compat_precopy_v2(s->vm->vdev) &&
		  left->passes != s->passes && !s->told &&
		  s->reinits < SESSION_REINITS_MAX;
	if (*reinit)
		return;
	if (left->initial - more > s->told)
		more = left->initial - s->told;
	left->initial -= more;
	left->dirty += more;
}

/* @left: what the user knows when the answer has got there */
static int session_precopy_info(struct vmig_session *s,
				struct vfio_precopy_info *info,
				struct vmig_left *left)
{
	bool reinit;
	int ret;

	guard(mutex)(&s->lock);
	if (!s->vm)
		return -ENODEV;
	if (s->phase != VMIG_PHASE_PRECOPY)
		return -EINVAL;
	if (s->error)
		return s->error;
	ret = vmig_left(s->vm, s, false, left);
	if (ret)
		return ret;
	session_fit_info(s, left, &reinit);
	/* v1 leaves flags as the user had them; v2 makes them an output. */
	if (vmig_compat_precopy_v2(s->vm->vdev))
		info->flags = reinit ? VMIG_PRECOPY_REINIT : 0;
	if (!reinit)
		left->passes = s->passes;
	info->initial_bytes = left->initial;
	info->dirty_bytes = left->dirty;
	vmig_event_precopy(s->vm, left->initial, left->dirty, s->emit.bytes);
	return 0;
}

/* The user has the answer. */
static void session_note_told(struct vmig_session *s,
			      const struct vmig_left *left)
{
	guard(mutex)(&s->lock);
	s->told = left->initial;
	if (left->passes == s->passes)
		return;
	s->passes = left->passes;
	s->reinits++;
}

static long session_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct vmig_session *s = file->private_data;
	unsigned long size = offsetofend(struct vfio_precopy_info, dirty_bytes);
	void __user *user = (void __user *)arg;
	struct vfio_precopy_info info = {};
	struct vmig_left left;
	int ret;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, user, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	ret = session_precopy_info(s, &info, &left);
	if (ret)
		return ret;
	if (copy_to_user(user, &info, size))
		return -EFAULT;
	session_note_told(s, &left);
	return 0;
}

static const struct file_operations vmig_save_fops = {
	.owner = THIS_MODULE,
	.read = session_read,
	.poll = session_save_poll,
	.unlocked_ioctl = session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = session_release,
};

static const struct file_operations vmig_resume_fops = {
	.owner = THIS_MODULE,
	.write = session_write,
	.poll = session_resume_poll,
	.release = session_release,
};

static struct vmig_session *session_alloc(struct vmig_dev *vm,
					  enum vmig_phase phase)
{
	struct vmig_session *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	bool save = phase != VMIG_PHASE_RESUME;

	if (!s)
		return NULL;
	kref_init(&s->ref);
	mutex_init(&s->io_mutex);
	mutex_init(&s->lock);
	init_waitqueue_head(&s->wait);
	s->told = U64_MAX;
	s->vm = vm;
	s->phase = phase;
	s->began = ktime_get();
	s->buf = kvmalloc(VMIG_RECORD_LEN + VMIG_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	if (!s->buf) {
		kref_put(&s->ref, session_free);
		return NULL;
	}
	s->at.minor = save ? max(vmig_emit_minor(vm), 0) : 0;
	s->at.forced = vm->pins.forced;
	s->rules.sections = vm->kind->sections;
	s->rules.nr_sections = vm->kind->nr_sections;
	/* Which minor is accepted is said best when the token is there. */
	vmig_parser_init(&s->parser, s->buf, U16_MAX);
	return s;
}

/* A data file for @phase; the device gets its own reference. */
struct file *vmig_session_open(struct vmig_dev *vm, enum vmig_phase phase)
{
	bool save = phase != VMIG_PHASE_RESUME;
	struct vmig_session *s;
	struct file *file;

	lockdep_assert_held(&vm->state_mutex);
	if (WARN_ON_ONCE(vm->session))
		return ERR_PTR(-EBUSY);
	s = session_alloc(vm, phase);
	if (!s)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("vfio-mig",
				  save ? &vmig_save_fops : &vmig_resume_fops,
				  s, save ? O_RDONLY : O_WRONLY);
	if (IS_ERR(file)) {
		kref_put(&s->ref, session_free);
		return file;
	}
	stream_open(file->f_inode, file);
	kref_get(&s->ref);
	vm->session = s;
	if (save)
		session_set_reader(vm, s);
	return file;
}

/* The device lets go: whatever is done with the file now is -ENODEV. */
void vmig_session_kill(struct vmig_session *s)
{
	scoped_guard(mutex, &s->lock) {
		session_set_reader(s->vm, NULL);
		s->vm = NULL;
	}
	session_wake(s);
	kref_put(&s->ref, session_free);
}

/* The device has stopped: what is still to come is final. */
void vmig_session_final(struct vmig_session *s)
{
	guard(mutex)(&s->lock);
	s->phase = VMIG_PHASE_STOPCOPY;
	s->next = 0;
	s->at.sent = 0;
	session_wake(s);
}

/* May what was loaded be applied? Its stream minor, too. */
int vmig_session_verdict(struct vmig_session *s, u16 *minor)
{
	guard(mutex)(&s->lock);
	*minor = s->parser.minor;
	if (s->error)
		return s->error;
	if (!vmig_parser_done(&s->parser))
		return vmig_refuse(s->vm, -ENODATA,
				   "stream ends before its END record");
	return vmig_missing(s);
}

/* A stream that is complete is news. The parser has not counted its END. */
void vmig_session_report(struct vmig_session *s)
{
	u64 usecs = ktime_us_delta(ktime_get(), s->began);

	guard(mutex)(&s->lock);
	if (s->phase == VMIG_PHASE_RESUME)
		vmig_event_done(s->vm, true, s->parser.seen.bytes +
				VMIG_RECORD_LEN + VMIG_END_LEN,
				s->parser.seen.records + 1, usecs);
	else if (s->at.end_done && s->pos == s->fill)
		vmig_event_done(s->vm, false, s->emit.bytes, s->emit.records,
				usecs);
}
