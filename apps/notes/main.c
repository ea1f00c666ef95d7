/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notes: a note to write on, as an example of how little an app needs. One static program that draws straight on the
 * display and reads the keyboard and the pointer straight from the kernel: no toolkit, no library but libc, no windows.
 * When its window gets another size the display has another mode, and the note is drawn anew. Of the system it asks
 * that its title bar says what the note begins with, for the texts that the person opens with it, which go behind
 * the note, and for a file to open or to save (Ctrl+O, Ctrl+S). What is written stays from one start to the next, on
 * the app's data disk.
 */
#define _GNU_SOURCE
#include "filer.h"
#include "font.h"
#include "keeper.h"
#include "keys.h"
#include "note.h"
#include "screen.h"
#include "taker.h"
#include "title.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define DEVICES_MAX     16U
#define EVENTS_AT_ONCE  64U
#define REPEAT_AFTER_MS 500
#define REPEAT_EACH_MS  33

#define PAPER  0xfff9f4e6U
#define MARGIN 0xffe3a79cU
#define RULE   0xffe6ddc6U
#define INK    0xff2a3140U
#define FAINT  0xffa79f8cU
#define CARET  0xffb8422eU

#define LINE_HEIGHT 26U /* pixels, at 96 dots an inch */
#define DPI_NORMAL  96U

static const char invitation[] = "Write something ...";

struct device {
    int fd;
    struct input_absinfo x, y; /* maximum 0: it points at nothing */
    bool touch;
    int at_x, at_y;
};

struct notes {
    struct screen screen;
    struct font font;
    struct note note;
    struct title title;
    struct taker taker;
    struct filer filer;
    struct keeper keeper;
    struct device devices[DEVICES_MAX];
    unsigned device_count;
    bool shift[2], control[2], caps_lock;
    uint16_t repeating; /* a key, or 0 */
    uint64_t repeat_ms;
    uint32_t left, top; /* pixels, of the first letter */
    size_t columns, rows, first_row;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- drawing ---- */

static void fill(struct notes *notes, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t colour)
{
    const struct screen_memory *picture = &notes->screen.picture;

    for (uint32_t row = y; row < y + height && row < picture->height; row++) {
        for (uint32_t column = x; column < x + width && column < picture->width; column++)
            picture->pixels[row * (picture->stride / 4) + column] = colour;
    }
}

static uint32_t mix(uint32_t below, uint32_t ink, uint32_t amount)
{
    uint32_t mixed = 0;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        uint32_t a = below >> shift & 0xff, b = ink >> shift & 0xff;
        mixed |= (a * (255 - amount) + b * amount) / 255 << shift;
    }
    return mixed;
}

static void write_text(struct notes *notes, uint32_t x, uint32_t y, const char *text, size_t length, uint32_t ink)
{
    const struct screen_memory *picture = &notes->screen.picture;

    for (size_t i = 0; i < length; i++, x += notes->font.width) {
        const unsigned char *glyph = bk_font_glyph(&notes->font, text[i]);
        for (uint32_t row = 0; glyph != NULL && row < notes->font.height && y + row < picture->height; row++) {
            uint32_t *pixels = picture->pixels + (y + row) * (picture->stride / 4);
            for (uint32_t column = 0; column < notes->font.width && x + column < picture->width; column++) {
                uint32_t amount = glyph[row * notes->font.width + column];
                if (amount > 0)
                    pixels[x + column] = mix(pixels[x + column], ink, amount);
            }
        }
    }
}

static void draw(struct notes *notes)
{
    const struct screen_memory *picture = &notes->screen.picture;
    struct note_line line;
    size_t next = 0, caret_row, caret_column;

    bk_note_caret(&notes->note, notes->columns, &caret_row, &caret_column);
    if (caret_row < notes->first_row)
        notes->first_row = caret_row;
    if (caret_row >= notes->first_row + notes->rows)
        notes->first_row = caret_row - notes->rows + 1;
    fill(notes, 0, 0, picture->width, picture->height, PAPER);
    for (size_t row = 0; row < notes->rows; row++)
        fill(notes, 0, notes->top + (uint32_t)(row + 1) * notes->font.height - 1, picture->width, 1, RULE);
    fill(notes, notes->left - notes->font.width, 0, 2, picture->height, MARGIN);
    if (notes->note.size == 0)
        write_text(notes, notes->left, notes->top, invitation, sizeof invitation - 1, FAINT);
    for (size_t row = 0;
         row < notes->first_row + notes->rows && bk_note_line_at(&notes->note, next, notes->columns, &line, &next);
         row++) {
        if (row >= notes->first_row)
            write_text(notes, notes->left, notes->top + (uint32_t)(row - notes->first_row) * notes->font.height,
                       notes->note.text + line.begin, line.end - line.begin, INK);
    }
    fill(notes, notes->left + (uint32_t)caret_column * notes->font.width,
         notes->top + (uint32_t)(caret_row - notes->first_row) * notes->font.height, 2, notes->font.height - 2, CARET);
    if (notes->filer.status[0] != '\0') {
        const uint32_t y = (uint32_t)notes->rows * notes->font.height;
        fill(notes, 0, y, picture->width, picture->height - y, RULE);
        write_text(notes, notes->left, y, notes->filer.status, strlen(notes->filer.status), INK);
    }
    bk_screen_show(&notes->screen, 0, 0, picture->width, picture->height);
}

/* The screen is another size: so are the letters, in pixels, where its pixels are smaller. */
static void lay_out(struct notes *notes)
{
    const struct screen_memory *picture = &notes->screen.picture;
    uint32_t dpi = notes->screen.width_mm > 0 ? picture->width * 254 / (notes->screen.width_mm * 10) : DPI_NORMAL;
    uint32_t halves = dpi > DPI_NORMAL ? (dpi * 2 + DPI_NORMAL / 2) / DPI_NORMAL : 2;

    bk_font_finish(&notes->font);
    bk_font_init(&notes->font, LINE_HEIGHT * (halves > 6 ? 6 : halves) / 2);
    notes->left = notes->font.width * 4;
    notes->top = notes->font.height;
    notes->columns = picture->width > notes->left + 2 * notes->font.width
                         ? (picture->width - notes->left) / notes->font.width - 1
                         : 1;
    notes->rows = picture->height > 2 * notes->font.height ? picture->height / notes->font.height - 1 : 1;
}

/* ---- input ---- */

/* False when nothing changed. */
static bool press(struct notes *notes, uint16_t code)
{
    bool shift = notes->shift[0] || notes->shift[1], control = notes->control[0] || notes->control[1];

    notes->filer.status[0] = '\0'; /* they have seen it */
    if (control && code == KEY_O)
        bk_filer_open(&notes->filer);
    if (control && code == KEY_S)
        bk_filer_save(&notes->filer, &notes->note);
    switch (code) {
    case KEY_BACKSPACE:
        return bk_note_delete(&notes->note, true);
    case KEY_DELETE:
        return bk_note_delete(&notes->note, false);
    case KEY_LEFT:
        bk_note_move(&notes->note, NOTE_LEFT, notes->columns);
        return true;
    case KEY_RIGHT:
        bk_note_move(&notes->note, NOTE_RIGHT, notes->columns);
        return true;
    case KEY_UP:
        bk_note_move(&notes->note, NOTE_UP, notes->columns);
        return true;
    case KEY_DOWN:
        bk_note_move(&notes->note, NOTE_DOWN, notes->columns);
        return true;
    case KEY_HOME:
        bk_note_move(&notes->note, NOTE_HOME, notes->columns);
        return true;
    case KEY_END:
        bk_note_move(&notes->note, NOTE_END, notes->columns);
        return true;
    default:
        break;
    }
    char character = bk_keys_character(code, shift, notes->caps_lock);
    return character != '\0' && !control && bk_note_insert(&notes->note, character);
}

static bool on_key(struct notes *notes, const struct input_event *event)
{
    bool down = event->value != 0;

    if (event->value == 2)
        return false; /* the kernel repeats for some devices and not for others: we do */
    switch (event->code) {
    case KEY_LEFTSHIFT:
    case KEY_RIGHTSHIFT:
        notes->shift[event->code == KEY_RIGHTSHIFT] = down;
        return false;
    case KEY_LEFTCTRL:
    case KEY_RIGHTCTRL:
        notes->control[event->code == KEY_RIGHTCTRL] = down;
        return false;
    case KEY_CAPSLOCK:
        notes->caps_lock ^= down;
        return false;
    default:
        break;
    }
    if (!down) {
        if (notes->repeating == event->code)
            notes->repeating = 0;
        return false;
    }
    notes->repeating = event->code;
    notes->repeat_ms = now_ms() + REPEAT_AFTER_MS;
    return press(notes, event->code);
}

static int scaled(const struct input_absinfo *axis, int value, uint32_t size)
{
    int64_t range = (int64_t)axis->maximum - axis->minimum + 1;

    return (int)(((int64_t)value - axis->minimum) * (int64_t)size / range);
}

/* Where the device points, the caret goes. */
static bool place(struct notes *notes, const struct device *device)
{
    int x = device->at_x - (int)notes->left + (int)notes->font.width / 2;
    int y = device->at_y - (int)notes->top;

    bk_note_place(&notes->note, notes->first_row + (y > 0 ? (size_t)y / notes->font.height : 0),
                  x > 0 ? (size_t)x / notes->font.width : 0, notes->columns);
    return true;
}

static bool on_event(struct notes *notes, struct device *device, const struct input_event *event)
{
    const struct screen_memory *picture = &notes->screen.picture;

    if (event->type == EV_KEY && event->code == (device->touch ? BTN_TOUCH : BTN_LEFT))
        return event->value == 1 && device->x.maximum > 0 && place(notes, device);
    if (event->type == EV_KEY && event->code < BTN_MISC)
        return on_key(notes, event);
    if (event->type == EV_ABS && event->code == (device->touch ? ABS_MT_POSITION_X : ABS_X))
        device->at_x = scaled(&device->x, event->value, picture->width);
    else if (event->type == EV_ABS && event->code == (device->touch ? ABS_MT_POSITION_Y : ABS_Y))
        device->at_y = scaled(&device->y, event->value, picture->height);
    else if (event->type == EV_SYN && device->x.maximum > 0 && !device->touch)
        bk_screen_move_pointer(&notes->screen, device->at_x - 4, device->at_y - 11);
    return false;
}

static void open_devices(struct notes *notes)
{
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        struct device device = { 0 };
        char path[64];

        snprintf(path, sizeof path, "/dev/input/event%u", i);
        device.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (device.fd < 0)
            continue;
        device.touch = ioctl(device.fd, EVIOCGABS(ABS_MT_POSITION_X), &device.x) >= 0 && device.x.maximum > 0;
        if (device.touch)
            (void)ioctl(device.fd, EVIOCGABS(ABS_MT_POSITION_Y), &device.y);
        else if (ioctl(device.fd, EVIOCGABS(ABS_X), &device.x) < 0 || ioctl(device.fd, EVIOCGABS(ABS_Y), &device.y) < 0)
            device.x.maximum = 0;
        notes->devices[notes->device_count++] = device;
    }
}

static bool read_device(struct notes *notes, struct device *device)
{
    struct input_event events[EVENTS_AT_ONCE];
    bool changed = false;
    ssize_t size = read(device->fd, events, sizeof events);

    for (size_t i = 0; size > 0 && i < (size_t)size / sizeof events[0]; i++)
        changed |= on_event(notes, device, &events[i]);
    return changed;
}

static bool repeat(struct notes *notes)
{
    if (notes->repeating == 0 || now_ms() < notes->repeat_ms)
        return false;
    notes->repeat_ms = now_ms() + REPEAT_EACH_MS;
    return press(notes, notes->repeating);
}

/* ---- life ---- */

static volatile sig_atomic_t ends; /* the system asks the app to end */

static void on_end(int number)
{
    (void)number;
    ends = true;
}

/* The signal is let through while the app waits, and at no other time. */
static void catch_end(void)
{
    const struct sigaction action = { .sa_handler = on_end };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int wait_for(const struct notes *notes, struct pollfd *fds, nfds_t count, uint64_t until_ms)
{
    uint64_t now = now_ms(), left = 0;
    sigset_t none;

    if (notes->repeating != 0 && notes->repeat_ms < until_ms)
        until_ms = notes->repeat_ms;
    if (bk_keeper_when(&notes->keeper) < until_ms)
        until_ms = bk_keeper_when(&notes->keeper);
    if (until_ms > now)
        left = until_ms - now;
    const struct timespec time = { .tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000 };
    sigemptyset(&none);
    return ppoll(fds, count, until_ms == UINT64_MAX ? NULL : &time, &none);
}

static void say_title(struct notes *notes)
{
    char text[TITLE_MAX + 1];

    bk_note_title(&notes->note, text, sizeof text);
    bk_title_set(&notes->title, text);
}

/* A text that was opened with this app goes behind what there is. */
static void begin_text(void *userdata)
{
    struct note *note = &((struct notes *)userdata)->note;

    note->caret = note->size;
    if (note->size > 0 && note->text[note->size - 1] != '\n')
        (void)bk_note_insert(note, '\n');
}

static void take_byte(char byte, void *userdata)
{
    struct notes *notes = userdata;

    (void)bk_note_insert(&notes->note, byte == '\t' ? ' ' : byte); /* what a note cannot hold is left out */
}

static void serve(struct notes *notes)
{
    while (!ends) {
        struct pollfd fds[DEVICES_MAX + 4] = { { .fd = notes->screen.events, .events = POLLIN } };
        struct pollfd *title = &fds[notes->device_count + 1];
        struct pollfd *taker = &fds[notes->device_count + 2];
        struct pollfd *filer = &fds[notes->device_count + 3];
        uint64_t until_ms, taker_ms;
        bool changed = false;

        for (unsigned i = 0; i < notes->device_count; i++)
            fds[i + 1] = (struct pollfd){ .fd = notes->devices[i].fd, .events = POLLIN };
        title->fd = notes->title.fd;
        title->events = bk_title_events(&notes->title, now_ms(), &until_ms);
        taker->fd = notes->taker.fd;
        taker->events = bk_taker_events(&notes->taker, now_ms(), &taker_ms);
        filer->fd = bk_filer_poll(&notes->filer, &filer->events);
        if (wait_for(notes, fds, notes->device_count + 4, until_ms < taker_ms ? until_ms : taker_ms) < 0) {
            if (errno == EINTR)
                continue; /* the descriptors say nothing then */
            perror("poll");
            exit(EXIT_FAILURE);
        }
        for (unsigned i = 0; i < notes->device_count; i++)
            changed |= fds[i + 1].revents != 0 && read_device(notes, &notes->devices[i]);
        changed |= repeat(notes);
        changed |= bk_taker_step(&notes->taker, taker->revents, now_ms(), begin_text, take_byte, notes);
        changed |= bk_filer_step(&notes->filer, filer->revents, begin_text, take_byte, notes);
        if (fds[0].revents != 0 && bk_screen_changed(&notes->screen) && bk_screen_update(&notes->screen) > 0) {
            lay_out(notes);
            changed = true;
        }
        if (changed) {
            draw(notes);
            say_title(notes);
            bk_keeper_changed(&notes->keeper, now_ms());
        }
        bk_keeper_step(&notes->keeper, &notes->note, now_ms(), false);
        bk_title_step(&notes->title, title->revents, now_ms());
    }
}

int main(void)
{
    static struct notes notes;

    int r = bk_screen_open(&notes.screen);
    if (r >= 0)
        r = bk_screen_update(&notes.screen);
    if (r < 0) {
        fprintf(stderr, "there is no display to write on: %s\n", strerror(-r));
        return EXIT_FAILURE;
    }
    bk_title_init(&notes.title);
    bk_taker_init(&notes.taker);
    bk_filer_init(&notes.filer);
    bk_keeper_init(&notes.keeper, getenv("HOME"), &notes.note);
    catch_end();
    open_devices(&notes);
    lay_out(&notes);
    draw(&notes);
    say_title(&notes);
    serve(&notes);
    bk_keeper_step(&notes.keeper, &notes.note, now_ms(), true);
    return EXIT_SUCCESS;
}
