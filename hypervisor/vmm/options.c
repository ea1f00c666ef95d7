/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "options.h"

#include "checked.h"
#include "core/layout.h"
#include "core/vm.h"
#include "ethernet_cable.h"
#include "log.h"
#include "vsock_cable.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

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
    "  --on-fault exit     ... only when it has crashed so that it cannot even do that (a triple fault)\n"
    "\n"
    "Devices, all virtio but the first\n"
    "  --serial FILE       COM1 (ttyS0); - without --serial and --console; none: there is no COM1\n"
    "  --console FILE      a console (hvc0); the first one, and once only\n"
    "  --console NAME=FILE a port, /dev/virtio-ports/NAME in the guest; up to 8 with the console\n"
    "  --disk FILE[,ro]    a raw disk image, up to 8, in the order given: vda, vdb, ...\n"
    "  --rng               randomness from the host\n"
    "  --vsock app:CID     sockets to the System VM; CID, 16 or more, is this guest's address\n"
    "  --vsock system      sockets to the App VMs, as the System VM has them\n"
    "  --display WxH       a screen of that many pixels at first, a keyboard, an absolute pointer, a touchscreen\n"
    "  --import            the displays of App VMs, as the System VM has them: their surfaces through a second GPU "
    "without\n"
    "                      a screen, all else over the port io.bulkhead.display (docs/protocols/display-port.md)\n"
    "  --network app:PORT  a network card, whose ethernet cable is plugged in by the supervisor; PORT, 2 to 4094, "
    "gives its "
    "address\n"
    "  --network system    the trunk with a port for each app and for the uplink, as the System VM has it\n"
    "  --display-cable fd:N  the display cable to the program that shows it (docs/protocols/display-cable.md)\n"
    "  --sound             a sound card: loudspeaker and microphone\n"
    "  --sound-cable fd:N  the sound cable to the program that plays and records (docs/protocols/sound-cable.md)\n"
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
    "command line is wrong; 3 the guest reset, with --on-reset exit, or crashed, with --on-fault exit; 4 KVM could not "
    "go on with the guest.\n";

#define wrong(...) bk_fail(-EINVAL, __VA_ARGS__)

struct option {
    const char *name;
    int (*parse)(struct bk_options *options, const struct option *option, char *text);
    size_t at;         /* in struct bk_options, where one place is all there is to an option */
    uint32_t min, max; /* of a number */
};

/* The first `length` bytes of the text are a decimal number in [min, max]. */
static bool read_number(const char *text, size_t length, uint32_t min, uint32_t max, uint32_t *ret_number)
{
    uint64_t number = 0;

    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
        if (number > max)
            return false;
    }
    if (number < min)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static void *place(struct bk_options *options, const struct option *option)
{
    return (uint8_t *)options + option->at;
}

static int parse_flag(struct bk_options *options, const struct option *option, char *text)
{
    (void)text;
    *(bool *)place(options, option) = true;
    return 0;
}

static int parse_text(struct bk_options *options, const struct option *option, char *text)
{
    if (strlen(text) > option->max)
        return wrong("--%s: longer than %" PRIu32 " bytes", option->name, option->max);
    *(const char **)place(options, option) = text;
    return 0;
}

static int parse_number(struct bk_options *options, const struct option *option, char *text)
{
    if (read_number(text, strlen(text), option->min, option->max, place(options, option)))
        return 0;
    return wrong("--%s %s: want a number from %" PRIu32 " to %" PRIu32, option->name, text, option->min, option->max);
}

static int read_fd(struct bk_options *options, const struct option *option, const char *text, int *ret_fd)
{
    uint32_t fd;

    if (strncmp(text, "fd:", 3) != 0 || !read_number(text + 3, strlen(text + 3), 0, INT_MAX, &fd))
        return wrong("--%s %s: want fd: and the number of an open descriptor", option->name, text);
    if (options->inherited_count == BK_OPTIONS_FDS_MAX)
        return wrong("--%s %s: more than %u descriptors", option->name, text, BK_OPTIONS_FDS_MAX);
    *ret_fd = options->inherited[options->inherited_count++] = (int)fd;
    return 0;
}

static int parse_fd(struct bk_options *options, const struct option *option, char *text)
{
    return read_fd(options, option, text, place(options, option));
}

/* A file that bytes are read from at any place, at any time. */
static int read_file(struct bk_options *options, const struct option *option, const char *text,
                     struct bk_file *ret_file)
{
    *ret_file = (struct bk_file){ .fd = -1, .out_fd = -1 };
    if (*text == '\0')
        return wrong("--%s: want the name of a file", option->name);
    if (strcmp(text, "-") == 0)
        return wrong("--%s -: standard input is no file to read again at a reset", option->name);
    if (strncmp(text, "fd:", 3) == 0)
        return read_fd(options, option, text, &ret_file->fd);
    ret_file->path = text;
    return 0;
}

static int parse_file(struct bk_options *options, const struct option *option, char *text)
{
    return read_file(options, option, text, place(options, option));
}

/* A file that bytes go to and come from one after the other. */
static int read_stream(struct bk_options *options, const struct option *option, const char *text,
                       struct bk_file *ret_file)
{
    if (strcmp(text, "-") != 0)
        return read_file(options, option, text, ret_file);
    if (options->standard)
        return wrong("--%s -: there is one standard input, and - is given twice", option->name);
    options->standard = true;
    *ret_file = (struct bk_file){ .fd = STDIN_FILENO, .out_fd = STDOUT_FILENO };
    return 0;
}

static int parse_serial(struct bk_options *options, const struct option *option, char *text)
{
    options->serial = strcmp(text, "none") == 0 ? BK_SERIAL_NONE : BK_SERIAL_FILE;
    return options->serial == BK_SERIAL_NONE ? 0 : read_stream(options, option, text, &options->serial_file);
}

static int parse_console(struct bk_options *options, const struct option *option, char *text)
{
    char *equals = strchr(text, '='), *slash = strchr(text, '/');

    if (options->console_count == BK_OPTIONS_CONSOLES_MAX)
        return wrong("--console: more than %d", BK_OPTIONS_CONSOLES_MAX);
    struct bk_options_console *console = &options->consoles[options->console_count++];
    if (equals != NULL && (slash == NULL || slash > equals)) {
        size_t length = (size_t)(equals - text);
        if (length == 0 || length > BK_OPTIONS_CONSOLE_NAME_MAX)
            return wrong("--console %s: want a name of 1 to %d bytes", text, BK_OPTIONS_CONSOLE_NAME_MAX);
        *equals = '\0';
        console->name = text;
        text = equals + 1;
    } else if (options->console_count > 1) {
        return wrong("--console %s: only the first console has no name; want NAME=FILE", text);
    }
    return read_stream(options, option, text, &console->file);
}

static int parse_disk(struct bk_options *options, const struct option *option, char *text)
{
    size_t length = strlen(text);

    if (options->disk_count == BK_OPTIONS_DISKS_MAX)
        return wrong("--disk: more than %d", BK_OPTIONS_DISKS_MAX);
    struct bk_options_disk *disk = &options->disks[options->disk_count++];
    disk->readonly = length > 3 && strcmp(text + length - 3, ",ro") == 0;
    if (disk->readonly)
        text[length - 3] = '\0';
    return read_file(options, option, text, &disk->file);
}

/* Which end of a device that both the System VM and apps have. */
static int parse_end(struct bk_options *options, const struct option *option, char *text)
{
    struct bk_options_end *end = place(options, option);
    bool app = strncmp(text, "app:", 4) == 0;

    end->kind = app ? BK_END_APP : BK_END_SYSTEM;
    if (app ? read_number(text + 4, strlen(text) - 4, option->min, option->max, &end->number)
            : strcmp(text, "system") == 0)
        return 0;
    return wrong("--%s %s: want system, or app: and a number from %" PRIu32 " to %" PRIu32, option->name, text,
                 option->min, option->max);
}

static int parse_display(struct bk_options *options, const struct option *option, char *text)
{
    const char *x = strchrnul(text, 'x');

    (void)option;
    options->display = true;
    if (read_number(text, (size_t)(x - text), DISPLAY_SIDE_MIN, DISPLAY_SIDE_MAX, &options->display_width) &&
        *x == 'x' && read_number(x + 1, strlen(x + 1), DISPLAY_SIDE_MIN, DISPLAY_SIDE_MAX, &options->display_height))
        return 0;
    return wrong("--display %s: want WIDTHxHEIGHT, each from %u to %u pixels", text, DISPLAY_SIDE_MIN,
                 DISPLAY_SIDE_MAX);
}

static int parse_reset(struct bk_options *options, const struct option *option, char *text)
{
    bool *exits = place(options, option);

    *exits = strcmp(text, "exit") == 0;
    if (!*exits && strcmp(text, "reboot") != 0)
        return wrong("--%s %s: want reboot or exit", option->name, text);
    return 0;
}

#define AT(field) offsetof(struct bk_options, field)

static const struct option table[] = {
    { "cmdline", parse_text, AT(cmdline), 0, BK_LAYOUT_CMDLINE_MAX - 1 },
    { .name = "console", .parse = parse_console },
    { "control", parse_fd, AT(control), 0, 0 },
    { "cpus", parse_number, AT(cpus), 1, BK_VM_CPUS_MAX },
    { .name = "disk", .parse = parse_disk },
    { .name = "display", .parse = parse_display },
    { "display-cable", parse_fd, AT(display_cable), 0, 0 },
    { "gid", parse_number, AT(gid), 1, UINT32_MAX - 1 },
    { "help", parse_flag, AT(help), 0, 0 },
    { "import", parse_flag, AT(import), 0, 0 },
    { "initrd", parse_file, AT(initrd), 0, 0 },
    { "kernel", parse_file, AT(kernel), 0, 0 },
    { "memory", parse_number, AT(memory_mib), BK_VM_MEMORY_MIN_MIB, BK_VM_MEMORY_MAX_MIB },
    { "name", parse_text, AT(name), 0, NAME_MAX },
    { "network", parse_end, AT(network), BK_ETHERNET_PORT_FIRST, BK_ETHERNET_PORT_LAST },
    { "on-fault", parse_reset, AT(exit_on_fault), 0, 0 },
    { "on-reset", parse_reset, AT(exit_on_reset), 0, 0 },
    { "rng", parse_flag, AT(rng), 0, 0 },
    { .name = "serial", .parse = parse_serial },
    { "sound", parse_flag, AT(sound), 0, 0 },
    { "sound-cable", parse_fd, AT(sound_cable), 0, 0 },
    { "uid", parse_number, AT(uid), 1, UINT32_MAX - 1 },
    { "vsock", parse_end, AT(vsock), BK_VSOCK_CID_APP_FIRST, UINT32_MAX - 1 },
};

static const struct option *find(const char *word)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(table); i++) {
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, table[i].name) == 0)
            return &table[i];
    }
    return NULL;
}

int bk_options_parse(struct bk_options *options, int argc, char **argv)
{
    *options = (struct bk_options){
        .kernel.fd = -1,
        .initrd.fd = -1,
        .control = -1,
        .display_cable = -1,
        .sound_cable = -1,
        .cpus = 1,
        .memory_mib = 256,
    };
    for (int i = 1; i < argc && !options->help; i++) {
        const struct option *option = find(argv[i]);
        if (option == NULL)
            return wrong("%s: no such option (bk-vmm --help lists them)", argv[i]);
        if (option->parse != parse_flag && ++i == argc)
            return wrong("--%s: want a value after it", option->name);
        int r = option->parse(options, option, argv[i]);
        if (r < 0)
            return r;
    }
    if (options->help)
        return 0;
    if (options->kernel.path == NULL && options->kernel.fd < 0)
        return wrong("want --kernel FILE (bk-vmm --help says more)");
    if (options->display_cable >= 0 && !options->display)
        return wrong("--display-cable without --display");
    if (options->sound_cable >= 0 && !options->sound)
        return wrong("--sound-cable without --sound");
    if (options->serial == BK_SERIAL_NOT_SAID && options->console_count == 0) {
        options->serial = BK_SERIAL_FILE;
        options->serial_file = (struct bk_file){ .fd = STDIN_FILENO, .out_fd = STDOUT_FILENO };
        options->standard = true;
    }
    if (options->cmdline == NULL)
        options->cmdline = options->serial == BK_SERIAL_FILE ? "console=ttyS0 panic=-1" : "console=hvc0 panic=-1";
    return 0;
}
