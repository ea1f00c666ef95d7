/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jail: how a program gives up what it does not need, in three stages.
 *
 * Input from: trusted
 * Runs in: bk-vmm, bk-screen, bk-sound, bk-camera, bk-codec, bk-encoder, bk-picker, bk-installer, bk-uplink, and
 * bk-supervisor's children before they exec; the main thread, single-threaded, save for bk_jail_filter()
 *
 * 1. bk_jail_close_descriptors(), first thing: what the parent leaked is gone.
 * 2. bk_jail_process(), once every file is open, /dev/kvm too, and before any thread is started: from here on the
 *    process is nobody, sees no file, no network and no other process, and can get nothing back.
 * 3. bk_jail_filter(), in each thread as the last thing before it serves its guest: only the system calls that the
 *    sources declare for that thread; any other kills the process (SIGSYS) and stands in the kernel's log.
 *
 * A source file declares its system calls in a comment at the start of a line, for one or more threads, and the build
 * makes the filters of them (hypervisor/jail/collect says the whole grammar):
 *
 *     system calls [io]: recvmsg sendmsg close
 *     system calls [vcpu]: ioctl(KVM_RUN)
 *     system calls [io vcpu]: mmap(no-exec) madvise(MADV_DONTNEED)
 *
 * ioctl, mmap, mprotect, madvise, fcntl, prctl and fallocate are never declared bare: what is allowed of them stands
 * in the parentheses, and several are `ioctl(KVM_IRQFD) ioctl(KVM_IOEVENTFD)`. What glibc itself and base/ need, such
 * as futex, write, exit and the memory of malloc(), stands in jail's own `policy` and need not be declared again.
 *
 * All functions yield a negative errno. None of them can be undone, and a program that gets an error must exit.
 */
#ifndef BK_JAIL_JAIL_H
#define BK_JAIL_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Users and groups (the two numbers are the same) that no distribution hands out and that own no file.
 * bk-supervisor gives each VM BK_JAIL_UID_VM + its CID bk-screen BK_JAIL_UID_SCREEN, and bk-sound BK_JAIL_UID_SOUND,
 * bk-camera BK_JAIL_UID_CAMERA, bk-codec BK_JAIL_UID_CODEC, bk-installer BK_JAIL_UID_INSTALLER, bk-uplink
 * BK_JAIL_UID_UPLINK; a program started by root's own hand takes BK_JAIL_UID_HAND + its process id. */
#define BK_JAIL_UID_VM        0x70000000U
#define BK_JAIL_UID_HAND      0x70800000U /* up to 2^22 process ids */
#define BK_JAIL_UID_SCREEN    0x70f00000U
#define BK_JAIL_UID_SOUND     0x70f00001U
#define BK_JAIL_UID_CAMERA    0x70f00002U
#define BK_JAIL_UID_CODEC     0x70f00003U
#define BK_JAIL_UID_INSTALLER 0x70f00004U
#define BK_JAIL_UID_UPLINK    0x70f00005U

/* As many descriptors as bk_jail_close_descriptors() can be told to keep. */
#define BK_JAIL_KEEP_MAX 256

struct bk_jail_options {
    /* The user and group to become. 0 chooses BK_JAIL_UID_HAND + process id. Who is not root keeps his own, as the only
     * user of a user namespace in which he has no capability left. */
    uid_t uid;
    gid_t gid;
    /* Limits (setrlimit(2)); 0 in the first two is an error. */
    unsigned descriptors_max; /* open at any time: give what the program's own maxima add up to */
    unsigned threads_max;     /* all threads that the process will ever have at once, the main one too */
    uint64_t file_size_max;   /* bytes: no file, memfds too, can be written or grown beyond; 0: no limit of ours */
    uint64_t memory_max;      /* bytes of address space; 0: no limit of ours, and none with AddressSanitizer */
};

/* Closes every descriptor from 3 up that is not one of `keep` (any order; -1 stands for none and is skipped). For the
 * start of main(), when what is open is what the parent left; -E2BIG above BK_JAIL_KEEP_MAX. */
int bk_jail_close_descriptors(const int *keep, size_t count);

/* Namespaces of its own (user, when not root; mount, network, IPC, UTS, cgroup), an empty read-only root directory, the
 * limits, the user, no capability in any set, no new privileges, not dumpable. The process namespace is the parent's to
 * give: bk_jail_fork(). Descriptors stay as they are: the caller holds none of a directory. Signals stay as they are.
 */
int bk_jail_process(const struct bk_jail_options *options);

/* What bk_jail_filter() can be asked for; the name in the brackets of the declarations. */
enum bk_jail_thread {
    BK_JAIL_IO,        /* [io]: bk-vmm's main thread, which is its I/O thread, once it has started the vCPU threads */
    BK_JAIL_VCPU,      /* [vcpu]: each of bk-vmm's vCPU threads: at most 25 system calls, the build checks */
    BK_JAIL_SCREEN,    /* [screen]: bk-screen, which has one thread */
    BK_JAIL_SOUND,     /* [sound]: bk-sound, the same */
    BK_JAIL_CAMERA,    /* [camera]: bk-camera, the same */
    BK_JAIL_CODEC,     /* [codec]: bk-codec, the same */
    BK_JAIL_ENCODER,   /* [encoder]: bk-encoder, the same */
    BK_JAIL_PICKER,    /* [picker]: bk-picker, the same */
    BK_JAIL_INSTALLER, /* [installer]: bk-installer, the same */
    BK_JAIL_UPLINK,    /* [uplink]: bk-uplink, the same */
};

/* Installs the calling thread's filter. Threads that it starts afterwards would inherit it, but no filter allows to. */
int bk_jail_filter(enum bk_jail_thread thread);

/* For the parent, single-threaded: fork(2) into a process namespace of its own, in which the child is process 1, or,
 * where that is not permitted (not root), a plain fork. Yields 0 in the child, which executes a program or exits and
 * dies with its parent, and the child's process id in the parent. */
pid_t bk_jail_fork(void);

#endif
