/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The permissions that the desktop has words for, and what a person may choose about one.
 *
 * Input from: trusted (the names; a name that is not known is drawn as it is)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_PERMISSION_H
#define BK_COMPOSITOR_PERMISSION_H

#include <stdbool.h>

#define BK_PERMISSION_NAME_BYTES 32U

/* What stands for a permission where there is no room for a word. */
enum bk_sensor {
    BK_SENSOR_MICROPHONE,
    BK_SENSOR_CAMERA,
    BK_SENSOR_LOCATION,
    BK_SENSOR_FOLDERS,
    BK_SENSOR_CLIPBOARD,
    BK_SENSOR_NETWORK,
    BK_SENSOR_OTHER,
    BK_SENSORS,
};

struct bk_permission_words {
    const char *name;   /* as the API has it */
    const char *noun;   /* "Microphone"; NULL: the name, as it is */
    const char *wish;   /* "Record sound": what an app is allowed */
    const char *detail; /* what that means, in a sentence */
    enum bk_sensor sensor;
};

enum bk_choice {
    BK_CHOICE_ONCE,
    BK_CHOICE_WHILE_IN_USE,
    BK_CHOICE_ALWAYS,
    BK_CHOICE_NEVER,
    BK_CHOICES, /* also: none was made */
};
/* As io.bulkhead.Desktop has them. */
extern const char *const bk_choice_names[BK_CHOICES];

/* BK_CHOICES when none has the name. */
enum bk_choice bk_choice_parse(const char *name);

/* Never NULL: of a name that is not known these are words that fit all. */
const struct bk_permission_words *bk_permission_words_of(const char *name);
/* What a person calls it: the noun, or the name. */
const char *bk_permission_noun(const char *name);

/* 1 to 32 letters and digits of ASCII. */
bool bk_permission_name_is_fine(const char *name);

#endif
