/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of the machine's own programs, bk-screen, bk-sound, bk-camera, bk-codec, bk-installer or bk-uplink: its process
 * from start to end, its control socket, its log. A program that ends, or does not read its socket, is started again.
 *
 * Input from: trusted; what the program prints is only logged, and what it says on its socket its user checks
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_PROGRAM_H
#define BK_SUPERVISOR_PROGRAM_H

#include "backoff.h"
#include "log_pump.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

struct bk_program_kind {
    const char *name;   /* for the log: "bk-screen" */
    const char *prefix; /* "bk-screen: " */
    uid_t uid;          /* who it becomes, when we are root; its group too */
    void (*started)(void *userdata);
    /* A message of the program's, from 0 (it closed its socket) to BK_PROGRAM_MESSAGE_MAX bytes; false: it is no proper
     * one, and the program is killed. NULL: it says nothing. */
    bool (*said)(void *userdata, const void *message, size_t size);
};

#define BK_PROGRAM_MESSAGE_MAX 512U

/* Zero-initialised: there is no such program, and nothing below does anything. */
struct bk_program {
    const struct bk_program_kind *kind;
    const char *path;
    bool drop_user;
    sd_event *event;
    void *userdata;

    pid_t pid;
    int pidfd; /* -1: it does not run */
    int control;
    uint64_t started_usec;
    sd_event_source *exit_source, *control_source, *restart;
    struct bk_backoff backoff;
    struct bk_log_pump error_log;
};

/* Starts it; kind->started() is called from here, too. On failure the program is closed again. */
int bk_program_open(struct bk_program *program, sd_event *event, const struct bk_program_kind *kind, const char *path,
                    bool drop_user, void *userdata);
void bk_program_close(struct bk_program *program);

bool bk_program_runs(const struct bk_program *program);
/* It runs, as this process. */
bool bk_program_is(const struct bk_program *program, pid_t pid);

/* Ends it; its next one follows. `why` is for the log: "bk-sound " comes before it. */
void bk_program_kill(struct bk_program *program, const char *why);

/* Sends a message, with a descriptor that stays the caller's, or -1. */
void bk_program_tell(struct bk_program *program, const void *message, size_t size, int fd);

#endif
