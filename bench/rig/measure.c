/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times one run of a virtual machine monitor: measure RAM_MIB hold|run COMMAND [ARGUMENT...]
 *
 * "run" prints "times FIRST USERSPACE EXIT": nanoseconds from just before the command is started to its
 * guest's first byte on standard output, to the line "userspace", and to the command's end; 0 for what never
 * came. "hold" waits for the line, prints "memory KIB EXITS" and kills the command: the proportional set size
 * of every mapping smaller than the guest's RAM, and how often the guest left KVM up to then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX (1U << 20)

static const char userspace[] = "userspace\n";

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* KiB of the process that are not guest RAM: guest RAM is the one mapping, or its pieces, at least half as large. */
static unsigned long overhead_kib(pid_t pid, unsigned long ram_mib)
{
    char path[64], line[512];
    unsigned long start, end, size = 0, total = 0, pss;

    snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
    FILE *smaps = fopen(path, "re");
    if (smaps == NULL)
        return 0;
    while (fgets(line, sizeof line, smaps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            size = end - start;
        else if (sscanf(line, "Pss: %lu kB", &pss) == 1 && size < ram_mib * 1024 * 1024 / 2)
            total += pss;
    }
    fclose(smaps);
    return total;
}

static unsigned long kvm_exits(void)
{
    unsigned long count = 0;
    FILE *file = fopen("/sys/kernel/debug/kvm/exits", "re");

    if (file != NULL) {
        if (fscanf(file, "%lu", &count) != 1)
            count = 0;
        fclose(file);
    }
    return count;
}

int main(int argc, char **argv)
{
    static char output[OUTPUT_MAX];
    posix_spawn_file_actions_t actions;
    int pipe_fds[2];
    pid_t pid;

    if (argc < 4 || pipe2(pipe_fds, O_CLOEXEC) < 0)
        return 2;
    bool hold = strcmp(argv[2], "hold") == 0;
    unsigned long ram_mib = strtoul(argv[1], NULL, 10);

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
    uint64_t began = now_ns(), first = 0, reached = 0;
    if (posix_spawn(&pid, argv[3], &actions, NULL, argv + 3, environ) != 0)
        return 2;
    close(pipe_fds[1]);

    size_t used = 0;
    while (used < sizeof output - 1) {
        ssize_t n = read(pipe_fds[0], output + used, sizeof output - 1 - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        uint64_t now = now_ns();
        if (first == 0)
            first = now - began;
        used += (size_t)n;
        output[used] = '\0';
        if (reached != 0)
            continue;
        /* The 16550 gets its bytes one by one, and a carriage return before each line feed. */
        for (size_t i = 0, j = 0; i <= used; i++, j++) {
            while (output[i] == '\r')
                i++;
            output[j] = output[i];
            if (output[i] == '\0')
                used = j;
        }
        if (strstr(output, userspace) != NULL) {
            reached = now - began;
            if (hold) {
                printf("memory %lu %lu\n", overhead_kib(pid, ram_mib), kvm_exits());
                kill(pid, SIGKILL);
            }
        }
    }
    waitpid(pid, NULL, 0);
    if (!hold)
        printf("times %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", first, reached, now_ns() - began);
    return 0;
}
