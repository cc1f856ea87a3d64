// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device tells of itself apart from events: names of states, the last
 * refusal in words, armed faults.
 */
#include <linux/module.h>
#include "report.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

static const char * const state_names[] = {
	[VFIO_DEVICE_STATE_ERROR] = "ERROR",
	[VFIO_DEVICE_STATE_STOP] = "STOP",
	[VFIO_DEVICE_STATE_RUNNING] = "RUNNING",
	[VFIO_DEVICE_STATE_STOP_COPY] = "STOP_COPY",
	[VFIO_DEVICE_STATE_RESUMING] = "RESUMING",
	[VFIO_DEVICE_STATE_RUNNING_P2P] = "RUNNING_P2P",
	[VFIO_DEVICE_STATE_PRE_COPY] = "PRE_COPY",
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = "PRE_COPY_P2P",
};

/**
 * vmig_state_str - name of a state as the uAPI spells it
 * @state: state
 *
 * Return: a constant string.
 */
const char *vmig_state_str(enum vfio_device_mig_state state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "?";
}
EXPORT_SYMBOL_GPL(vmig_state_str);

/**
 * vmig_refuse - remember why, in words
 * @vm: device
 * @error: negative errno
 * @fmt: the reason
 *
 * Context: any that may not be NMI.
 * Return: @error.
 */
int vmig_refuse(struct vmig_dev *vm, int error, const char *fmt, ...)
{
	char text[VMIG_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	trace_vmig_refuse(dev_name(vm->vdev->dev), error, text);
	spin_lock(&vm->note_lock);
	strscpy(vm->reason, text, sizeof(vm->reason));
	vm->reason_code = error;
	spin_unlock(&vm->note_lock);
	return error;
}
EXPORT_SYMBOL_GPL(vmig_refuse);

/* The last refusal: its errno, 0 when there was none. */
int vmig_reason(struct vmig_dev *vm, char text[VMIG_REASON_MAX])
{
	guard(spinlock)(&vm->note_lock);
	strscpy(text, vm->reason, VMIG_REASON_MAX);
	return vm->reason_code;
}

/* No refusal is remembered any more. */
void vmig_reason_clear(struct vmig_dev *vm)
{
	guard(spinlock)(&vm->note_lock);
	vm->reason[0] = '\0';
	vm->reason_code = 0;
}

/**
 * vmig_fault_at - was a fault armed for this point?
 * @vm: device
 * @kind: "arc", "error" (the device is in ERROR then), "save" or "load", or a
 *	driver's own
 * @what: target state, name of the section, or what the driver has
 *
 * Return: 0 or the errno to fail with.
 */
int vmig_fault_at(struct vmig_dev *vm, const char *kind, const char *what)
{
	size_t n = strlen(kind);
	struct vmig_fault fault;

	spin_lock(&vm->note_lock);
	fault = vm->fault;
	spin_unlock(&vm->note_lock);
	if (strncmp(fault.at, kind, n) || fault.at[n] != ':' ||
	    strcmp(fault.at + n + 1, what))
		return 0;
	return fault.error;
}
EXPORT_SYMBOL_GPL(vmig_fault_at);

/* The only one that is armed from now on. */
void vmig_fault_arm(struct vmig_dev *vm, const struct vmig_fault *fault)
{
	guard(spinlock)(&vm->note_lock);
	vm->fault = *fault;
}
