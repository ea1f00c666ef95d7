/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over its corpus, with no fuzzer: replay DIRECTORY. Each seed goes in as it is, then cut short and
 * with bytes changed in a way that is the same in every run, so that the ordinary tests find what is easy to find. When
 * the target fails, the input that did it is printed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX         (256 * 1024)
#define CUTS_MAX          32
#define CHANGES           300
#define CHANGED_BYTES_MAX 8
#define PRINTED_MAX       4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static const uint8_t *current;
static size_t current_size;
static const char *current_name;
static uint64_t inputs;

static void say(const char *text, size_t length)
{
    (void)!write(STDERR_FILENO, text, length);
}

/* Prints which seed the input was made from, and the input, in hexadecimal. A handler may call little but write(2). */
static void on_fatal_signal(int number)
{
    static const char digits[] = "0123456789abcdef", begin[] = "the input that failed, made from ";
    static char line[2 * PRINTED_MAX];
    size_t used = 0;

    for (size_t i = 0; i < current_size && i < PRINTED_MAX; i++) {
        line[used++] = digits[current[i] >> 4];
        line[used++] = digits[current[i] & 15];
    }
    say(begin, sizeof begin - 1);
    say(current_name, strlen(current_name));
    say(": ", 2);
    say(line, used);
    say("\n", 1);
    signal(number, SIG_DFL);
    raise(number);
}

/* xorshift64: the same numbers in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The target sees an exact allocation, so that a sanitizer finds a read of one byte too many. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);

    if (exact == NULL)
        abort();
    if (size > 0)
        memcpy(exact, data, size);
    current = exact;
    current_size = size;
    inputs++;
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void run_seed(const uint8_t *seed, size_t size)
{
    static uint8_t changed[INPUT_MAX];
    uint64_t state = 0x9e3779b97f4a7c15U + size;

    run(seed, size);
    for (size_t cut = 0; cut < CUTS_MAX && cut < size; cut++)
        run(seed, size * cut / CUTS_MAX);
    for (int i = 0; size > 0 && i < CHANGES; i++) {
        static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
        memcpy(changed, seed, size);
        for (uint64_t n = 1 + next_random(&state) % CHANGED_BYTES_MAX; n > 0; n--) {
            uint8_t *byte = &changed[next_random(&state) % size];
            uint64_t choice = next_random(&state);
            *byte = (uint8_t)(choice & 1 ? edges[(choice >> 1) % sizeof edges] : *byte ^ (1U << ((choice >> 1) % 8)));
        }
        run(changed, size);
    }
}

static int run_file(const char *directory, const char *name)
{
    static uint8_t seed[INPUT_MAX];
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    size_t size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    current_name = name;
    run_seed(seed, size);
    return 0;
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int seeds = argc == 2 ? scandir(argv[1], &entries, is_seed, alphasort) : -1;

    if (seeds <= 0) {
        fprintf(stderr, "replay: give a directory that holds seeds\n");
        return EXIT_FAILURE;
    }
    signal(SIGABRT, on_fatal_signal);
    signal(SIGSEGV, on_fatal_signal);
    signal(SIGFPE, on_fatal_signal);
    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 0; i < seeds; i++) {
        int r = run_file(argv[1], entries[i]->d_name);
        if (r < 0) {
            fprintf(stderr, "replay: %s: %s\n", entries[i]->d_name, strerror(-r));
            return EXIT_FAILURE;
        }
        free(entries[i]);
    }
    free(entries);
    printf("1..1\nok 1 - %d seeds, %llu inputs\n", seeds, (unsigned long long)inputs);
    return EXIT_SUCCESS;
}
