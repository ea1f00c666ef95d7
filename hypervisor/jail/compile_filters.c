/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build-time tool: turns the rules that `collect` wrote (rules.inc) into BPF, by libseccomp, and prints them as the C
 * arrays that filter.c includes. No program of ours links libseccomp.
 */
#define _GNU_SOURCE
#include <drm/drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/input.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <linux/videodev2.h>
#include <seccomp.h>
#include <sound/asound.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "filter_self.h"

enum thread {
    IO,
    VCPU,
    SCREEN,
    SOUND,
    CAMERA,
    CODEC,
    ENCODER,
    PICKER,
    INSTALLER,
    UPLINK,
    THREADS,
};

static const char *const thread_names[] = { "io",    "vcpu",    "screen", "sound",     "camera",
                                            "codec", "encoder", "picker", "installer", "uplink" };
_Static_assert(sizeof thread_names / sizeof thread_names[0] == THREADS, "a name for each");

struct rule {
    enum thread thread;
    int number;
    const char *name;
    uint32_t action;
    unsigned conditions; /* 0 or 1 */
    struct scmp_arg_cmp condition;
};

/* The kernel looks at the low 32 bits of all these arguments: at no more may the filter look, or the upper bits, which
 * the kernel ignores, would be a way around it (or into death). */
#define LOW                   0xffffffffU
#define ANY(thread, name)     { thread, SCMP_SYS(name), #name, SCMP_ACT_ALLOW, 0, { 0 } },
#define REFUSED(thread, name) { thread, SCMP_SYS(name), #name, SCMP_ACT_ERRNO(EACCES), 0, { 0 } },
#define CHOSEN(thread, name, argument, value)                                    \
    {                                                                            \
        thread, SCMP_SYS(name),                                                  \
        #name,  SCMP_ACT_ALLOW,                                                  \
        1,      SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, LOW, (uint32_t)(value)) \
    },
#define WITHOUT(thread, name, argument, bits) \
    { thread, SCMP_SYS(name), #name, SCMP_ACT_ALLOW, 1, SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, bits, 0) },
#define SELF(thread, name, argument) \
    { thread, SCMP_SYS(name), #name, SCMP_ACT_ALLOW, 1, SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, LOW, BK_FILTER_SELF) },

static const struct rule rules[] = {
#include "rules.inc"
};

static void fail(const char *what, int r)
{
    fprintf(stderr, "compile_filters: %s: %s\n", what, strerror(-r));
    exit(EXIT_FAILURE);
}

static scmp_filter_ctx build(enum thread thread)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int r;

    if (filter == NULL)
        fail("seccomp_init", -ENOMEM);
    r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (r < 0)
        fail("the foreign architectures' action", r);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        if (rule->thread != thread)
            continue;
        if (rule->conditions > 0)
            r = seccomp_rule_add_array(filter, rule->action, rule->number, 1, &rule->condition);
        else
            r = seccomp_rule_add(filter, rule->action, rule->number, 0);
        if (r < 0)
            fail(rule->name, r);
    }
    /* A vCPU thread spends its life in ioctl(KVM_RUN): nothing stands before it. */
    r = seccomp_syscall_priority(filter, SCMP_SYS(ioctl), UINT8_MAX);
    if (r < 0)
        fail("ioctl's priority", r);
    return filter;
}

static void print(enum thread thread, scmp_filter_ctx filter)
{
    struct sock_filter instructions[BPF_MAXINSNS];
    size_t size = sizeof instructions;
    int r = seccomp_export_bpf_mem(filter, instructions, &size);

    if (r < 0)
        fail("seccomp_export_bpf_mem", r);
    printf("static const struct sock_filter %s_filter[] = {\n", thread_names[thread]);
    for (size_t i = 0; i < size / sizeof instructions[0]; i++)
        printf("    { 0x%04x, %u, %u, 0x%08xU },\n", instructions[i].code, instructions[i].jt, instructions[i].jf,
               instructions[i].k);
    printf("};\n");
}

int main(void)
{
    printf("/* Made by hypervisor/jail/compile_filters.c; not to be edited. */\n");
    for (enum thread thread = 0; thread < THREADS; thread++) {
        scmp_filter_ctx filter = build(thread);
        print(thread, filter);
        seccomp_release(filter);
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
