/* SPDX-License-Identifier: Apache-2.0 */
#include "permission.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

const char *const bk_choice_names[] = {
    [BK_CHOICE_ONCE] = "once",
    [BK_CHOICE_WHILE_IN_USE] = "whileInUse",
    [BK_CHOICE_ALWAYS] = "always",
    [BK_CHOICE_NEVER] = "never",
};
static_assert(sizeof bk_choice_names / sizeof bk_choice_names[0] == BK_CHOICES, "one name for each choice");

enum bk_choice bk_choice_parse(const char *name)
{
    int choice = 0;

    while (choice < BK_CHOICES && strcmp(name, bk_choice_names[choice]) != 0)
        choice++;
    return (enum bk_choice)choice;
}

const struct bk_permission_words *bk_permission_words_of(const char *name)
{
    static const struct bk_permission_words table[] = {
        { "microphone", "Microphone", "Record sound", "It hears what the microphone hears.", BK_SENSOR_MICROPHONE },
        { "camera", "Camera", "Use the camera", "It sees what the camera sees.", BK_SENSOR_CAMERA },
        { "location", "Location", "Know where you are", "It learns the place of this machine.", BK_SENSOR_LOCATION },
        { "folders", "Folders", "Use folders of other apps", "It reads and changes the files in them.",
          BK_SENSOR_FOLDERS },
        { "locationSource", "Location source", "Tell apps where you are",
          "Other apps are told what it says, true or not.", BK_SENSOR_LOCATION },
        { "network", "Network", "Use the network", "It sends and receives.", BK_SENSOR_NETWORK },
    };
    static const struct bk_permission_words other = { NULL, NULL, NULL, "Its name is all that the system knows of it.",
                                                      BK_SENSOR_OTHER };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return &other;
}

const char *bk_permission_noun(const char *name)
{
    const char *noun = bk_permission_words_of(name)->noun;

    return noun != NULL ? noun : name;
}

bool bk_permission_name_is_fine(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(name);

    return length > 0 && length <= BK_PERMISSION_NAME_BYTES && strspn(name, letters) == length;
}
