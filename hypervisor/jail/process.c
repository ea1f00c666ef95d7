/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second stage: what the process may see and what it is.
 *
 * The order matters, because each step takes away a right that the steps before it needed:
 *
 *   1. A user namespace, for who is not root: it lends the capabilities that steps 2 to 5 use.
 *   2. Namespaces: no network interface but a loopback that is down, no one else's IPC, no mount of anyone's.
 *   3. The root directory: an empty, read-only tmpfs that nobody may even list.
 *   4. Limits: what a process gone mad may use up.
 *   5. The user, and the capabilities with it: CAP_SETPCAP empties the bounding set, CAP_SETUID and CAP_SETGID change
 *      the user, then all sets are emptied.
 *   6. No new privileges and not dumpable: no set-user-id program, no ptrace by another process of the same user.
 *
 * What is left to the process are its descriptors, and what the filter (filter.c) lets it do with them.
 */
#define _GNU_SOURCE
#include "jail.h"

#include "sanitizer.h"

#include "cleanup.h"
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Threads that the kernel starts in a process's name count as its own: KVM has one since Linux 6.13, which gives back
 * the huge pages that it had to split. */
#define KERNEL_THREADS 2

static int write_proc(const char *path, const char *text)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    return bk_write_all(fd, text, strlen(text));
}

/* A user namespace in which the caller is himself and nobody else exists. Who may not map others may not drop his
 * supplementary groups either (user_namespaces(7)); with no file in sight they are good for nothing. */
static int enter_user_namespace(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char map[64];
    int r;

    if (unshare(CLONE_NEWUSER) < 0)
        return -errno;
    r = write_proc("/proc/self/setgroups", "deny");
    if (r < 0)
        return r;
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    r = write_proc("/proc/self/uid_map", map);
    if (r < 0)
        return r;
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    return write_proc("/proc/self/gid_map", map);
}

/* An empty tmpfs that is mounted nowhere yet. */
static int make_empty_root(void)
{
    _cleanup_close_ int context = fsopen("tmpfs", FSOPEN_CLOEXEC);

    if (context < 0 || fsconfig(context, FSCONFIG_SET_STRING, "size", "4k", 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_STRING, "mode", "0000", 0) < 0 ||
        fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -errno;

    int mount =
        fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    return mount < 0 ? -errno : mount;
}

/* Puts the empty root in the place of the old one and detaches the old one with everything below it. False where the
 * kernel has no place for it: the old root is a chroot, or the initial ramfs (pivot_root(2), EINVAL). */
static bool pivot_to(int root)
{
    if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return false;
    if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return false;
    if (syscall(SYS_pivot_root, ".", ".") < 0)
        return false;
    return umount2(".", MNT_DETACH) == 0;
}

/* Where it cannot pivot, it enters the detached tmpfs itself. The old mounts stay in the namespace, but no name and no
 * descriptor leads there, and leaving a chroot takes a capability or a directory from outside. */
static int enter_empty_root(void)
{
    _cleanup_close_ int root = make_empty_root();

    if (root < 0)
        return root;
    if (fchdir(root) < 0)
        return -errno;
    (void)pivot_to(root);
    if (chroot(".") < 0 || chdir("/") < 0)
        return -errno;
    return 0;
}

static int set_limit(int resource, rlim_t value)
{
    struct rlimit old;

    if (getrlimit((__rlimit_resource_t)resource, &old) < 0)
        return -errno;
    if (value > old.rlim_max)
        value = old.rlim_max; /* a limit of the parent's that is narrower stays */
    if (setrlimit((__rlimit_resource_t)resource, &(struct rlimit){ .rlim_cur = value, .rlim_max = value }) < 0)
        return -errno;
    return 0;
}

static int set_limits(const struct bk_jail_options *options)
{
    const struct {
        int resource;
        rlim_t value;
    } limits[] = {
        { RLIMIT_CORE, 0 }, /* a core file would be the guest's memory on the host's disk */
        { RLIMIT_NOFILE, options->descriptors_max },
        { RLIMIT_NPROC, options->threads_max + KERNEL_THREADS },
        { RLIMIT_FSIZE, options->file_size_max > 0 ? options->file_size_max : RLIM_INFINITY },
        { RLIMIT_MSGQUEUE, 0 },
        /* AddressSanitizer's shadow memory is terabytes of it. */
        { RLIMIT_AS, options->memory_max > 0 && !BK_ADDRESS_SANITIZER ? options->memory_max : RLIM_INFINITY },
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        int r = set_limit(limits[i].resource, limits[i].value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int empty_bounding_set(void)
{
    for (unsigned long capability = 0; capability < 64; capability++) {
        int have = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (have < 0)
            return 0; /* this kernel's capabilities end here */
        if (have > 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return -errno;
    }
    return 0;
}

static int empty_capability_sets(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return -errno;
    if (syscall(SYS_capset, &header, none) < 0)
        return -errno;
    return 0;
}

static int become_nobody(const struct bk_jail_options *options, bool root)
{
    int death_signal = 0;
    int r;

    /* The kernel forgets the parent-death signal when the user changes (prctl(2)). */
    if (prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0) < 0)
        return -errno;
    r = empty_bounding_set();
    if (r < 0)
        return r;
    if (root) {
        uid_t uid = options->uid != 0 ? options->uid : BK_JAIL_UID_HAND + (uid_t)getpid();
        gid_t gid = options->gid != 0 ? options->gid : BK_JAIL_UID_HAND + (gid_t)getpid();
        if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
            return -errno;
    }
    r = empty_capability_sets();
    if (r < 0)
        return r;
    if (death_signal != 0 && prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

int bk_jail_process(const struct bk_jail_options *options)
{
    bool root = geteuid() == 0;
    int r;

    if (options->descriptors_max == 0 || options->threads_max == 0)
        return -EINVAL;
    if (!root) {
        r = enter_user_namespace();
        if (r < 0)
            return r;
    }
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
        return -errno;
    r = enter_empty_root();
    if (r < 0)
        return r;
    r = set_limits(options);
    if (r < 0)
        return r;
    r = become_nobody(options, root);
    if (r < 0)
        return r;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return -errno;

    assert(!root || setresuid(0, 0, 0) < 0); /* or all of the above was for nothing */
    return 0;
}
