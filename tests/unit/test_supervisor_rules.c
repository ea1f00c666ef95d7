/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor believes: of a bk-vmm's control messages, of the kernel's devices, of the machine's disk. */
#define _GNU_SOURCE
#include "backoff.h"
#include "cids.h"
#include "devices.h"
#include "input_device.h"
#include "machine.h"
#include "options.h"
#include "orientation.h"
#include "ports.h"
#include "system_devices.h"
#include "uplink_process.h"
#include "vm_control.h"

#include <fcntl.h>
#include <ftw.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static enum bk_control_verdict judge(struct bk_control_state *state, uint32_t type, uint32_t cid, uint64_t value)
{
    const struct bk_control_message message = { .type = type, .cid = cid, .value = value };

    return bk_control_check(state, &message, sizeof message, false);
}

static void control_in_order(void **unused)
{
    struct bk_control_state state = { 0 };

    (void)unused;
    assert_int_equal(judge(&state, BK_CONTROL_RUNNING, 0, 0), BK_CONTROL_VERDICT_RUNNING);
    assert_int_equal(judge(&state, BK_CONTROL_ENDED, 0, BK_CONTROL_END_RESET), BK_CONTROL_VERDICT_ENDED);
    assert_int_equal(state.end, BK_CONTROL_END_RESET);
    assert_int_equal(judge(&state, BK_CONTROL_ENDED, 0, 0), BK_CONTROL_VERDICT_BROKEN);

    state = (struct bk_control_state){ 0 }; /* it may end before it ran */
    assert_int_equal(judge(&state, BK_CONTROL_ENDED, 0, BK_CONTROL_END_FAULT), BK_CONTROL_VERDICT_ENDED);
}

static void control_out_of_order(void **unused)
{
    const struct bk_control_message running = { .type = BK_CONTROL_RUNNING };
    struct bk_control_state state = { 0 };

    (void)unused;
    for (size_t size = 0; size < sizeof running; size++)
        assert_int_equal(bk_control_check(&state, &running, size, false), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(bk_control_check(&state, &running, sizeof running + 1, false), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(bk_control_check(&state, &running, sizeof running, true), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(judge(&state, BK_CONTROL_RUNNING, 1, 0), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(judge(&state, BK_CONTROL_RUNNING, 0, 1), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(judge(&state, BK_CONTROL_ENDED, 0, BK_CONTROL_END_FAULT + 1), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(judge(&state, BK_CONTROL_ENDED, 0, UINT64_C(1) << 32), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(judge(&state, BK_CONTROL_PLUG_VSOCK, 0, 0), BK_CONTROL_VERDICT_BROKEN);
    assert_int_equal(judge(&state, UINT32_MAX, 0, 0), BK_CONTROL_VERDICT_BROKEN);
    assert_false(state.running || state.ended);
    assert_int_equal(judge(&state, BK_CONTROL_RUNNING, 0, 0), BK_CONTROL_VERDICT_RUNNING);
    assert_int_equal(judge(&state, BK_CONTROL_RUNNING, 0, 0), BK_CONTROL_VERDICT_BROKEN);
}

static void ends_in_words(void **unused)
{
    struct bk_control_state state = { 0 };
    char text[128];

    (void)unused;
    bk_control_describe_end(&state, CLD_KILLED, SIGKILL, NULL, text, sizeof text);
    assert_string_equal(text, "its bk-vmm was killed by SIGKILL");
    bk_control_describe_end(&state, CLD_DUMPED, SIGSYS, NULL, text, sizeof text);
    assert_string_equal(text, "its bk-vmm made a system call that its jail forbids");
    bk_control_describe_end(&state, CLD_EXITED, 4, NULL, text, sizeof text);
    assert_string_equal(text, "its bk-vmm exited with status 4");
    judge(&state, BK_CONTROL_ENDED, 0, BK_CONTROL_END_POWEROFF);
    bk_control_describe_end(&state, CLD_EXITED, 0, NULL, text, sizeof text);
    assert_string_equal(text, "the guest powered off");
    bk_control_describe_end(&state, CLD_KILLED, SIGKILL, "why", text, sizeof text);
    assert_string_equal(text, "why");
}

static void which_ends_are_crashes(void **unused)
{
    static const struct {
        enum bk_control_end end;
        bool crash;
    } expected[] = { { BK_CONTROL_END_POWEROFF, false },
                     { BK_CONTROL_END_RESET, true },
                     { BK_CONTROL_END_STOPPED, false },
                     { BK_CONTROL_END_FAULT, true } };

    (void)unused;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct bk_control_state state = { .running = true };
        assert_true(bk_control_is_crash(&state)); /* it ended without a word */
        judge(&state, BK_CONTROL_ENDED, 0, expected[i].end);
        assert_int_equal(bk_control_is_crash(&state), expected[i].crash);
    }
}

static void ports_come_again_last(void **unused)
{
    struct bk_ports ports = { 0 };
    uint32_t port = 0;

    (void)unused;
    for (unsigned i = BK_ETHERNET_PORT_FIRST; i <= BK_ETHERNET_PORT_LAST; i++) {
        assert_int_equal(bk_ports_take(&ports, &port), 0);
        assert_int_equal(port, i);
        if (i != 7)
            bk_ports_give_back(&ports, port);
    }
    for (unsigned i = BK_ETHERNET_PORT_FIRST; i <= BK_ETHERNET_PORT_LAST; i++) {
        if (i == 7)
            continue;
        assert_int_equal(bk_ports_take(&ports, &port), 0);
        assert_int_equal(port, i);
    }
    assert_int_equal(bk_ports_take(&ports, &port), -ENOSPC);
    bk_ports_give_back(&ports, 100);
    bk_ports_give_back(&ports, 0);
    assert_int_equal(bk_ports_take(&ports, &port), 0);
    assert_int_equal(port, 100);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void make_card(const char *folder, const char *name, const char *type, const char *const *files)
{
    char path[512];

    snprintf(path, sizeof path, "%s/class/net/%s", folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/class/net/%s/type", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(type, file);
    fclose(file);
    for (; *files != NULL; files++) {
        snprintf(path, sizeof path, "%s/class/net/%s/%s", folder, name, *files);
        assert_int_equal(mkdir(path, 0755), 0);
    }
}

static void knows_a_network_card(void **unused)
{
    char folder[] = "/tmp/bk-cards-XXXXXX", path[512];

    (void)unused;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/class", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/class/net", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    make_card(folder, "eth0", "1\n", (const char *const[]){ "device", NULL });
    make_card(folder, "wlan0", "1\n", (const char *const[]){ "device", "phy80211", NULL });
    make_card(folder, "wlan1", "1\n", (const char *const[]){ "device", "wireless", NULL });
    make_card(folder, "dummy0", "1\n", (const char *const[]){ NULL });
    make_card(folder, "lo", "772\n", (const char *const[]){ "device", NULL });
    assert_true(bk_uplink_is_ethernet(folder, "eth0"));
    assert_false(bk_uplink_is_ethernet(folder, "wlan0"));
    assert_false(bk_uplink_is_ethernet(folder, "wlan1"));
    assert_false(bk_uplink_is_ethernet(folder, "dummy0"));
    assert_false(bk_uplink_is_ethernet(folder, "lo"));
    assert_false(bk_uplink_is_ethernet(folder, "none"));
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void cids_rise_and_end(void **unused)
{
    struct bk_cids cids = { 0 };
    uint32_t cid = 0;

    (void)unused;
    assert_int_equal(bk_cids_take(&cids, &cid), 0);
    assert_int_equal(cid, BK_VSOCK_CID_APP_FIRST);
    assert_int_equal(bk_cids_take(&cids, &cid), 0);
    assert_int_equal(cid, BK_VSOCK_CID_APP_FIRST + 1);
    cids.last = BK_CIDS_LAST - 1;
    assert_int_equal(bk_cids_take(&cids, &cid), 0);
    assert_int_equal(cid, BK_CIDS_LAST);
    assert_true(BK_JAIL_UID_VM + cid < BK_JAIL_UID_HAND);
    assert_int_equal(bk_cids_take(&cids, &cid), -ENOSPC);
    assert_int_equal(cid, BK_CIDS_LAST);
}

static void backs_off(void **unused)
{
    struct bk_backoff backoff = { 0 };
    unsigned wait = 0;

    (void)unused;
    assert_int_equal(bk_backoff_next(&backoff, 0), BK_BACKOFF_FIRST_MS);
    assert_int_equal(bk_backoff_next(&backoff, 10), 2 * BK_BACKOFF_FIRST_MS);
    for (unsigned i = 0; i < 20; i++)
        wait = bk_backoff_next(&backoff, 10);
    assert_int_equal(wait, BK_BACKOFF_LAST_MS);
    assert_int_equal(bk_backoff_next(&backoff, BK_BACKOFF_GOOD_RUN_MS), BK_BACKOFF_FIRST_MS);
}

#define UEVENT(text) bk_uevent_read(text, sizeof(text), &kind, path, sizeof path)

static void reads_uevents(void **unused)
{
    enum bk_device_kind kind = BK_DEVICE_CHANGED;
    char path[32];

    (void)unused;
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=input\0DEVNAME=input/event3"), 1);
    assert_int_equal(kind, BK_DEVICE_INPUT);
    assert_string_equal(path, "/dev/input/event3");
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=drm\0DEVNAME=dri/card1"), 1);
    assert_int_equal(kind, BK_DEVICE_CARD);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=sound\0DEVNAME=snd/pcmC1D0c"), 1);
    assert_int_equal(kind, BK_DEVICE_SOUND);
    assert_string_equal(path, "/dev/snd/pcmC1D0c");
    assert_int_equal(UEVENT("change@/x\0ACTION=change\0SUBSYSTEM=drm\0HOTPLUG=1\0DEVNAME=dri/card1"), 1);
    assert_int_equal(kind, BK_DEVICE_CHANGED);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=drm\0DEVNAME=dri/renderD128"), 0);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=sound\0DEVNAME=snd/controlC0"), 1);
    assert_string_equal(path, "/dev/snd/controlC0");
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=sound\0DEVNAME=snd/timer"), 0);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=video4linux\0DEVNAME=video3"), 1);
    assert_int_equal(kind, BK_DEVICE_VIDEO);
    assert_string_equal(path, "/dev/video3");
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=video4linux\0DEVNAME=radio0"), 0);
    assert_int_equal(UEVENT("remove@/x\0ACTION=remove\0SUBSYSTEM=input\0DEVNAME=input/event3"), 0);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=input\0DEVNAME=input/event/../../sda"), 0);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=input\0DEVNAME=input/event00000000000000000000000000"), 0);
    assert_int_equal(UEVENT("add@/x\0ACTION=add\0SUBSYSTEM=input"), 0);
    assert_int_equal(bk_uevent_read("ACTION=add", 10, &kind, path, sizeof path), 0); /* no NUL at its end */
    assert_int_equal(bk_uevent_read("", 0, &kind, path, sizeof path), 0);
}

static void set(unsigned char *bits, unsigned bit)
{
    bits[bit / 8] = (unsigned char)(bits[bit / 8] | 1U << (bit % 8));
}

static void classifies_input(void **unused)
{
    struct bk_input_bits bits = { 0 };

    (void)unused;
    set(bits.types, EV_KEY);
    set(bits.keys, KEY_POWER);
    assert_int_equal(bk_input_classify(&bits), 0);
    assert_true(bk_input_is_power_button(&bits));
    set(bits.keys, KEY_A);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_KEYBOARD);
    assert_false(bk_input_is_power_button(&bits));

    bits = (struct bk_input_bits){ 0 };
    set(bits.types, EV_KEY);
    set(bits.keys, BTN_LEFT);
    set(bits.types, EV_REL);
    set(bits.relative, REL_X);
    set(bits.relative, REL_Y);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_POINTER_RELATIVE);
    set(bits.types, EV_ABS);
    set(bits.absolute, ABS_X);
    set(bits.absolute, ABS_Y);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_POINTER_RELATIVE | BK_SCREEN_POINTER_ABSOLUTE);

    bits = (struct bk_input_bits){ 0 }; /* an accelerometer */
    set(bits.types, EV_ABS);
    set(bits.absolute, ABS_X);
    set(bits.absolute, ABS_Y);
    assert_int_equal(bk_input_classify(&bits), 0);
}

static void tells_touchscreens_from_touchpads(void **unused)
{
    struct bk_input_bits bits = { 0 };

    (void)unused;
    set(bits.types, EV_ABS); /* as QEMU's virtio-multitouch has it */
    set(bits.types, EV_KEY);
    set(bits.keys, BTN_TOUCH);
    set(bits.absolute, ABS_MT_SLOT);
    set(bits.absolute, ABS_MT_TRACKING_ID);
    set(bits.absolute, ABS_MT_POSITION_X);
    set(bits.absolute, ABS_MT_POSITION_Y);
    assert_int_equal(bk_input_classify(&bits), 0);
    set(bits.properties, INPUT_PROP_DIRECT);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_TOUCH);
    set(bits.absolute, ABS_X); /* most play the pointer too */
    set(bits.absolute, ABS_Y);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_TOUCH);
    memset(bits.properties, 0, sizeof bits.properties);
    set(bits.properties, INPUT_PROP_POINTER);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_POINTER_ABSOLUTE);

    bits = (struct bk_input_bits){ 0 }; /* one finger */
    set(bits.types, EV_ABS);
    set(bits.types, EV_KEY);
    set(bits.keys, BTN_TOUCH);
    set(bits.absolute, ABS_X);
    set(bits.absolute, ABS_Y);
    set(bits.properties, INPUT_PROP_DIRECT);
    assert_int_equal(bk_input_classify(&bits), BK_SCREEN_POINTER_ABSOLUTE);
}

static void skips_the_other_processor_s_module(void **unused)
{
    (void)unused;
    assert_false(bk_machine_skips_module("/lib/modules/kvm-amd.ko", "AuthenticAMD"));
    assert_false(bk_machine_skips_module("/lib/modules/kvm-amd.ko", "HygonGenuine"));
    assert_true(bk_machine_skips_module("/lib/modules/kvm-intel.ko", "AuthenticAMD"));
    assert_true(bk_machine_skips_module("kvm-amd.ko", "GenuineIntel"));
    assert_false(bk_machine_skips_module("kvm-intel.ko", "GenuineIntel"));
    assert_false(bk_machine_skips_module("/lib/modules/kvm.ko", "GenuineIntel"));
}

static void knows_its_disk(void **unused)
{
    unsigned char superblock[BK_MACHINE_SUPERBLOCK] = { 0 };

    (void)unused;
    assert_false(bk_machine_is_labelled(superblock, "bulkhead"));
    memcpy(superblock + 1024, "\xe2\xe1\xf5\xe0", 4);
    assert_false(bk_machine_is_labelled(superblock, "bulkhead"));
    memcpy(superblock + 1024 + 64, "bulkhead", 8);
    assert_true(bk_machine_is_labelled(superblock, "bulkhead"));
    assert_false(bk_machine_is_labelled(superblock, "bulk"));
    memcpy(superblock + 1024 + 72, "s", 1);
    assert_false(bk_machine_is_labelled(superblock, "bulkhead"));
    assert_false(bk_machine_is_labelled(superblock, "a label of seventeen"));
}

static void reads_the_kernel_s_command_line(void **unused)
{
    char plain[] = "console=ttyS0 quiet\n";
    char full[] = "bulkhead.debug quiet bulkhead.machine=/dev/sda2 bulkhead.debugger\n";
    struct bk_options options;

    (void)unused;
    bk_options_of_machine(plain, &options);
    assert_false(options.debug);
    assert_null(options.disk);
    assert_true(options.machine);
    assert_null(options.data);
    assert_null(options.gps);
    assert_null(options.place);
    assert_string_equal(options.sys, "/sys");
    bk_options_of_machine(full, &options);
    assert_true(options.debug);
    assert_string_equal(options.disk, "/dev/sda2");
    for (unsigned i = 0; i < BK_DESKTOP_CHOICES; i++)
        assert_null(options.desktop[i]);
}

static void passes_on_what_is_asked_of_the_desktop(void **unused)
{
    char good[] = "bulkhead.form=desktop bulkhead.keyboard_layout=ch:fr bulkhead.scale=1.5 bulkhead.form=phone quiet "
                  "bulkhead.slow_turn bulkhead.reduced_motion";
    char bad[] = "bulkhead.form=watch bulkhead.keyboard_layout=xx bulkhead.keyboard_layout=de: bulkhead.scale=3 "
                 "bulkhead.scale= bulkhead.reduced_motion=1 bulkhead.form "
                 "xbulkhead.form=phone bulkhead.scale=1.50 bulkhead.scale=1\"init=/bin/sh";
    struct bk_options options;

    (void)unused;
    bk_options_of_machine(good, &options);
    assert_string_equal(options.desktop[BK_DESKTOP_FORM], "bulkhead.form=phone");
    assert_string_equal(options.desktop[BK_DESKTOP_SCALE], "bulkhead.scale=1.5");
    assert_string_equal(options.desktop[BK_DESKTOP_KEYBOARD], "bulkhead.keyboard_layout=ch:fr");
    assert_string_equal(options.desktop[BK_DESKTOP_MOTION], "bulkhead.reduced_motion");
    bk_options_of_machine(bad, &options);
    for (unsigned i = 0; i < BK_DESKTOP_CHOICES; i++)
        assert_null(options.desktop[i]);
}

static void knows_what_the_system_vm_gets(void **unused)
{
    char good[] = "bulkhead.data=/dev/vdc bulkhead.gps=/dev/ttyS1 bulkhead.place=-47.37,8.54 bulkhead.uplink=eth1.x";
    char bad[] =
        "bulkhead.uplink= bulkhead.uplink bulkhead.uplink=.. bulkhead.uplink=a/b bulkhead.uplink=a234567890123456 "
        "bulkhead.place=47,8\"init=/bin/sh bulkhead.place= bulkhead.place bulkhead.place=here "
        "bulkhead.place=0000000000000000000000000000000,1 xbulkhead.place=1,2 bulkhead.database=x";
    struct bk_options options;

    (void)unused;
    bk_options_of_machine(good, &options);
    assert_string_equal(options.data, "/dev/vdc");
    assert_string_equal(options.gps, "/dev/ttyS1");
    assert_string_equal(options.place, "-47.37,8.54");
    assert_string_equal(options.uplink_card, "eth1.x");
    bk_options_of_machine(bad, &options);
    assert_null(options.uplink_card);
    assert_null(options.place);
    assert_null(options.data);
}

static void locks_the_data_disk(void **unused)
{
    char path[] = "/tmp/bk-data-XXXXXX";
    int file = mkstemp(path);

    (void)unused;
    assert_true(file >= 0);
    assert_int_equal(bk_system_open_data(NULL), -1);
    assert_int_equal(bk_system_open_data("/nonexistent"), -1);
    int disk = bk_system_open_data(path);
    assert_true(disk >= 0);
    assert_int_equal(write(disk, "x", 1), 1);
    assert_int_equal(bk_system_open_data(path), -1); /* somebody else's, until … */
    int inherited = fcntl(disk, F_DUPFD_CLOEXEC, 0);
    close(disk);
    assert_int_equal(bk_system_open_data(path), -1);
    close(inherited); /* … whoever inherited it has ended, too */
    disk = bk_system_open_data(path);
    assert_true(disk >= 0);
    close(disk);
    close(file);
    unlink(path);
}

static void takes_a_serial_line_for_a_receiver_only(void **unused)
{
    struct termios settings;
    int ours, theirs;

    (void)unused;
    assert_int_equal(bk_system_open_gps(NULL), -1);
    assert_int_equal(bk_system_open_gps("/nonexistent"), -1);
    assert_int_equal(bk_system_open_gps("/dev/null"), -1);
    assert_int_equal(openpty(&ours, &theirs, NULL, NULL, NULL), 0);
    int line = bk_system_open_gps(ttyname(theirs));
    assert_true(line >= 0);
    assert_int_equal(tcgetattr(theirs, &settings), 0);
    assert_int_equal(cfgetispeed(&settings), B9600);
    assert_int_equal(settings.c_lflag & (ICANON | ECHO), 0); /* it is no terminal that somebody types at */
    close(line);
    close(theirs);
    close(ours);
}

static unsigned turns;

static void on_turned(void *userdata)
{
    (void)userdata;
    turns++;
}

static void turns_by_quarters(void **unused)
{
    static const int64_t wrong[] = { -90, 1, 89, 360, 450, INT64_MIN, INT64_MAX, (1LL << 32) + 90 };
    struct bk_orientation orientation;

    (void)unused;
    bk_orientation_init(&orientation, on_turned, NULL);
    assert_int_equal(orientation.degrees, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(bk_orientation_set(&orientation, wrong[i]));
    assert_true(bk_orientation_set(&orientation, 0));
    assert_int_equal(turns, 0); /* it was so already */
    assert_true(bk_orientation_set(&orientation, 270));
    assert_true(bk_orientation_set(&orientation, 270));
    assert_int_equal(turns, 1);
    assert_int_equal(orientation.degrees, 270);
    assert_true(bk_orientation_set(&orientation, 0));
    assert_int_equal(turns, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_in_order),
        cmocka_unit_test(control_out_of_order),
        cmocka_unit_test(ends_in_words),
        cmocka_unit_test(which_ends_are_crashes),
        cmocka_unit_test(cids_rise_and_end),
        cmocka_unit_test(ports_come_again_last),
        cmocka_unit_test(knows_a_network_card),
        cmocka_unit_test(backs_off),
        cmocka_unit_test(reads_uevents),
        cmocka_unit_test(classifies_input),
        cmocka_unit_test(skips_the_other_processor_s_module),
        cmocka_unit_test(tells_touchscreens_from_touchpads),
        cmocka_unit_test(knows_its_disk),
        cmocka_unit_test(reads_the_kernel_s_command_line),
        cmocka_unit_test(passes_on_what_is_asked_of_the_desktop),
        cmocka_unit_test(knows_what_the_system_vm_gets),
        cmocka_unit_test(locks_the_data_disk),
        cmocka_unit_test(takes_a_serial_line_for_a_receiver_only),
        cmocka_unit_test(turns_by_quarters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
