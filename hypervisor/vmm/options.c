/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "options.h"

#include "core/layout.h"
#include "core/vm.h"
#include "log.h"
#include "vsock_cable.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DISPLAY_SIDE_MIN 32U
#define DISPLAY_SIDE_MAX 8192U

const char bk_options_help[] =
    "bk-vmm runs one virtual machine on KVM and ends when the machine does.\n"
    "\n"
    "    bk-vmm --kernel FILE [OPTION...]\n"
    "\n"
    "A Debian kernel on any machine with KVM, its console on this terminal (Ctrl-\\ ends it):\n"
    "\n"
    "    bk-vmm --kernel /boot/vmlinuz-6.12.74+deb13-amd64 --initrd /boot/initrd.img-6.12.74+deb13-amd64 \\\n"
    "        --memory 1024 --cpus 2 --rng --disk root.img --serial - --cmdline 'console=ttyS0 root=/dev/vda rw'\n"
    "\n"
    "FILE is a path, - for standard input and output, or fd:N for a descriptor that the caller has opened.\n"
    "\n"
    "What is booted\n"
    "  --kernel FILE       an x86 Linux: a bzImage (vmlinuz), or an ELF vmlinux with a PVH entry, which starts faster\n"
    "  --initrd FILE       its initial RAM file system\n"
    "  --cmdline TEXT      its command line; without it, console= of the first console given, and panic=-1\n"
    "\n"
    "The machine\n"
    "  --memory MIB        RAM, 32 to 131072, rounded up to a multiple of 2; 256 without it\n"
    "  --cpus N            1 to 64; 1 without it\n"
    "  --on-reset reboot   when the guest reboots or its kernel panics, it starts again in this process (as without "
    "it)\n"
    "  --on-reset exit     ... bk-vmm exits\n"
    "\n"
    "Devices, all virtio but the first\n"
    "  --serial FILE       COM1 (ttyS0); - without --serial and --console; none: there is no COM1\n"
    "  --console FILE      a console (hvc0); the first one, and once only\n"
    "  --console NAME=FILE a port, /dev/virtio-ports/NAME in the guest; up to 8 with the console\n"
    "  --disk FILE[,ro]    a raw disk image, up to 8, in the order given: vda, vdb, ...\n"
    "  --rng               randomness from the host\n"
    "  --vsock app:CID     sockets to the System VM; CID, 16 or more, is this guest's address\n"
    "  --vsock system      sockets to the App VMs, as the System VM has them\n"
    "  --display WxH       a screen of that many pixels at first, a keyboard and an absolute pointer\n"
    "  --display-cable fd:N  the display cable to the program that shows it (docs/protocols/display-cable.md)\n"
    "\n"
    "Who runs it\n"
    "  --control fd:N      the supervisor's socket (docs/protocols/control.md); its end ends the machine\n"
    "  --name NAME         stands in each line of the log\n"
    "  --uid N, --gid N    become this user and group, when started as root; without them, one that owns nothing\n"
    "  --help              this text\n"
    "\n"
    "Before the guest runs, bk-vmm gives up every right it does not need: it sees no file, no network and no other\n"
    "process, and each of its threads can make few system calls.\n"
    "\n"
    "Exit status: 0 the guest powered off, or bk-vmm was told to end it; 1 something is missing or failed; 2 the\n"
    "command line is wrong; 3 the guest reset, with --on-reset exit; 4 KVM could not go on with the guest.\n";

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    bk_log_va(LOG_ERR, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* The whole text is a decimal number in [min, max]. */
static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > (UINT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
    }
    if (number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

static int parse_limited(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
    if (parse_number(text, min, max, ret_number))
        return 0;
    return wrong("--%s %s: want a number from %llu to %llu", option, text, (unsigned long long)min,
                 (unsigned long long)max);
}

static int parse_fd(const char *option, const char *text, int *ret_fd)
{
    uint64_t fd;

    if (strncmp(text, "fd:", 3) != 0 || !parse_number(text + 3, 0, INT_MAX, &fd))
        return wrong("--%s %s: want fd: and the number of an open descriptor", option, text);
    *ret_fd = (int)fd;
    return 0;
}

static int parse_file(const char *option, const char *text, bool may_be_standard, struct bk_file *ret_file)
{
    *ret_file = (struct bk_file){ .fd = -1 };
    if (*text == '\0')
        return wrong("--%s: want the name of a file", option);
    if (strncmp(text, "fd:", 3) == 0)
        return parse_fd(option, text, &ret_file->fd);
    if (strcmp(text, "-") != 0)
        ret_file->path = text;
    else if (may_be_standard)
        ret_file->standard = true;
    else
        return wrong("--%s -: standard input is no file to read again at a reset", option);
    return 0;
}

static int parse_console(struct bk_options *options, const char *text)
{
    const char *equals = strchr(text, '='), *slash = strchr(text, '/');
    unsigned i = options->console_count;

    if (i == BK_OPTIONS_CONSOLES_MAX)
        return wrong("--console: more than %d", BK_OPTIONS_CONSOLES_MAX);
    options->consoles[i].name[0] = '\0';
    if (equals != NULL && (slash == NULL || slash > equals)) {
        size_t length = (size_t)(equals - text);
        if (length == 0 || length >= sizeof options->consoles[i].name)
            return wrong("--console %s: want a name of 1 to %zu bytes", text, sizeof options->consoles[i].name - 1);
        memcpy(options->consoles[i].name, text, length);
        options->consoles[i].name[length] = '\0';
        text = equals + 1;
    } else if (i > 0) {
        return wrong("--console %s: only the first console has no name; want NAME=FILE", text);
    }
    int r = parse_file("console", text, true, &options->consoles[i].file);
    if (r == 0)
        options->console_count++;
    return r;
}

static int parse_disk(struct bk_options *options, const char *text)
{
    unsigned i = options->disk_count;
    size_t length = strlen(text);

    if (i == BK_OPTIONS_DISKS_MAX)
        return wrong("--disk: more than %d", BK_OPTIONS_DISKS_MAX);
    options->disks[i].readonly = length > 3 && strcmp(text + length - 3, ",ro") == 0;
    if (options->disks[i].readonly)
        length -= 3;
    if (length >= sizeof options->disks[i].path)
        return wrong("--disk: the name of the file is too long");
    memcpy(options->disks[i].path, text, length);
    options->disks[i].path[length] = '\0';
    int r = parse_file("disk", options->disks[i].path, false, &options->disks[i].file);
    if (r == 0)
        options->disk_count++;
    return r;
}

static int parse_vsock(struct bk_options *options, const char *text)
{
    uint64_t cid;

    if (strcmp(text, "system") == 0) {
        options->vsock = BK_VSOCK_SYSTEM;
        return 0;
    }
    if (strncmp(text, "app:", 4) != 0 || !parse_number(text + 4, BK_VSOCK_CID_APP_FIRST, UINT32_MAX - 1, &cid))
        return wrong("--vsock %s: want system, or app: and a number of %u or more", text, BK_VSOCK_CID_APP_FIRST);
    options->vsock = BK_VSOCK_APP;
    options->vsock_cid = (uint32_t)cid;
    return 0;
}

static int parse_display(struct bk_options *options, const char *text)
{
    char first[8];
    const char *x = strchr(text, 'x');
    uint64_t width, height;

    if (x == NULL || (size_t)(x - text) >= sizeof first)
        return wrong("--display %s: want WIDTHxHEIGHT", text);
    memcpy(first, text, (size_t)(x - text));
    first[x - text] = '\0';
    if (!parse_number(first, DISPLAY_SIDE_MIN, DISPLAY_SIDE_MAX, &width) ||
        !parse_number(x + 1, DISPLAY_SIDE_MIN, DISPLAY_SIDE_MAX, &height))
        return wrong("--display %s: want WIDTHxHEIGHT, each from %u to %u pixels", text, DISPLAY_SIDE_MIN,
                     DISPLAY_SIDE_MAX);
    options->display = true;
    options->display_width = (uint32_t)width;
    options->display_height = (uint32_t)height;
    return 0;
}

static int parse_reset(struct bk_options *options, const char *text)
{
    options->exit_on_reset = strcmp(text, "exit") == 0;
    if (!options->exit_on_reset && strcmp(text, "reboot") != 0)
        return wrong("--on-reset %s: want reboot or exit", text);
    return 0;
}

enum {
    CMDLINE = 256,
    CONSOLE,
    CONTROL,
    CPUS,
    DISK,
    DISPLAY,
    DISPLAY_CABLE,
    GID,
    HELP,
    INITRD,
    KERNEL,
    MEMORY,
    NAME,
    ON_RESET,
    RNG,
    SERIAL,
    UID,
    VSOCK
};

static const struct option long_options[] = {
    { "cmdline", required_argument, NULL, CMDLINE },
    { "console", required_argument, NULL, CONSOLE },
    { "control", required_argument, NULL, CONTROL },
    { "cpus", required_argument, NULL, CPUS },
    { "disk", required_argument, NULL, DISK },
    { "display", required_argument, NULL, DISPLAY },
    { "display-cable", required_argument, NULL, DISPLAY_CABLE },
    { "gid", required_argument, NULL, GID },
    { "help", no_argument, NULL, HELP },
    { "initrd", required_argument, NULL, INITRD },
    { "kernel", required_argument, NULL, KERNEL },
    { "memory", required_argument, NULL, MEMORY },
    { "name", required_argument, NULL, NAME },
    { "on-reset", required_argument, NULL, ON_RESET },
    { "rng", no_argument, NULL, RNG },
    { "serial", required_argument, NULL, SERIAL },
    { "uid", required_argument, NULL, UID },
    { "vsock", required_argument, NULL, VSOCK },
    { NULL, 0, NULL, 0 },
};

static int parse_one(struct bk_options *options, int option, const char *value, bool *serial_given)
{
    uint64_t number = 0;
    int r;

    switch (option) {
    case CMDLINE:
        options->cmdline = value;
        return strlen(value) < BK_LAYOUT_CMDLINE_MAX
                   ? 0
                   : wrong("--cmdline: longer than %u bytes, which is what Linux takes", BK_LAYOUT_CMDLINE_MAX - 1);
    case CONSOLE:
        return parse_console(options, value);
    case CONTROL:
        return parse_fd("control", value, &options->control);
    case CPUS:
        r = parse_limited("cpus", value, 1, BK_VM_CPUS_MAX, &number);
        options->cpus = (unsigned)number;
        return r;
    case DISK:
        return parse_disk(options, value);
    case DISPLAY:
        return parse_display(options, value);
    case DISPLAY_CABLE:
        return parse_fd("display-cable", value, &options->display_cable);
    case GID:
        r = parse_limited("gid", value, 1, UINT32_MAX - 1, &number);
        options->gid = (uint32_t)number;
        return r;
    case HELP:
        options->help = true;
        return 0;
    case INITRD:
        return parse_file("initrd", value, false, &options->initrd);
    case KERNEL:
        return parse_file("kernel", value, false, &options->kernel);
    case MEMORY:
        return parse_limited("memory", value, BK_VM_MEMORY_MIN_MIB, BK_VM_MEMORY_MAX_MIB, &options->memory_mib);
    case NAME:
        options->name = value;
        return 0;
    case ON_RESET:
        return parse_reset(options, value);
    case RNG:
        options->rng = true;
        return 0;
    case SERIAL:
        *serial_given = true;
        options->serial = strcmp(value, "none") != 0;
        return options->serial ? parse_file("serial", value, true, &options->serial_file) : 0;
    case UID:
        r = parse_limited("uid", value, 1, UINT32_MAX - 1, &number);
        options->uid = (uint32_t)number;
        return r;
    default:
        return parse_vsock(options, value);
    }
}

bool bk_file_is_given(const struct bk_file *file)
{
    return file->path != NULL || file->standard || file->fd >= 0;
}

/* What is wrong only when options are seen together. */
static int check(const struct bk_options *options)
{
    unsigned standard = options->serial && options->serial_file.standard ? 1 : 0;

    for (unsigned i = 0; i < options->console_count; i++)
        standard += options->consoles[i].file.standard ? 1 : 0;
    if (!bk_file_is_given(&options->kernel))
        return wrong("want --kernel FILE (bk-vmm --help says more)");
    if (standard > 1)
        return wrong("- is given twice: there is one standard input");
    if (options->display_cable >= 0 && !options->display)
        return wrong("--display-cable without --display");
    return 0;
}

int bk_options_parse(struct bk_options *options, int argc, char **argv)
{
    bool serial_given = false;
    int option;

    *options = (struct bk_options){
        .kernel.fd = -1,
        .initrd.fd = -1,
        .serial_file.fd = -1,
        .control = -1,
        .display_cable = -1,
        .cpus = 1,
        .memory_mib = 256,
    };
    optind = 0; /* glibc: start anew */
    while ((option = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
        const char *text = argv[optind - 1];
        if (option == ':')
            return wrong("%s: want a value after it", text);
        if (option == '?')
            return wrong("%s: no such option (bk-vmm --help lists them)", text);
        int r = parse_one(options, option, optarg, &serial_given);
        if (r < 0)
            return r;
        if (options->help)
            return 0;
    }
    if (optind < argc)
        return wrong("%s: want options only (bk-vmm --help lists them)", argv[optind]);
    if (!serial_given && options->console_count == 0) {
        options->serial = true;
        options->serial_file.standard = true;
    }
    if (options->cmdline == NULL)
        options->cmdline = options->serial ? "console=ttyS0 panic=-1" : "console=hvc0 panic=-1";
    return check(options);
}

unsigned bk_options_inherited(const struct bk_options *options, int ret_fds[static BK_OPTIONS_FDS_MAX])
{
    unsigned count = 0;

    ret_fds[count++] = options->kernel.fd;
    ret_fds[count++] = options->initrd.fd;
    ret_fds[count++] = options->serial_file.fd;
    ret_fds[count++] = options->control;
    ret_fds[count++] = options->display_cable;
    for (unsigned i = 0; i < options->console_count; i++)
        ret_fds[count++] = options->consoles[i].file.fd;
    for (unsigned i = 0; i < options->disk_count; i++)
        ret_fds[count++] = options->disks[i].file.fd;
    return count;
}
