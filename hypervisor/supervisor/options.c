/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "checked.h"
#include "log.h"

#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "bk-supervisor --machine DIR --run DIR --vmm PATH [OPTIONS]\n"
    "\n"
    "Runs Bulkhead's System VM and apps beside a running Linux. On Bulkhead's own machine image it is process 1,\n"
    "and takes no options but those of the kernel's command line.\n"
    "\n"
    "  --machine DIR     where system/ and apps/ of the machine image are\n"
    "  --run DIR         where debug.sock may be made\n"
    "  --vmm PATH        the program bk-vmm\n"
    "  --screen PATH     the program bk-screen; it takes this machine's screen, keyboards, pointers and touchscreens\n"
    "  --no-screen       the System VM's display is shown nowhere (so it is without --screen)\n"
    "  --sound PATH      the program bk-sound; it takes this machine's sound card\n"
    "  --camera PATH     the program bk-camera; it takes this machine's cameras (without it there are none)\n"
    "  --codec PATH      the program bk-codec; it takes this machine's video encoders (without it there are none)\n"
    "  --uplink PATH     the program bk-uplink; it takes this machine's network card (without it there is no network)\n"
    "  --uplink-card NAME  which one: eth1; without it, the first wired one\n"
    "  --no-sound        no VM is heard or hears (so it is without --sound)\n"
    "  --form FORM       desktop or phone: what the System VM's desktop is laid out for\n"
    "  --scale N         1, 1.5 or 2: how large it draws\n"
    "  --reduced-motion  nothing of it slides or fades\n"
    "  --keyboard-layout L\n"
    "                    us, de, ch:fr and the like: what the keyboard is to begin with\n"
    "  --data PATH       a raw disk, a device or a file, on which the System VM keeps what is to stay\n"
    "  --apps DIR        the folder in which apps are installed …\n"
    "  --installer PATH  … by bk-installer, which is there\n"
    "  --gps DEVICE      the serial line of a GPS receiver, which the System VM gets\n"
    "  --place LAT,LON   where this machine is, in degrees, until the person says otherwise\n"
    "  --power SYS       look after this machine's batteries and its sleep, by the sysfs that is there: /sys\n"
    "  --debug           serve io.bulkhead.Hypervisor and .Debug on DIR/debug.sock; guests obey debug lines\n"
    "  --help            print this\n"
    "  --version         print the version\n";

#define KEYBOARD(layout) { BK_DESKTOP_KEYBOARD, "bulkhead.keyboard_layout=" layout }

/* The words there are: what comes from a command line goes on to another only as one of these. */
static const struct {
    enum bk_desktop_choice choice;
    const char *word;
} desktop_words[] = {
    { BK_DESKTOP_FORM, "bulkhead.form=desktop" },
    { BK_DESKTOP_FORM, "bulkhead.form=phone" },
    { BK_DESKTOP_SCALE, "bulkhead.scale=1" },
    { BK_DESKTOP_SCALE, "bulkhead.scale=1.5" },
    { BK_DESKTOP_SCALE, "bulkhead.scale=2" },
    { BK_DESKTOP_MOTION, "bulkhead.reduced_motion" },
    { BK_DESKTOP_MOTION, "bulkhead.slow_turn" },
    /* as system/compositor/keyboard/layouts.c has them; a test compares */
    KEYBOARD("us"),
    KEYBOARD("us:intl"),
    KEYBOARD("us:dvorak"),
    KEYBOARD("gb"),
    KEYBOARD("de"),
    KEYBOARD("ch"),
    KEYBOARD("ch:fr"),
    KEYBOARD("fr"),
    KEYBOARD("be"),
    KEYBOARD("nl"),
    KEYBOARD("it"),
    KEYBOARD("es"),
    KEYBOARD("pt"),
    KEYBOARD("br"),
    KEYBOARD("dk"),
    KEYBOARD("no"),
    KEYBOARD("se"),
    KEYBOARD("fi"),
    KEYBOARD("pl"),
    KEYBOARD("cz"),
    KEYBOARD("hu"),
    KEYBOARD("tr"),
    KEYBOARD("gr"),
    KEYBOARD("ru"),
    KEYBOARD("ua"),
    KEYBOARD("jp"),
};

/* True when it is one, which takes the place of another for the same choice. */
static bool take_desktop_word(const char *word, struct bk_options *options)
{
    for (size_t i = 0; i < BK_ARRAY_SIZE(desktop_words); i++) {
        if (strcmp(word, desktop_words[i].word) == 0) {
            options->desktop[desktop_words[i].choice] = desktop_words[i].word;
            return true;
        }
    }
    return false;
}

/* Digits and signs only, so that it is one word: what they mean is the broker's business. */
static int take_place(const char *place, struct bk_options *options)
{
    size_t length = strspn(place, "0123456789.-,");

    if (length == 0 || length > BK_OPTIONS_PLACE_MAX || place[length] != '\0') {
        bk_error("\"%.64s\" is no place; want LATITUDE,LONGITUDE in degrees", place);
        return -EINVAL;
    }
    options->place = place;
    return 0;
}

/* A name as the kernel gives it to a network card: it becomes part of a path. */
static bool take_card(const char *name, const char **ret)
{
    if (name[0] == '\0' || strlen(name) >= IF_NAMESIZE || strchr(name, '/') != NULL || name[0] == '.') {
        bk_error("\"%.64s\" is no network card's name", name);
        return false;
    }
    *ret = name;
    return true;
}

static int take_desktop_option(const char *start, const char *value, struct bk_options *options)
{
    char word[64];

    if (snprintf(word, sizeof word, "%s%s", start, value) < (int)sizeof word && take_desktop_word(word, options))
        return 0;
    bk_error("there is no %s%s; --help says more", start, value);
    return -EINVAL;
}

enum {
    OPTION_MACHINE = 256,
    OPTION_RUN,
    OPTION_VMM,
    OPTION_SCREEN,
    OPTION_NO_SCREEN,
    OPTION_SOUND,
    OPTION_NO_SOUND,
    OPTION_CAMERA,
    OPTION_CODEC,
    OPTION_UPLINK,
    OPTION_UPLINK_CARD,
    OPTION_FORM,
    OPTION_SCALE,
    OPTION_REDUCED_MOTION,
    OPTION_KEYBOARD,
    OPTION_DATA,
    OPTION_GPS,
    OPTION_APPS,
    OPTION_INSTALLER,
    OPTION_PLACE,
    OPTION_POWER,
    OPTION_DEBUG,
    OPTION_HELP,
    OPTION_VERSION,
};

int bk_options_parse(int count, char **arguments, struct bk_options *ret)
{
    static const struct option names[] = {
        { "machine", required_argument, NULL, OPTION_MACHINE },
        { "run", required_argument, NULL, OPTION_RUN },
        { "vmm", required_argument, NULL, OPTION_VMM },
        { "screen", required_argument, NULL, OPTION_SCREEN },
        { "no-screen", no_argument, NULL, OPTION_NO_SCREEN },
        { "sound", required_argument, NULL, OPTION_SOUND },
        { "no-sound", no_argument, NULL, OPTION_NO_SOUND },
        { "camera", required_argument, NULL, OPTION_CAMERA },
        { "codec", required_argument, NULL, OPTION_CODEC },
        { "uplink", required_argument, NULL, OPTION_UPLINK },
        { "uplink-card", required_argument, NULL, OPTION_UPLINK_CARD },
        { "form", required_argument, NULL, OPTION_FORM },
        { "scale", required_argument, NULL, OPTION_SCALE },
        { "reduced-motion", no_argument, NULL, OPTION_REDUCED_MOTION },
        { "keyboard-layout", required_argument, NULL, OPTION_KEYBOARD },
        { "data", required_argument, NULL, OPTION_DATA },
        { "apps", required_argument, NULL, OPTION_APPS },
        { "installer", required_argument, NULL, OPTION_INSTALLER },
        { "gps", required_argument, NULL, OPTION_GPS },
        { "place", required_argument, NULL, OPTION_PLACE },
        { "power", required_argument, NULL, OPTION_POWER },
        { "debug", no_argument, NULL, OPTION_DEBUG },
        { "help", no_argument, NULL, OPTION_HELP },
        { "version", no_argument, NULL, OPTION_VERSION },
        { 0 },
    };
    struct bk_options options = { 0 };
    int option;

    while ((option = getopt_long(count, arguments, "", names, NULL)) >= 0) {
        switch (option) {
        case OPTION_MACHINE:
            options.machine_directory = optarg;
            break;
        case OPTION_RUN:
            options.run_directory = optarg;
            break;
        case OPTION_VMM:
            options.vmm = optarg;
            break;
        case OPTION_SCREEN:
            options.screen = optarg;
            break;
        case OPTION_NO_SCREEN:
            options.screen = NULL;
            break;
        case OPTION_SOUND:
            options.sound = optarg;
            break;
        case OPTION_CAMERA:
            options.camera = optarg;
            break;
        case OPTION_CODEC:
            options.codec = optarg;
            break;
        case OPTION_UPLINK:
            options.uplink = optarg;
            break;
        case OPTION_UPLINK_CARD:
            if (!take_card(optarg, &options.uplink_card))
                return -EINVAL;
            break;
        case OPTION_NO_SOUND:
            options.sound = NULL;
            break;
        case OPTION_FORM:
            if (take_desktop_option("bulkhead.form=", optarg, &options) < 0)
                return -EINVAL;
            break;
        case OPTION_SCALE:
            if (take_desktop_option("bulkhead.scale=", optarg, &options) < 0)
                return -EINVAL;
            break;
        case OPTION_KEYBOARD:
            if (take_desktop_option("bulkhead.keyboard_layout=", optarg, &options) < 0)
                return -EINVAL;
            break;
        case OPTION_REDUCED_MOTION:
            (void)take_desktop_option("bulkhead.reduced_motion", "", &options);
            break;
        case OPTION_DATA:
            options.data = optarg;
            break;
        case OPTION_APPS:
            options.apps = optarg;
            break;
        case OPTION_INSTALLER:
            options.installer = optarg;
            break;
        case OPTION_GPS:
            options.gps = optarg;
            break;
        case OPTION_PLACE:
            if (take_place(optarg, &options) < 0)
                return -EINVAL;
            break;
        case OPTION_POWER:
            options.sys = optarg;
            break;
        case OPTION_DEBUG:
            options.debug = true;
            break;
        case OPTION_HELP:
            fputs(help, stdout);
            return 1;
        case OPTION_VERSION:
            puts("bk-supervisor " BK_VERSION);
            return 1;
        default:
            return -EINVAL; /* getopt_long() has said what is wrong */
        }
    }
    if (optind < count) {
        bk_error("\"%s\" is not an option; --help lists them", arguments[optind]);
        return -EINVAL;
    }
    if (options.machine_directory == NULL || options.run_directory == NULL || options.vmm == NULL) {
        bk_error("--machine, --run and --vmm are needed; --help says more");
        return -EINVAL;
    }
    *ret = options;
    return 0;
}

/* The value of a word that is NAME=VALUE; NULL when it is another. */
static const char *value_of(const char *word, const char *name)
{
    size_t length = strlen(name);

    return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

void bk_options_of_machine(char *cmdline, struct bk_options *ret)
{
    const char *value;
    char *rest = NULL;

    *ret = (struct bk_options){
        .machine = true,
        .machine_directory = "/machine",
        .vmm = "/sbin/bk-vmm",
        .screen = "/sbin/bk-screen",
        .sound = "/sbin/bk-sound",
        .camera = "/sbin/bk-camera",
        .installer = "/sbin/bk-installer",
        .codec = "/sbin/bk-codec",
        .uplink = "/sbin/bk-uplink",
        .sys = "/sys",
    };
    for (char *word = strtok_r(cmdline, " \t\n", &rest); word != NULL; word = strtok_r(NULL, " \t\n", &rest)) {
        if (strcmp(word, "bulkhead.debug") == 0)
            ret->debug = true;
        else if ((value = value_of(word, "bulkhead.machine")) != NULL)
            ret->disk = value;
        else if ((value = value_of(word, "bulkhead.data")) != NULL)
            ret->data = value;
        else if ((value = value_of(word, "bulkhead.apps")) != NULL)
            ret->apps = value;
        else if ((value = value_of(word, "bulkhead.gps")) != NULL)
            ret->gps = value;
        else if ((value = value_of(word, "bulkhead.uplink")) != NULL)
            (void)take_card(value, &ret->uplink_card);
        else if ((value = value_of(word, "bulkhead.place")) != NULL)
            (void)take_place(value, ret);
        else if (strncmp(word, "bulkhead.", 9) == 0 && !take_desktop_word(word, ret))
            bk_warning("the kernel's command line has a word that is not known: %.64s", word);
    }
}
