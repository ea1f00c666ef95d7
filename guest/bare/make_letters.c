/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the font in the sizes of draw.h, as C: what a guest without libm and malloc() needs of it. */
#include "font.h"
#include "letters.h"

#include <assert.h>
#include <stdio.h>

static_assert(BK_LETTERS_FIRST == FONT_FIRST && BK_LETTERS_LAST == FONT_LAST, "the letters are the font's");

static int print(const char *name, unsigned height)
{
    struct font font;

    bk_font_init(&font, height);
    printf("static const uint8_t %s[] = {", name);
    for (int letter = FONT_FIRST; letter <= FONT_LAST; letter++) {
        const unsigned char *ink = bk_font_glyph(&font, (char)letter);
        if (ink == NULL)
            return 1;
        for (unsigned i = 0; i < font.width * font.height; i++)
            printf("%s%u,", i % 32 == 0 ? "\n" : "", ink[i]);
    }
    printf("\n};\nconst struct bk_letters bk_letters_%s = { %u, %u, %s };\n", name, font.width, font.height, name);
    bk_font_finish(&font);
    return 0;
}

int main(void)
{
    printf("#include \"letters.h\"\n");
    return print("small", 20) != 0 || print("large", 36) != 0;
}
