/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of QEMU's emulator that counts the bytes which the emulated machine copies: every program and kernel on it,
 * and every guest of those, since an emulated machine's guests are emulated as well. Whenever a program executes the
 * instruction of mark.h, the sum so far is a line more in the file that "out=FILE" names.
 *
 * A copy of a picture is a store of its bytes, whoever makes it and by whatever instructions, row by row, and within a
 * row upwards or, as memcpy() does it with pages, downwards. So what is counted is runs of RUN_MIN bytes or more:
 * stores that fill one piece of LINE bytes of memory and then the one beside it. Rows of pictures are stored so, and
 * hardly anything else is that a machine does, which so is not in the sum. A processor may be at several runs by turns,
 * and be interrupted in them; a byte that a run stores twice counts once. What a device of the emulated machine reads
 * or writes is not stored by a processor, and not in it.
 *
 * QEMU 10 has its plugins' interface in a header that Debian has not packaged; what is used of it is declared here
 * (QEMU: include/qemu/qemu-plugin.h, interface 4).
 */
#include "mark.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define INTERFACE      4
#define PROCESSORS_MAX 8U
#define RUNS_MAX       8U
#define RUN_MIN        1024U
#define LINE           64U

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum callback_flags {
    USES_NO_REGISTERS
};
enum accesses {
    STORES = 2
};
typedef void (*translated_t)(uint64_t id, struct qemu_plugin_tb *block);
typedef void (*executed_t)(unsigned processor, void *userdata);
typedef void (*accessed_t)(unsigned processor, uint32_t access, uint64_t address, void *userdata);

extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated_t callback);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t at);
extern size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction, void *data, size_t size);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, executed_t callback,
                                                   enum callback_flags flags, void *userdata);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction, accessed_t callback,
                                             enum callback_flags flags, enum accesses which, void *userdata);
extern unsigned qemu_plugin_mem_size_shift(uint32_t access);

static FILE *out;

/* Each processor is a thread of its own. */
static struct processor {
    struct run {
        uint64_t line;      /* the one that is being filled, in lines */
        uint64_t in_line;   /* bytes */
        uint64_t bytes;     /* in the lines before it */
        uint64_t direction; /* 1, or as much below 0; 0 in the run's first line */
    } runs[RUNS_MAX];
    unsigned newest;
    uint64_t copied; /* bytes of runs that are long enough */
} processors[PROCESSORS_MAX];

static bool continues(const struct run *run, uint64_t line)
{
    uint64_t step = line - run->line;

    if (run->direction == 0)
        return step == 1 || step == UINT64_MAX;
    return step == run->direction && run->in_line == LINE;
}

/* A line of a run is done. */
static uint64_t finish_line(struct run *run)
{
    uint64_t before = run->bytes;

    run->bytes += run->in_line;
    if (run->bytes < RUN_MIN)
        return 0;
    return before < RUN_MIN ? run->bytes : run->in_line;
}

static void on_store(unsigned number, uint32_t access, uint64_t address, void *userdata)
{
    struct processor *processor = &processors[number % PROCESSORS_MAX];
    uint64_t size = UINT64_C(1) << qemu_plugin_mem_size_shift(access);
    uint64_t line = address / LINE;

    (void)userdata;
    for (unsigned i = 0; i < RUNS_MAX; i++) {
        struct run *run = &processor->runs[i];
        if (run->line == line) {
            run->in_line = run->in_line + size < LINE ? run->in_line + size : LINE;
            return;
        }
        if (!continues(run, line))
            continue;
        processor->copied += finish_line(run);
        run->direction = line - run->line;
        run->line = line;
        run->in_line = size;
        return;
    }
    processor->newest = (processor->newest + 1) % RUNS_MAX;
    struct run *run = &processor->runs[processor->newest];
    processor->copied += run->direction != 0 ? finish_line(run) : 0;
    *run = (struct run){ .line = line, .in_line = size };
}

static void on_mark(unsigned number, void *userdata)
{
    uint64_t sum = 0;

    (void)number;
    (void)userdata;
    for (unsigned i = 0; i < PROCESSORS_MAX; i++)
        sum += processors[i].copied;
    fprintf(out, "%" PRIu64 "\n", sum);
}

static void on_translated(uint64_t id, struct qemu_plugin_tb *block)
{
    static const uint8_t mark[] = BENCH_MARK_BYTES;
    uint8_t bytes[sizeof mark];

    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_mem_cb(instruction, on_store, USES_NO_REGISTERS, STORES, NULL);
        if (qemu_plugin_insn_data(instruction, bytes, sizeof bytes) == sizeof mark &&
            memcmp(bytes, mark, sizeof mark) == 0)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, USES_NO_REGISTERS, NULL);
    }
}

/* What QEMU looks for by name. */
extern int qemu_plugin_version;
extern int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

int qemu_plugin_version = INTERFACE;

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0)
        return -1;
    out = fopen(argv[0] + 4, "we");
    if (out == NULL)
        return -1;
    setvbuf(out, NULL, _IOLBF, 0);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
    return 0;
}
