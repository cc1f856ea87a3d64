// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work that reads guest memory. The owner of guest memory may hold up a read for
 * as long as it likes, so a worker reads, with no lock held, and is waited for
 * only so long.
 */
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include "internal.h"

static struct workqueue_struct *job_wq;

int vmig_guest_jobs_setup(void)
{
	job_wq = alloc_workqueue("vfio_mig_pci", WQ_UNBOUND, 0);
	return job_wq ? 0 : -ENOMEM;
}

void vmig_guest_jobs_teardown(void)
{
	destroy_workqueue(job_wq);
}

/* Sets the task that a give-up ends; false when the result is not waited for any more. */
static bool job_set_runner(struct vmig_guest_job *job, struct task_struct *task)
{
	guard(spinlock)(&job->lock);
	job->runner = task;
	return !job->given_up;
}

static void job_work(struct work_struct *work)
{
	struct vmig_guest_job *job = container_of(work, struct vmig_guest_job,
						  work);

	/* Only a fatal signal ends a wait for guest memory. */
	allow_kernel_signal(SIGKILL);
	if (job_set_runner(job, current))
		job->run(job);
	job_set_runner(job, NULL);
	disallow_signal(SIGKILL);
	flush_signals(current);
	complete(&job->done);
}

static void job_give_up(struct vmig_guest_job *job)
{
	guard(spinlock)(&job->lock);
	job->given_up = true;
	if (job->runner)
		send_sig(SIGKILL, job->runner, 1);
}

/**
 * vmig_guest_job_init - before the first run
 * @job: job
 * @run: what it does; may sleep
 */
void vmig_guest_job_init(struct vmig_guest_job *job,
			 void (*run)(struct vmig_guest_job *job))
{
	job->run = run;
	INIT_WORK(&job->work, job_work);
	init_completion(&job->done);
	spin_lock_init(&job->lock);
}
EXPORT_SYMBOL_GPL(vmig_guest_job_init);

/**
 * vmig_guest_job_idle - may the job's arguments be changed?
 * @job: job
 *
 * Return: false while a run that was given up is still under way.
 */
bool vmig_guest_job_idle(struct vmig_guest_job *job)
{
	return !work_busy(&job->work);
}
EXPORT_SYMBOL_GPL(vmig_guest_job_idle);

/**
 * vmig_guest_job_run - run a job that is idle, and wait for it
 * @job: job
 * @ms: limit
 *
 * Context: sleeps; with no lock of the device but vm.state_mutex.
 * Return: true if it has ended; otherwise it is given up, and owns its arguments
 * until vmig_guest_job_idle().
 */
bool vmig_guest_job_run(struct vmig_guest_job *job, unsigned int ms)
{
	job->given_up = false;
	reinit_completion(&job->done);
	queue_work(job_wq, &job->work);
	if (wait_for_completion_timeout(&job->done, msecs_to_jiffies(ms)))
		return true;
	job_give_up(job);
	return false;
}
EXPORT_SYMBOL_GPL(vmig_guest_job_run);

/**
 * vmig_guest_job_end - before the user's memory goes
 * @job: job; has ended when the call returns
 */
void vmig_guest_job_end(struct vmig_guest_job *job)
{
	job_give_up(job);
	flush_work(&job->work);
}
EXPORT_SYMBOL_GPL(vmig_guest_job_end);
