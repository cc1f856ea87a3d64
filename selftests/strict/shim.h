/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver's code needs of the kernel, on the host: registers go to the
 * model of the card, sleeping advances the model's clock, threads are coroutines,
 * and locks are assertions. The Makefile makes a header of each name that the
 * driver includes, which includes this one.
 */
#ifndef _STRICT_KERNEL_H
#define _STRICT_KERNEL_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <vmig/user.h>
#include <linux/ioctl.h>
#include <asm/types.h>

typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define le16_to_cpu	le16toh
#define le32_to_cpu	le32toh
#define le64_to_cpu	le64toh
#define cpu_to_le64	htole64

#define __user
#define __iomem
#define __force
#define __init
#define __exit
#define likely(x)	(x)
#define unlikely(x)	(x)
#define READ_ONCE(x)	(x)
#define WRITE_ONCE(x, v) ((x) = (v))
#define data_race(x)	(x)
#define smp_load_acquire(p) (*(p))
#define cmpxchg(p, old, new) ({						\
	__typeof__(*(p)) _was = *(p);					\
	if (_was == (old))						\
		*(p) = (new);						\
	_was; })
#define xchg(p, v) ({ __typeof__(*(p)) _was = *(p); *(p) = (v); _was; })
#define BIT(n)		(1U << (n))
#define SZ_4K		4096
#define PAGE_SHIFT	12
#define PAGE_SIZE	4096ULL
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define HZ		1000
#define NSEC_PER_USEC	1000ULL
#define NSEC_PER_MSEC	1000000ULL
#define min(a, b)	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)	({ __typeof__(a) _x = (a); __typeof__(b) _y = (b); _x > _y ? _x : _y; })
#define min3(a, b, c)	({ __typeof__(c) _m = min(a, b); min(_m, c); })
#define max_t(t, a, b)	((t)(a) > (t)(b) ? (t)(a) : (t)(b))
#define lower_32_bits(v) ((u32)(v))
#define upper_32_bits(v) ((u32)((u64)(v) >> 32))
#define check_add_overflow(a, b, r) __builtin_add_overflow(a, b, r)
#define offsetofend(t, m) (offsetof(t, m) + sizeof(((t *)0)->m))
#define container_of(p, type, member)					\
	((type *)((char *)(p) - offsetof(type, member)))
#define STRICT_CONFIG_X86 1
#define IS_ENABLED(x)	STRICT_##x
#define WARN_ON_ONCE(x) ({ bool _w = (x); if (_w) host_fail("WARN_ON_ONCE: " #x); _w; })

void host_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void host_sleep(u64 ns);
u64 host_now(void);

/* Frames */
#define cpu_to_le32	htole32
#define ETH_ALEN	6
#define ETH_P_IP	0x0800
#define ETH_P_RARP	0x8035
#define ETH_P_8021Q	0x8100
#define VLAN_HLEN	4
#define VLAN_N_VID	4096
#define eth_broadcast_addr(a)	memset(a, 0xff, ETH_ALEN)
#define round_up(v, to)	(((v) + (to) - 1) / (to) * (to))
static inline void put_unaligned_be16(u16 v, void *p)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

/* Memory */
#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define kcalloc(n, size, gfp)	calloc(n, size)
#define kvcalloc(n, size, gfp)	calloc(n, size)
#define kzalloc(size, gfp)	calloc(1, size)
#define kvzalloc(size, gfp)	calloc(1, size)
#define kmalloc(size, gfp)	malloc(size)
#define kmalloc_array(n, size, gfp) calloc(n, size)
#define kfree(p)		free((void *)(p))
#define kvfree(p)		free((void *)(p))
#define get_zeroed_page(gfp)	((unsigned long)calloc(1, 4096))
#define free_page(p)		free((void *)(p))
struct page;
#define virt_to_page(p)		((struct page *)(p))
static inline void *memchr_inv(const void *p, int c, size_t n)
{
	for (; n; n--, p++)
		if (*(const u8 *)p != (u8)c)
			return (void *)p;
	return NULL;
}

/* Errors in pointers */
#define ERR_PTR(e)	((void *)(long)(e))
#define PTR_ERR(p)	((long)(p))
#define IS_ERR(p)	((unsigned long)(p) >= (unsigned long)-4095)

/* Locks: one holder, and a thread that would wait for it gives way. */
struct lock { const char *holder; };
struct mutex { struct lock l; };
typedef struct { struct lock l; } spinlock_t;
struct ratelimit_state { int begin; };
struct rw_semaphore { int readers; struct lock l; };
void host_lock(struct lock *l, const char *who);
void host_unlock(struct lock *l);
#define mutex_init(m)		memset(m, 0, sizeof(*(m)))
#define mutex_destroy(m)	((void)(m))
#define mutex_lock(m)		host_lock(&(m)->l, __func__)
#define mutex_unlock(m)		host_unlock(&(m)->l)
#define spin_lock_init(s)	memset(s, 0, sizeof(*(s)))
void down_read(struct rw_semaphore *s);
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
void up_write(struct rw_semaphore *s);
#define lockdep_assert_held(m)	do {					\
	if (!(m)->l.holder)						\
		host_fail("%s: %s is not held", __func__, #m);		\
} while (0)
#define lockdep_assert_held_write lockdep_assert_held

static inline void host_guard_end(struct lock **l)
{
	host_unlock(*l);
}

static inline struct lock *host_guard_begin(struct lock *l, const char *who)
{
	host_lock(l, who);
	return l;
}

#define HOST_CAT2(a, b)	a##b
#define HOST_CAT(a, b)	HOST_CAT2(a, b)
#define HOST_GUARD(name, lockp)						\
	struct lock *name __attribute__((cleanup(host_guard_end), unused)) = \
		host_guard_begin(&(lockp)->l, __func__)
#define guard(class)		HOST_GUARD_##class
#define HOST_GUARD_mutex(m)	HOST_GUARD(HOST_CAT(guard_, __COUNTER__), m)
#define HOST_GUARD_spinlock(m)	HOST_GUARD_mutex(m)
#define HOST_GUARD_spinlock_irqsave(m) HOST_GUARD_mutex(m)
#define scoped_guard(class, m)	HOST_SCOPED(HOST_CAT(scope_, __COUNTER__), m)
#define HOST_SCOPED(name, m)						\
	for (struct lock *name __attribute__((cleanup(host_scope_end))) = \
	     host_guard_begin(&(m)->l, __func__); name;			\
	     host_unlock(name), name = NULL)

static inline void host_scope_end(struct lock **l)
{
	if (*l)
		host_unlock(*l);
}

/* Time */
typedef s64 ktime_t;
#define jiffies			((unsigned long)(host_now() / NSEC_PER_MSEC))
#define msecs_to_jiffies(ms)	((unsigned long)(ms))
#define time_before(a, b)	((long)((a) - (b)) < 0)
#define time_after(a, b)	time_before(b, a)
#define time_before_eq(a, b)	(!time_after(a, b))
#define ktime_get_ns()		host_now()
#define ktime_get()		((ktime_t)host_now())
#define ns_to_ktime(ns)		((ktime_t)(ns))
#define ktime_add_ms(t, ms)	((t) + (ktime_t)(ms) * 1000000)
#define ktime_to_us(t)		((t) / 1000)
#define ktime_us_delta(a, b)	(((a) - (b)) / 1000)
#define ktime_sub(a, b)		((a) - (b))
#define msleep(ms)		host_sleep((ms) * NSEC_PER_MSEC)
#define udelay(us)		host_sleep((us) * NSEC_PER_USEC)
#define usleep_range(a, b)	host_sleep(((a) + (b)) / 2 * NSEC_PER_USEC)
#define fsleep(us)		host_sleep((us) * NSEC_PER_USEC)
#define read_poll_timeout(op, val, cond, sleep_us, timeout_us, before, ...) ({ \
	u64 _end = host_now() + (u64)(timeout_us) * NSEC_PER_USEC;	\
	for (;;) {							\
		(val) = op(__VA_ARGS__);				\
		if (cond)						\
			break;						\
		if (host_now() > _end) {				\
			(val) = op(__VA_ARGS__);			\
			break;						\
		}							\
		host_sleep((sleep_us) * NSEC_PER_USEC);			\
	}								\
	(cond) ? 0 : -ETIMEDOUT; })

/* Threads */
struct task_struct;
struct mm_struct;
struct host_current { struct mm_struct *mm; };
extern struct host_current host_current;
#define current			(&host_current)
#define mmap_write_lock(mm)	((void)(mm))
#define mmap_write_unlock(mm)	((void)(mm))
#define SIGKILL			9
#define TASK_IDLE		0
#define TASK_RUNNING		0
#define HRTIMER_MODE_REL	0
#define allow_kernel_signal(s)	((void)(s))
#define set_current_state(s)	((void)(s))
#define __set_current_state(s)	((void)(s))
#define signal_pending(t)	((void)(t), false)
#define flush_signals(t)	((void)(t))
static inline void send_sig(int sig, struct task_struct *t, int priv) { }
struct task_struct *host_thread(int (*fn)(void *), void *data);
#define kthread_create(fn, data, ...) host_thread(fn, data)
void wake_up_process(struct task_struct *t);
int kthread_stop(struct task_struct *t);
bool kthread_should_stop(void);
void host_thread_sleep(u64 ns);
#define schedule_timeout_idle(j) host_thread_sleep((j) * NSEC_PER_MSEC)
#define schedule_hrtimeout_range(wait, slack, mode) host_thread_sleep(*(wait))

typedef struct { int unused; } wait_queue_head_t;
#define init_waitqueue_head(w)	((void)(w))
#define wake_up_all(w)		((void)(w))
#define wait_event_timeout(wq, cond, limit) ({				\
	u64 _end = host_now() + (u64)(limit) * NSEC_PER_MSEC;		\
	bool _ok;							\
	while (!(_ok = (cond)) && host_now() < _end)			\
		host_sleep(5000);					\
	_ok; })

struct timer_list { int unused; };
#define timer_setup(t, fn, flags) ((void)(fn))
#define mod_timer(t, at)	((void)(t))
#define timer_delete_sync(t)	((void)(t))
struct work_struct { int unused; };
struct completion { int unused; };

/* Modules */
#define EXPORT_SYMBOL_GPL(x)	struct host_unused_decl
#define module_param(name, type, perm) struct host_unused_decl
#define MODULE_PARM_DESC(name, text) struct host_unused_decl
#define MODULE_LICENSE(x)	struct host_unused_decl
#define MODULE_DESCRIPTION(x)	struct host_unused_decl
#define MODULE_DEVICE_TABLE(b, x) struct host_unused_decl
#define KBUILD_MODNAME		"strict"
struct kobject;
struct dentry;
struct file;
struct list_head { void *next, *prev; };
typedef struct { s64 v; } atomic64_t;
struct rb_root_cached;
struct device { const char *name; };
#define dev_name(d)		((d)->name)
#define dev_warn_ratelimited(d, ...) ((void)(d))
#define dev_dbg(d, ...)		((void)(d))
#define dev_info(d, ...)	((void)(d))

#define BMCR_ANRESTART		0x0200
#define ADVERTISE_ALL		0x01e0
#define ADVERTISE_1000FULL	0x0200
#define BMCR_ANENABLE		0x1000

/* PCI */
struct card;
typedef int pci_power_t;
#define PCI_D0			0
#define PCI_COMMAND		4
#define PCI_COMMAND_MEMORY	2
#define PCI_COMMAND_MASTER	4
#define PCI_VENDOR_ID_INTEL	0x8086
#define PCI_EXP_LNKCTL		16
#define PCI_EXP_LNKCTL_ASPM_L0S	1
#define PCI_EXP_LNKCTL_ASPM_L1	2
#define PCI_EXP_LNKCTL_ASPMC	3
#define PCIE_LINK_STATE_L0S	1
#define PCIE_LINK_STATE_L1	4

struct pci_bus { struct pci_dev *self; };
struct pci_dev {
	struct device dev;
	u8 revision;
	pci_power_t current_state;
	u16 lnkctl;
	struct pci_bus *bus;
	struct card *card;
	bool aspm_refuses;
};
#define pci_is_pcie(pdev)	((void)(pdev), true)
int pci_disable_link_state(struct pci_dev *pdev, int state);
int pcie_capability_read_word(struct pci_dev *pdev, int at, u16 *v);
int pcie_capability_clear_word(struct pci_dev *pdev, int at, u16 v);
struct pci_dev *pci_upstream_bridge(struct pci_dev *pdev);
int pci_read_config_word(struct pci_dev *pdev, int at, u16 *v);
struct pci_device_id { int unused; };
#define PCI_DRIVER_OVERRIDE_DEVICE_VFIO(v, d) .unused = (d)
struct pci_error_handlers { int unused; };
struct pci_driver {
	const char *name;
	const struct pci_device_id *id_table;
	int (*probe)(struct pci_dev *pdev, const struct pci_device_id *id);
	void (*remove)(struct pci_dev *pdev);
	const struct pci_error_handlers *err_handler;
	bool driver_managed_dma;
};
extern struct pci_driver *host_driver;
#define module_pci_driver(d)	struct pci_driver *host_driver = &(d)

u32 host_read32(void *at);
void host_write32(u32 value, void *at);
#define ioread32(at)		host_read32(at)
#define iowrite32(v, at)	host_write32(v, at)

/* VFIO; the host's linux/vfio.h may be older than the kernel's. */
#define VFIO_MIGRATION_PRE_COPY	BIT(2)
struct vfio_info_cap;
struct vm_area_struct;
struct vm_fault;
typedef unsigned int vm_fault_t;
struct iommufd_ctx;
#define IOMMU_WRITE		2
struct vfio_device { int unused; };
struct vfio_pci_core_device {
	struct vfio_device vdev;
	struct pci_dev *pdev;
	struct rw_semaphore memory_lock;
	spinlock_t irqlock;
};
struct vfio_log_ops { int unused; };
int vfio_pin_pages(struct vfio_device *vdev, u64 iova, int n, int prot,
		   struct page **pages);
void vfio_unpin_pages(struct vfio_device *vdev, u64 iova, int n);

#endif
