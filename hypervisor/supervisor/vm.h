/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One VM: its bk-vmm process from fork to reaping, its control socket, its log.
 *
 * Input from: trusted (the setup); host (what the bk-vmm says on its control socket: vm_control.h)
 * Runs in: bk-supervisor
 *
 *     STOPPED --start--> STARTING --RUNNING message--> RUNNING --stop--> STOPPING
 *        ^                  |                             |                 |
 *        +------------------+------- the process ended ---+-----------------+
 *
 * A process that does not do in time what its state asks for, or breaks the protocol, is killed. A VM has ended when
 * its process has been reaped, and not before.
 */
#ifndef BK_SUPERVISOR_VM_H
#define BK_SUPERVISOR_VM_H

#include "log_pump.h"
#include "vm_control.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define BK_VM_START_SECONDS 60U /* to say RUNNING */
#define BK_VM_STOP_SECONDS  10U /* to power off when asked */
#define BK_VM_END_SECONDS   3U  /* to exit when told, or after it said ENDED */
#define BK_VM_PORTS_MAX     5
#define BK_VM_ENDED_MAX     128 /* bytes of why the last process ended */

enum bk_vm_state {
    BK_VM_STOPPED,
    BK_VM_STARTING,
    BK_VM_RUNNING,
    BK_VM_STOPPING,
    BK_VM_STATES,
};
extern const char *const bk_vm_state_names[BK_VM_STATES]; /* as io.bulkhead.Hypervisor's State */

struct bk_vm;

struct bk_vm_listener {
    void (*changed)(struct bk_vm *vm); /* the state is another; not called for the end */
    void (*ended)(struct bk_vm *vm);   /* STOPPED again; vm->ended says why */
};

/* A console port beside the console. */
struct bk_vm_port {
    const char *name;
    int fd; /* its host end */
};

struct bk_vm_setup {
    const char *vmm;     /* the program */
    int kernel, initrd;  /* files; -1: no initrd */
    int disk;            /* a disk that the VM reads; -1: it has none */
    int data;            /* a disk that the VM may write, its next; -1: it has none */
    const char *cmdline; /* the guest kernel's */
    uint32_t memory_mib;
    uint32_t cpus;
    uint32_t cid;                           /* BK_VSOCK_CID_SYSTEM_GUEST: the System VM */
    unsigned display_width, display_height; /* 0: no display */
    bool import;                            /* the System VM: the displays of apps are plugged into it */
    bool sound;                             /* it has a sound card */
    uint32_t port; /* of its network card at the trunk, 0: it has none; the System VM has the trunk */
    struct bk_vm_port ports[BK_VM_PORTS_MAX];
    unsigned port_count;
    bool reboots;   /* its guest may: it starts again in place; else a reset ends it, as a crash */
    bool drop_user; /* give it a user of its own: we are root */
};

struct bk_vm {
    const char *name; /* "system" or the app's id */
    const struct bk_vm_listener *listener;
    void *owner;
    enum bk_vm_state state;
    char ended[BK_VM_ENDED_MAX]; /* empty: none has */
    bool crashed;                /* the last one, while it ran and nobody had asked it to end */
    uint64_t started_usec;       /* CLOCK_MONOTONIC, of the last start */

    sd_event *event;
    pid_t pid;
    int pidfd;
    int control;
    int console; /* the guest's first console; the log pump's descriptor is a copy */
    sd_event_source *exit_source, *control_source, *deadline;
    struct bk_control_state control_state;
    const char *killed; /* why we killed it, or NULL */
    struct bk_log_pump console_log, error_log;
};

void bk_vm_init(struct bk_vm *vm, sd_event *event, const char *name, const struct bk_vm_listener *listener,
                void *owner);
/* Kills and reaps. */
void bk_vm_finish(struct bk_vm *vm);

/* Only when STOPPED. The descriptors of `setup` stay the caller's, who can close them then. On failure the VM is
 * still STOPPED and `*ret_problem` (static) says what could not be done. */
int bk_vm_start(struct bk_vm *vm, const struct bk_vm_setup *setup, const char **ret_problem);

/* Asks the guest to power off, and leaves the rest to it. Only when RUNNING. */
void bk_vm_ask(struct bk_vm *vm);
/* Asks the guest to power off, with a deadline; `force` ends it without asking. Only when not STOPPED. */
void bk_vm_stop(struct bk_vm *vm, bool force);
/* SIGKILL; `why` must be static. Only when not STOPPED. */
void bk_vm_kill(struct bk_vm *vm, const char *why);
/* As if it hung, or again as before. A paused VM can be stopped and killed like any other. */
void bk_vm_pause(struct bk_vm *vm, bool paused);

/* Sends a message of BK_CONTROL_*; a bk-vmm that does not take it is killed. `fd` (or -1) stays the caller's. */
void bk_vm_tell(struct bk_vm *vm, enum bk_control_type type, uint32_t cid, int fd);

/* Types into the guest's first console. -EAGAIN when it is full. */
int bk_vm_type(struct bk_vm *vm, const char *line);

#endif
