// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arcs of the migration state machine. Which are legal is the business of
 * vfio_mig_get_next_state() alone; here stands what each of them does.
 */
#include <linux/file.h>
#include <linux/module.h>
#include "arcs.h"
#include "events.h"
#include "identity.h"
#include "report.h"
#include "session.h"
#include "trace.h"

/* One thing that an arc does, and how to take it back when a later one fails. */
struct vmig_step {
	int (*act)(struct vmig_dev *vm, struct file **file);
	int (*undo)(struct vmig_dev *vm, struct file **file);
};

static int call(struct vmig_dev *vm, int (*op)(struct vmig_dev *vm))
{
	return op ? op(vm) : 0;
}

static int do_quiesce(struct vmig_dev *vm, struct file **file)
{
	return call(vm, vm->ops->quiesce);
}

static int do_unquiesce(struct vmig_dev *vm, struct file **file)
{
	return call(vm, vm->ops->unquiesce);
}

static int do_stop(struct vmig_dev *vm, struct file **file)
{
	return call(vm, vm->ops->stop);
}

static int do_start(struct vmig_dev *vm, struct file **file)
{
	return call(vm, vm->ops->start);
}

static void drop_session(struct vmig_dev *vm)
{
	if (vm->session)
		vmig_session_kill(vm->session);
	vm->session = NULL;
}

static int open_session(struct vmig_dev *vm, struct file **file,
			enum vmig_phase phase)
{
	struct file *f = vmig_session_open(vm, phase);

	if (IS_ERR(f))
		return PTR_ERR(f);
	*file = f;
	return 0;
}

static int do_end_save(struct vmig_dev *vm, struct file **file)
{
	if (vm->session)
		vmig_session_report(vm->session);
	drop_session(vm);
	if (vm->ops->save_end)
		vm->ops->save_end(vm);
	return 0;
}

static int begin_save(struct vmig_dev *vm, struct file **file,
		      enum vmig_phase phase)
{
	int minor = vmig_emit_minor(vm);
	int ret;

	if (minor < 0)
		return vmig_refuse(vm, minor, "no stream version may be sent");
	ret = vmig_can_carry(vm, minor, vm->pins.forced);
	if (ret)
		return ret;
	ret = call(vm, vm->ops->save_begin);
	if (ret)
		return ret;
	ret = open_session(vm, file, phase);
	if (ret && vm->ops->save_end)
		vm->ops->save_end(vm);
	return ret;
}

static int do_precopy(struct vmig_dev *vm, struct file **file)
{
	return begin_save(vm, file, VMIG_PHASE_PRECOPY);
}

static int do_stopcopy(struct vmig_dev *vm, struct file **file)
{
	return begin_save(vm, file, VMIG_PHASE_STOPCOPY);
}

static int do_final(struct vmig_dev *vm, struct file **file)
{
	vmig_session_final(vm->session);
	return 0;
}

static int do_resume(struct vmig_dev *vm, struct file **file)
{
	int ret;

	/* An optional section that is absent must not leave an earlier stream's values. */
	if (vm->ops->shadow)
		vmig_fields_clear(vm->kind->sections, vm->kind->nr_sections,
				  vm->ops->shadow(vm));
	ret = call(vm, vm->ops->load_begin);
	if (ret)
		return ret;
	ret = open_session(vm, file, VMIG_PHASE_RESUME);
	if (ret && vm->ops->load_abort)
		vm->ops->load_abort(vm);
	return ret;
}

/*
 * linux/vfio.h: "must fail the SET_STATE ioctl" when the data is incomplete.
 * The guest goes on with the platform that it had on the source.
 */
static int do_commit(struct vmig_dev *vm, struct file **file)
{
	const struct vmig_platform *before = vm->platform;
	u16 minor;
	int ret;

	ret = vmig_session_verdict(vm->session, &minor);
	if (ret)
		return ret;
	WRITE_ONCE(vm->platform, vmig_platform_of(vm->kind, minor));
	ret = call(vm, vm->ops->load_commit);
	if (ret) {
		WRITE_ONCE(vm->platform, before);
		return ret;
	}
	vmig_session_report(vm->session);
	drop_session(vm);
	return 0;
}

static const struct vmig_step quiesce = { do_quiesce, do_unquiesce };
static const struct vmig_step unquiesce = { do_unquiesce, do_quiesce };
static const struct vmig_step stop = { do_stop, do_start };
static const struct vmig_step start = { do_start, do_stop };
static const struct vmig_step precopy = { do_precopy, do_end_save };
static const struct vmig_step stopcopy = { do_stopcopy, do_end_save };
static const struct vmig_step final = { do_final, NULL };
static const struct vmig_step end_save = { do_end_save, NULL };
static const struct vmig_step resume = { do_resume, NULL };
static const struct vmig_step commit = { do_commit, NULL };

#define VMIG_STEPS_MAX 3
#define ARC(from, to, ...) \
	[VFIO_DEVICE_STATE_##from][VFIO_DEVICE_STATE_##to] = { __VA_ARGS__ }

/* A step that cannot be taken back stands last in its arc. */
static const struct vmig_step *const
arcs[VFIO_DEVICE_STATE_NR][VFIO_DEVICE_STATE_NR][VMIG_STEPS_MAX] = {
	ARC(RUNNING, RUNNING_P2P, &quiesce),
	ARC(RUNNING_P2P, RUNNING, &unquiesce),
	ARC(RUNNING_P2P, STOP, &stop),
	ARC(STOP, RUNNING_P2P, &start),
	ARC(RUNNING, STOP, &quiesce, &stop),
	ARC(STOP, RUNNING, &start, &unquiesce),
	ARC(RUNNING, PRE_COPY, &precopy),
	ARC(PRE_COPY, RUNNING, &end_save),
	ARC(RUNNING_P2P, PRE_COPY_P2P, &precopy),
	ARC(PRE_COPY_P2P, RUNNING_P2P, &end_save),
	ARC(PRE_COPY, PRE_COPY_P2P, &quiesce),
	ARC(PRE_COPY_P2P, PRE_COPY, &unquiesce),
	ARC(PRE_COPY, STOP_COPY, &quiesce, &stop, &final),
	ARC(PRE_COPY_P2P, STOP_COPY, &stop, &final),
	ARC(STOP, STOP_COPY, &stopcopy),
	ARC(STOP_COPY, STOP, &end_save),
	ARC(STOP, RESUMING, &resume),
	ARC(RESUMING, STOP, &commit),
};

/* The data file is dead then, and what a save or a load has begun is over. */
static void end_session(struct vmig_dev *vm)
{
	bool resuming = vm->state == VFIO_DEVICE_STATE_RESUMING;

	if (vm->session && !resuming)
		do_end_save(vm, NULL);
	drop_session(vm);
	if (resuming && vm->ops->load_abort)
		vm->ops->load_abort(vm);
}

/* linux/vfio.h: "unable to restore the device to any valid device_state" */
static void enter_error(struct vmig_dev *vm)
{
	end_session(vm);
	vmig_event_state(vm, vm->state, VFIO_DEVICE_STATE_ERROR);
	vm->state = VFIO_DEVICE_STATE_ERROR;
}

static void undo_steps(struct vmig_dev *vm, const struct vmig_step *const *s,
		       int nr, struct file **file)
{
	bool failed = false;

	while (nr--)
		if (s[nr]->undo && s[nr]->undo(vm, file))
			failed = true;
	if (failed)
		enter_error(vm);
}

static int take_arc(struct vmig_dev *vm, enum vfio_device_mig_state to,
		    struct file **file)
{
	const struct vmig_step *const *s = arcs[vm->state][to];
	int i, ret;

	ret = vmig_fault_at(vm, "arc", vmig_state_str(to));
	if (ret)
		return vmig_refuse(vm, ret, "arc to %s: injected fault",
				   vmig_state_str(to));
	ret = vmig_fault_at(vm, "error", vmig_state_str(to));
	if (ret) {
		enter_error(vm);
		return vmig_refuse(vm, ret, "arc to %s: injected failure",
				   vmig_state_str(to));
	}
	if (WARN_ON_ONCE(!s[0]))
		return -EINVAL;
	for (i = 0; i < VMIG_STEPS_MAX && s[i]; i++) {
		ret = s[i]->act(vm, file);
		if (ret) {
			undo_steps(vm, s, i, file);
			return ret;
		}
	}
	return 0;
}

static int walk(struct vmig_dev *vm, enum vfio_device_mig_state to,
		struct file **file)
{
	enum vfio_device_mig_state next;
	ktime_t began;
	int ret;

	/* vfio_mig_get_next_state() warns of a driver that asks from there. */
	if (vm->state == VFIO_DEVICE_STATE_ERROR)
		return vmig_refuse(vm, -EINVAL,
				   "the device is in ERROR and must be reset");
	while (vm->state != to) {
		ret = vfio_mig_get_next_state(vm->vdev, vm->state, to, &next);
		if (ret)
			return vmig_refuse(vm, ret, "no way from %s to %s",
					   vmig_state_str(vm->state),
					   vmig_state_str(to));
		began = ktime_get();
		ret = take_arc(vm, next, file);
		trace_vmig_arc(dev_name(vm->vdev->dev), vm->state, next, ret,
			       ktime_us_delta(ktime_get(), began));
		if (ret)
			return ret;
		vmig_event_state(vm, vm->state, next);
		vm->state = next;
		if (WARN_ON_ONCE(*file && next != to))
			return -EINVAL;
	}
	return 0;
}

/**
 * vmig_set_state - VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE
 * @vm: device
 * @to: state wanted
 *
 * When an arc on the way fails, the device stays in the state before it, as
 * linux/vfio.h allows; the user asks which.
 *
 * Return: data file when @to opens one, NULL, or an ERR_PTR().
 */
struct file *vmig_set_state(struct vmig_dev *vm,
			    enum vfio_device_mig_state to)
{
	struct file *file = NULL;
	int ret;

	guard(mutex)(&vm->state_mutex);
	ret = walk(vm, to, &file);
	if (!ret)
		return file;
	if (file)
		fput(file);
	vmig_event_failed(vm, ret);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(vmig_set_state);

/**
 * vmig_get_state - current state
 * @vm: device
 * @state: set to it
 *
 * Return: 0.
 */
int vmig_get_state(struct vmig_dev *vm, enum vfio_device_mig_state *state)
{
	guard(mutex)(&vm->state_mutex);
	*state = vm->state;
	return 0;
}
EXPORT_SYMBOL_GPL(vmig_get_state);

/* Ends what goes on with data files and brings the device to power-on state. */
void vmig_back_to_running(struct vmig_dev *vm)
{
	lockdep_assert_held(&vm->state_mutex);
	end_session(vm);
	vm->ops->reset(vm);
	vm->state = VFIO_DEVICE_STATE_RUNNING;
}

/**
 * vmig_reset - VFIO_DEVICE_RESET: device in power-on state and RUNNING
 * @vm: device
 *
 * Works in every state, ERROR included; a data file that is open is dead then.
 */
void vmig_reset(struct vmig_dev *vm)
{
	guard(mutex)(&vm->state_mutex);
	trace_vmig_arc(dev_name(vm->vdev->dev), vm->state,
		       VFIO_DEVICE_STATE_RUNNING, 0, 0);
	vmig_event_state(vm, vm->state, VFIO_DEVICE_STATE_RUNNING);
	vmig_back_to_running(vm);
}
EXPORT_SYMBOL_GPL(vmig_reset);
