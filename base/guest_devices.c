/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libinput takes a device only when udev's database calls it initialized and says what it is. udevd itself would
 * cost seconds at each start in an emulated machine, so what it would write is written here.
 */
#include "guest_devices.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SYSFS_TEXT_MAX 4096
#define DISPLAY_NODES  "/dev/dri"
#define DISPLAY_NODE   DISPLAY_NODES "/card0"

static bool has_bit(const char *words, unsigned bit)
{
    unsigned word_index = bit / 64;
    const char *end = words + strlen(words);

    while (end > words && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    for (unsigned at = 0; end > words; at++) {
        const char *start = end;
        uint64_t word = 0;
        while (start > words && start[-1] != ' ')
            start--;
        for (const char *c = start; c < end; c++) {
            int digit = *c >= '0' && *c <= '9' ? *c - '0' : *c >= 'a' && *c <= 'f' ? *c - 'a' + 10 : -1;
            if (digit < 0)
                return false;
            word = word << 4 | (unsigned)digit;
        }
        if (at == word_index)
            return (word >> (bit % 64) & 1) != 0;
        end = start;
        while (end > words && end[-1] == ' ')
            end--;
    }
    return false;
}

unsigned bk_guest_input_classify(const char *key, const char *rel, const char *abs)
{
    unsigned classes = BK_GUEST_INPUT_OTHER;
    bool any_key = strspn(key, "0 \n") != strlen(key);
    bool letters = true;

    if (any_key)
        classes |= BK_GUEST_INPUT_KEYS;
    for (unsigned code = KEY_ESC; code <= KEY_D; code++)
        letters = letters && has_bit(key, code);
    if (letters)
        classes |= BK_GUEST_INPUT_KEYBOARD;
    if (has_bit(key, BTN_LEFT) &&
        ((has_bit(rel, REL_X) && has_bit(rel, REL_Y)) || (has_bit(abs, ABS_X) && has_bit(abs, ABS_Y))))
        classes |= BK_GUEST_INPUT_POINTER;
    if (has_bit(abs, ABS_MT_POSITION_X) && has_bit(abs, ABS_MT_POSITION_Y))
        classes |= BK_GUEST_INPUT_TOUCH;
    return classes;
}

void bk_guest_input_udev_data(unsigned classes, char *text, size_t size)
{
    /* I: initialized at this time; E: a property. */
    snprintf(text, size, "I:1\nE:ID_INPUT=1\n%s%s%s%s",
             (classes & BK_GUEST_INPUT_KEYS) != 0 ? "E:ID_INPUT_KEY=1\n" : "",
             (classes & BK_GUEST_INPUT_KEYBOARD) != 0 ? "E:ID_INPUT_KEYBOARD=1\n" : "",
             (classes & BK_GUEST_INPUT_POINTER) != 0 ? "E:ID_INPUT_MOUSE=1\n" : "",
             (classes & BK_GUEST_INPUT_TOUCH) != 0 ? "E:ID_INPUT_TOUCHSCREEN=1\n" : "");
}

static char *read_sysfs(const char *class, const char *device, const char *file)
{
    char path[512];
    char *text = NULL;

    if (snprintf(path, sizeof path, "/sys/class/%s/%s/%s", class, device, file) >= (int)sizeof path)
        return NULL;
    if (bk_read_file(path, SYSFS_TEXT_MAX, &text, NULL) < 0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static unsigned classify(const char *device)
{
    _cleanup_free_ char *key = read_sysfs("input", device, "device/capabilities/key");
    _cleanup_free_ char *rel = read_sysfs("input", device, "device/capabilities/rel");
    _cleanup_free_ char *abs = read_sysfs("input", device, "device/capabilities/abs");

    if (key == NULL || rel == NULL || abs == NULL)
        return BK_GUEST_INPUT_OTHER;
    return bk_guest_input_classify(key, rel, abs);
}

static int give(const char *path, uid_t uid)
{
    if (chown(path, uid, uid) < 0 || chmod(path, 0600) < 0) {
        int r = -errno;
        bk_warning("cannot give %s away: %m", path);
        return r;
    }
    return 0;
}

static int make_directory(const char *path)
{
    if (mkdir(path, 0755) < 0 && errno != EEXIST) {
        int r = -errno;
        bk_error("cannot make %s: %m", path);
        return r;
    }
    return 0;
}

int bk_guest_devices_make_database(void)
{
    int r = make_directory("/run/udev");

    if (r >= 0)
        r = make_directory("/run/udev/data");
    if (r < 0)
        return r;
    /* libudev takes this file for a sign that there is a database. */
    _cleanup_close_ int fd = open("/run/udev/control", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        return 0;
    r = -errno;
    bk_error("cannot make /run/udev/control: %m");
    return r;
}

static void write_data(const char *number, unsigned classes)
{
    char path[128];
    char text[256];

    snprintf(path, sizeof path, "/run/udev/data/c%s", number);
    bk_guest_input_udev_data(classes, text, sizeof text);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || bk_write_all(fd, text, strlen(text)) < 0)
        bk_warning("cannot write %s: %m", path);
}

static DIR *open_class(const char *class)
{
    char path[128];

    snprintf(path, sizeof path, "/sys/class/%s", class);
    return opendir(path);
}

void bk_guest_devices_prepare_input(uid_t uid)
{
    DIR *directory = open_class("input");
    const struct dirent *entry;

    if (directory == NULL)
        return; /* a kernel that knows no input devices */
    while ((entry = readdir(directory)) != NULL) {
        char node[512];
        if (strncmp(entry->d_name, "event", 5) != 0)
            continue;
        _cleanup_free_ char *number = read_sysfs("input", entry->d_name, "dev");
        if (number == NULL)
            continue;
        write_data(number, classify(entry->d_name));
        snprintf(node, sizeof node, "/dev/input/%s", entry->d_name);
        (void)give(node, uid); /* it has said so */
    }
    closedir(directory);
}

/* Each device that stands in the folder. */
static int give_all(const char *folder, uid_t uid)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    int r = 0;

    if (directory == NULL)
        return -errno;
    while (r >= 0 && (entry = readdir(directory)) != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_CHR)
            r = give(path, uid);
    }
    closedir(directory);
    return r;
}

int bk_guest_devices_prepare_display(uid_t uid)
{
    return access(DISPLAY_NODE, F_OK) < 0 ? -errno : give_all(DISPLAY_NODES, uid);
}

int bk_guest_devices_prepare_sound(uid_t uid)
{
    int r = give_all("/dev/snd", uid);

    return r == -ENOENT ? 0 : r;
}

/* As udevd would. */
static int link_port(const char *name, const char *path)
{
    char link[512];

    int r = make_directory(BK_GUEST_PORTS);
    if (r < 0)
        return r;
    if (snprintf(link, sizeof link, BK_GUEST_PORTS "/%s", name) >= (int)sizeof link)
        return -ENAMETOOLONG;
    return symlink(path, link) < 0 && errno != EEXIST ? -errno : 0;
}

int bk_guest_devices_prepare_port(const char *name, uid_t uid, char path[static BK_GUEST_PORT_PATH_MAX])
{
    DIR *directory = open_class("virtio-ports");
    const struct dirent *entry;
    int r = -ENOENT;

    if (directory == NULL)
        return -ENOENT;
    while (r == -ENOENT && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        _cleanup_free_ char *port = read_sysfs("virtio-ports", entry->d_name, "name");
        if (port == NULL || strcmp(port, name) != 0)
            continue;
        if (snprintf(path, BK_GUEST_PORT_PATH_MAX, "/dev/%s", entry->d_name) >= BK_GUEST_PORT_PATH_MAX)
            continue;
        r = access(path, F_OK) < 0 ? -errno : give(path, uid);
        if (r >= 0)
            r = link_port(name, path);
    }
    closedir(directory);
    return r;
}

size_t bk_guest_devices_open_power_buttons(int *fds, size_t max)
{
    DIR *directory = open_class("input");
    const struct dirent *entry;
    size_t count = 0;

    if (directory == NULL)
        return 0;
    while (count < max && (entry = readdir(directory)) != NULL) {
        char node[512];
        if (strncmp(entry->d_name, "event", 5) != 0)
            continue;
        _cleanup_free_ char *key = read_sysfs("input", entry->d_name, "device/capabilities/key");
        if (key == NULL || !has_bit(key, KEY_POWER))
            continue;
        snprintf(node, sizeof node, "/dev/input/%s", entry->d_name);
        int fd = open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            fds[count++] = fd;
    }
    closedir(directory);
    return count;
}
