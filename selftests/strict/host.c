// SPDX-License-Identifier: GPL-2.0-only
/* Surroundings of the driver on the host; see shim.h and host.h. */
#include <ucontext.h>
#include "host.h"
#include "../../drivers/e1000e/sections.h"

#define STACK	(256 * 1024)

struct task_struct {
	ucontext_t context;
	int (*fn)(void *data);
	void *data;
	void *stack;
	u64 wake;
	bool stop;
	bool ended;
};

struct host hosts[2];
void (*host_sent)(const struct card_frame *f);
unsigned int host_failures;
u64 host_steps;
struct host_current host_current;

static u64 now;
static u64 random_state;
static ucontext_t main_context;
static struct task_struct *tasks[2];
static struct task_struct *running;
static const struct vmig_pci_driver *driver;

void host_fail(const char *fmt, ...)
{
	va_list args;

	if (host_failures++ > 5)
		return;
	printf("# at %llu us: ", (unsigned long long)now / 1000);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

u32 host_below(u32 n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state * 0x2545f4914f6cdd1dULL >> 32) % n;
}

/* Time and threads */

u64 host_now(void)
{
	return now;
}

static void run_cards(void)
{
	host_steps++;
	card_run(&hosts[0].card, now);
	card_run(&hosts[1].card, now);
}

static void switch_to_main(void)
{
	struct task_struct *t = running;

	running = NULL;
	swapcontext(&t->context, &main_context);
}

static void switch_to(struct task_struct *t)
{
	running = t;
	swapcontext(&main_context, &t->context);
}

static void task_main(void)
{
	struct task_struct *t = running;

	t->fn(t->data);
	t->ended = true;
	switch_to_main();
}

static void *host_alloc(size_t len)
{
	void *p = calloc(1, len);

	if (!p)
		abort();
	return p;
}

struct task_struct *host_thread(int (*fn)(void *), void *data)
{
	struct task_struct *t = host_alloc(sizeof(*t));
	unsigned int i = tasks[0] ? 1 : 0;

	t->fn = fn;
	t->data = data;
	t->stack = host_alloc(STACK);
	t->wake = U64_MAX;
	getcontext(&t->context);
	t->context.uc_stack.ss_sp = t->stack;
	t->context.uc_stack.ss_size = STACK;
	makecontext(&t->context, task_main, 0);
	if (tasks[i])
		host_fail("more threads than cards");
	tasks[i] = t;
	return t;
}

void wake_up_process(struct task_struct *t)
{
	t->wake = now;
}

bool kthread_should_stop(void)
{
	return running->stop;
}

int kthread_stop(struct task_struct *t)
{
	unsigned int i;

	t->stop = true;
	while (!t->ended)
		switch_to(t);
	for (i = 0; i < 2; i++)
		if (tasks[i] == t)
			tasks[i] = NULL;
	free(t->stack);
	free(t);
	return 0;
}

void host_thread_sleep(u64 ns)
{
	running->wake = now + ns;
	switch_to_main();
}

static void run_threads(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (tasks[i] && tasks[i]->wake <= now)
			switch_to(tasks[i]);
}

/* Lets time go on, in small steps; threads run in between where locks let them. */
void host_sleep(u64 ns)
{
	u64 end = now + ns, step = ns / 256;

	step = max(step, 1000ULL);
	step = min(step, 20000ULL);
	while (now < end) {
		now = min(now + step, end);
		run_cards();
		if (!running)
			run_threads();
	}
}

/* Locks */

void host_lock(struct lock *l, const char *who)
{
	while (l->holder && running) {
		running->wake = now;
		switch_to_main();
	}
	if (l->holder)
		host_fail("%s waits for a lock that %s holds", who, l->holder);
	l->holder = who;
}

void host_unlock(struct lock *l)
{
	if (!l->holder)
		host_fail("a lock is released that is not held");
	l->holder = NULL;
}

void down_read(struct rw_semaphore *s)
{
	host_lock(&s->l, "reader");
}

void up_read(struct rw_semaphore *s)
{
	host_unlock(&s->l);
}

void down_write(struct rw_semaphore *s)
{
	host_lock(&s->l, "writer");
}

void up_write(struct rw_semaphore *s)
{
	host_unlock(&s->l);
}

/* Registers */

static struct host *host_at(const u8 *at)
{
	return at >= hosts[0].bar && at < hosts[0].bar + E1K_REGS_LEN ?
		&hosts[0] : &hosts[1];
}

/* An access takes its time, and the cards go on meanwhile. */
static void access_time(void)
{
	now += 300;
	run_cards();
}

u32 host_read32(void *at)
{
	struct host *h = host_at(at);

	access_time();
	return card_read(&h->card, (u8 *)at - h->bar);
}

void host_write32(u32 value, void *at)
{
	struct host *h = host_at(at);

	access_time();
	card_write(&h->card, (u8 *)at - h->bar, value);
}

bool vmig_pci_poll(struct vmig_pci *p, u32 offset, u32 mask, u32 want,
		   unsigned int ms)
{
	u32 value;

	return !read_poll_timeout(vmig_pci_get, value, (value & mask) == want,
				  100, ms * 1000, false, p, offset);
}

/* PCI */

int pci_disable_link_state(struct pci_dev *pdev, int state)
{
	if (pdev->aspm_refuses)
		return -EPERM;
	pdev->lnkctl &= ~PCI_EXP_LNKCTL_ASPMC;
	pdev->bus->self->lnkctl &= ~PCI_EXP_LNKCTL_ASPMC;
	return 0;
}

int pcie_capability_read_word(struct pci_dev *pdev, int at, u16 *v)
{
	*v = pdev->lnkctl;
	return 0;
}

int pcie_capability_clear_word(struct pci_dev *pdev, int at, u16 v)
{
	pdev->lnkctl &= ~v;
	return 0;
}

struct pci_dev *pci_upstream_bridge(struct pci_dev *pdev)
{
	return pdev->bus->self;
}

/* What vfio_mig_pci.ko and vfio_mig.ko give the driver */

void vmig_wake_begin(struct vmig_pci *p, struct vmig_wake *w)
{
	vmig_track_lock(p);
	vmig_card_begin(p, w);
}

void vmig_wake_end(struct vmig_pci *p, struct vmig_wake *w)
{
	vmig_card_end(p, w);
	vmig_track_unlock(p);
}

void vmig_card_begin(struct vmig_pci *p, struct vmig_wake *w)
{
	down_write(&p->core.memory_lock);
}

void vmig_card_end(struct vmig_pci *p, struct vmig_wake *w)
{
	up_write(&p->core.memory_lock);
}

bool vmig_guest_begin(struct vmig_pci *p)
{
	down_read(&p->core.memory_lock);
	return true;
}

void vmig_guest_end(struct vmig_pci *p)
{
	up_read(&p->core.memory_lock);
}

bool vmig_master(struct vmig_pci *p, bool on)
{
	struct card *c = p->core.pdev->card;
	bool before = c->master;

	access_time();
	card_set_master(c, on);
	return before;
}

void vmig_config_save(struct vmig_pci *p) { }
void vmig_config_load(struct vmig_pci *p) { }
void vmig_config_reset(struct vmig_pci *p) { }
void vmig_bar_zap_doorbells(struct vmig_pci *p) { }
void vmig_card_memory_track(struct vmig_pci *p, bool on) { }
void vmig_card_memory_clear(struct vmig_pci *p) { }

bool vmig_guest_may_pin(struct vmig_pci *p)
{
	return true;
}

int vmig_fault_at(struct vmig_dev *vm, const char *kind, const char *what)
{
	return 0;
}

int vmig_refuse(struct vmig_dev *vm, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(vm->reason, sizeof(vm->reason), fmt, args);
	va_end(args);
	return error;
}

void vmig_describe(struct vmig_token_writer *w, const char *key,
		   const char *fmt, ...)
{
}

static struct host *host_of(struct vmig_pci *p)
{
	return container_of(p->core.pdev, struct host, pdev);
}

int vmig_guest_read(struct vmig_pci *p, u64 iova, void *to, size_t len)
{
	if (iova >= HOST_RAM || len > HOST_RAM - iova)
		return -EINVAL;
	memcpy(to, host_of(p)->ram + iova, len);
	return 0;
}

int vmig_guest_write(struct vmig_pci *p, u64 iova, const void *from, size_t len)
{
	if (iova >= HOST_RAM || len > HOST_RAM - iova)
		return -EINVAL;
	memcpy(host_of(p)->ram + iova, from, len);
	return 0;
}

void vmig_guest_job_init(struct vmig_guest_job *job,
			 void (*run)(struct vmig_guest_job *job))
{
	job->run = run;
}

bool vmig_guest_job_idle(struct vmig_guest_job *job)
{
	return true;
}

bool vmig_guest_job_run(struct vmig_guest_job *job, unsigned int ms)
{
	job->run(job);
	return true;
}

void vmig_guest_job_end(struct vmig_guest_job *job) { }

int vmig_pci_probe(struct pci_dev *pdev, const struct vmig_pci_driver *drv)
{
	driver = drv;
	return 0;
}

void vmig_pci_remove(struct pci_dev *pdev) { }
const struct pci_error_handlers vmig_pci_err_handlers;

/* As in bars.c: a trapped page, or one that a guest reaches by itself. */
void host_reg(struct host *h, u32 at, u32 *value, bool write)
{
	struct vmig_pci *p = h->p;

	if (driver->bars[0].access) {
		driver->bars[0].access(p, at, value, write);
		return;
	}
	host_fail("no access");
}

static void reg_real(struct vmig_pci *p, u32 at, u32 *value, bool write)
{
	const struct vmig_pci_bar *bar = &driver->bars[0];
	unsigned int i;

	for (i = 0; i < bar->nr_mapped; i++)
		if (at - bar->mapped[i].offset < bar->mapped[i].size)
			break;
	if (i == bar->nr_mapped)
		driver->reg(p, at, value, write);
	else if (write)
		vmig_pci_put(p, at, *value);
	else
		*value = vmig_pci_get(p, at);
}

int vmig_pci_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	bool resets = write && driver->resets(offset);

	guard(mutex)(&p->lock);
	if (vmig_track_reg(p, offset, value, write))
		return 0;
	if (write)
		vmig_track_before(p, offset, *value);
	if (resets)
		vmig_track_lock(p);
	vmig_guest_begin(p);
	reg_real(p, offset, value, write);
	vmig_guest_end(p);
	if (resets)
		vmig_track_unlock(p);
	if (write)
		vmig_track_after(p, offset);
	return 0;
}

/* The word that a guest writes by itself while the tracker is on. */
bool host_in_shadow(struct host *h, u32 at, u32 **word)
{
	u8 *page = (u8 *)vmig_track_page(h->p, at & ~4095u);

	if (!page)
		return false;
	*word = (u32 *)(page + (at & 4095));
	return true;
}

/* Guest memory that may have been written */

void vmig_dirty_mark(struct vmig_dirty_log *log, u64 iova, u64 len)
{
	struct host *h = host_of(container_of(log, struct vmig_pci, log));
	u64 page;

	for (page = iova / 4096; len && page <= (iova + len - 1) / 4096; page++)
		if (page < HOST_PAGES)
			h->log[page] = true;
}

int vfio_pin_pages(struct vfio_device *vdev, u64 iova, int n, int prot,
		   struct page **pages)
{
	struct host *h = host_of(container_of(vdev, struct vmig_pci, core.vdev));

	if (iova >= HOST_RAM)
		return -EINVAL;
	h->scoped = true;
	h->pins[iova / 4096]++;
	h->pinned[iova / 4096] = true;
	return 1;
}

void vfio_unpin_pages(struct vfio_device *vdev, u64 iova, int n)
{
	struct host *h = host_of(container_of(vdev, struct vmig_pci, core.vdev));

	if (!h->pins[iova / 4096]--)
		host_fail("a page is unpinned that is not pinned");
}

bool host_report(struct host *h, bool *page)
{
	unsigned int i;

	if (!VMIG_HAVE_DIRTY_LOG) {
		for (i = 0; i < HOST_PAGES; i++) {
			page[i] |= h->pinned[i];
			h->pinned[i] = h->pins[i];
		}
		return h->scoped && !vmig_track_lost(h->p);
	}
	if (!vmig_track_report(h->p))
		return false;
	for (i = 0; i < HOST_PAGES; i++) {
		page[i] |= h->log[i];
		h->log[i] = false;
	}
	return true;
}

void host_begin_tracking(struct host *h)
{
	memset(h->log, 0, sizeof(h->log));
	if (VMIG_HAVE_DIRTY_LOG)
		vmig_track_start(h->p);
	if (vmig_pci_save_begin(&h->p->vm))
		host_fail("the saving cannot begin: %s", h->p->vm.reason);
}

void host_end_tracking(struct host *h)
{
	vmig_pci_save_end(&h->p->vm);
	if (VMIG_HAVE_DIRTY_LOG)
		vmig_track_stop(h->p, false);
}

/* Copies what is in sections, and nothing else. */
void host_copy_state(struct host *to, struct host *from)
{
	struct e1k *source = pci_to_e1k(from->p), *target = pci_to_e1k(to->p);
	unsigned int s, f;

	memset(&target->shadow, 0, sizeof(target->shadow));
	for (s = 0; s < ARRAY_SIZE(e1k_sections); s++)
		for (f = 0; f < e1k_sections[s].nr_fields; f++) {
			const struct vmig_field *field = &e1k_sections[s].fields[f];

			memcpy((u8 *)&target->shadow + field->offset,
			       (u8 *)&source->state + field->offset,
			       field->width * field->count);
		}
	memcpy(target->nvm_shadow, source->nvm, source->nvm_words * 2);
}

/* The card's surroundings */

static void bus_read(struct card *c, u64 at, void *to, u32 len)
{
	struct host *h = c->owner;

	if (at >= HOST_RAM || len > HOST_RAM - at)
		return host_fail("the card reads at 0x%llx", (unsigned long long)at);
	memcpy(to, h->ram + at, len);
}

static void bus_write(struct card *c, u64 at, const void *from, u32 len)
{
	struct host *h = c->owner;

	if (at >= HOST_RAM || len > HOST_RAM - at)
		return host_fail("the card writes at 0x%llx", (unsigned long long)at);
	memcpy(h->ram + at, from, len);
}

static void bus_send(struct card *c, const struct card_frame *f)
{
	host_sent(f);
}

static void bus_blame(struct card *c, const char *what)
{
	host_fail("card: %s", what);
}

static const struct card_bus card_bus = {
	.read = bus_read,
	.write = bus_write,
	.send = bus_send,
	.blame = bus_blame,
};

static void host_create(struct host *h, u64 seed, const struct card_habits *habits)
{
	struct vmig_pci *p;
	int ret;

	memset(h, 0, sizeof(*h));
	card_init(&h->card, &card_bus, h, seed);
	h->card.habits = *habits;
	h->card.now = now;
	h->ram = host_alloc(HOST_RAM);
	h->pdev.dev.name = "card";
	h->pdev.bus = &h->bus;
	h->pdev.card = &h->card;
	h->bus.self = &h->bridge;
	p = host_alloc(driver->size);
	h->p = p;
	p->drv = driver;
	p->core.pdev = &h->pdev;
	p->vm.ops = driver->kind->ops;
	p->bar = h->bar;
	h->pdev.lnkctl = host_below(4);
	h->bridge.lnkctl = host_below(4);
	h->pdev.aspm_refuses = host_below(2);
	vmig_track_create(p);
	ret = driver->probe(p);
	if (ret)
		host_fail("probe: %d", ret);
	if ((h->pdev.lnkctl | h->bridge.lnkctl) & PCI_EXP_LNKCTL_ASPMC)
		host_fail("the link of the card may sleep");
}

void host_start(u64 seed, const struct card_habits *habits)
{
	host_driver->probe(NULL, NULL);
	now = 1;
	random_state = seed * 2 + 1;
	host_create(&hosts[0], seed * 2, habits);
	host_create(&hosts[1], seed * 2 + 1, habits);
}

/* A user comes: the card is as after power-on. */
void host_open(struct host *h)
{
	struct vmig_pci *p = h->p;

	p->bar = h->bar;
	scoped_guard(mutex, &p->lock)
		driver->open(p);
	vmig_pci_reset(&p->vm);
	memset(h->pinned, 0, sizeof(h->pinned));
	h->scoped = false;
}

void host_close(struct host *h)
{
	unsigned int i;

	vmig_track_stop(h->p, true);
	if (h->p->drv->close)
		h->p->drv->close(h->p);
	vmig_pci_reset(&h->p->vm);
	vmig_master(h->p, false);
	for (i = 0; i < HOST_PAGES; i++)
		if (h->pins[i])
			return host_fail("page %u is still pinned", i);
}

void host_end(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		driver->release(hosts[i].p);
		vmig_track_destroy(hosts[i].p);
		free(hosts[i].p);
		free(hosts[i].ram);
	}
}
