/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app that is all that its machine runs. It shows what it found, follows the person's pointer and keys, and speaks
 * the System API: it posts a notification when it begins, when its button is pressed, and as an answer.
 */
#include "bare.h"
#include "console.h"
#include "cpu.h"
#include "draw.h"
#include "input.h"
#include "system.h"
#include "text.h"

#include <string.h>

#define NIGHT  0x101828U /* colours */
#define DAWN   0x3b2f63U
#define WHITE  0xf4f6fbU
#define GRAY   0xb4bdd0U
#define ACCENT 0x4fb6d6U
#define BUTTON 0x1f5f80U
#define MARGIN 28
#define TRAIL  12 /* pixels */
#define SPACE  57 /* keys' codes */
#define ENTER  28

struct app {
    struct bk_screen screen;
    struct system_news news;
    uint32_t memory_mib, keys;
    int button_y;
};

static int mixed(uint32_t from, uint32_t to, unsigned shift, uint32_t part, uint32_t whole)
{
    int a = (int)(from >> shift & 0xff), b = (int)(to >> shift & 0xff);

    return a + (b - a) * (int)part / (int)whole;
}

static void draw_background(struct bk_screen *screen)
{
    for (uint32_t y = 0; y < screen->height; y++) {
        uint32_t colour = 0;
        for (unsigned shift = 0; shift < 24; shift += 8)
            colour |= (uint32_t)mixed(NIGHT, DAWN, shift, y, screen->height) << shift;
        bk_draw_box(screen, 0, (int)y, (int)screen->width, 1, colour);
    }
}

static void draw_line(struct app *app, int *y, uint32_t colour, const char *text)
{
    bk_draw_text(&app->screen, MARGIN, *y, BK_SMALL, colour, text);
    *y += (int)bk_line_height(BK_SMALL) + 6;
}

static void draw_count(struct app *app, int *y, const char *what, uint64_t count, const char *unit)
{
    char room[96];
    struct bk_text text = bk_text_begin(room, sizeof room);

    bk_text_add(&text, what);
    bk_text_add_number(&text, count);
    bk_text_add(&text, unit);
    draw_line(app, y, GRAY, room);
}

static void draw(struct app *app)
{
    bool there = app->news.product[0] != '\0';
    int y = MARGIN;

    draw_background(&app->screen);
    bk_draw_text(&app->screen, MARGIN, y, BK_LARGE, WHITE, "No OS at all");
    y += (int)bk_line_height(BK_LARGE) + 4;
    bk_draw_box(&app->screen, MARGIN, y, 12 * (int)bk_letter_width(BK_LARGE), 3, ACCENT);
    y += 20;
    draw_line(app, &y, WHITE, there ? app->news.product : "Looking for the system ...");
    draw_line(app, &y, GRAY, app->news.said);
    draw_count(app, &y, "Memory: ", app->memory_mib, " MiB");
    draw_count(app, &y, "Keys: ", app->keys, "");
    draw_count(app, &y, "Waves: ", app->news.presses, "");
    app->button_y = y + 8;
    bk_draw_box(&app->screen, MARGIN, app->button_y, 14 * (int)bk_letter_width(BK_SMALL),
                2 * (int)bk_line_height(BK_SMALL), BUTTON);
    bk_draw_text(&app->screen, MARGIN + 2 * (int)bk_letter_width(BK_SMALL),
                 app->button_y + (int)bk_line_height(BK_SMALL) / 2, BK_SMALL, WHITE, "Notify me");
    bk_screen_show(&app->screen, 0, 0, app->screen.width, app->screen.height);
}

/* A drop of paint where the pointer was. */
static void paint(struct app *app, int x, int y)
{
    bk_draw_box(&app->screen, x - TRAIL / 2, y - TRAIL / 2, TRAIL, TRAIL, ACCENT);
    bk_screen_show(&app->screen, (uint32_t)(x > TRAIL / 2 ? x - TRAIL / 2 : 0),
                   (uint32_t)(y > TRAIL / 2 ? y - TRAIL / 2 : 0), TRAIL, TRAIL);
}

/* True when all is to be drawn again. */
static bool follow(struct app *app, const struct bk_input *input)
{
    int x = (int)(input->x * app->screen.width / 1000), y = (int)(input->y * app->screen.height / 1000);

    if (input->kind == BK_INPUT_MOVE)
        return false;
    if (input->kind == BK_INPUT_KEY) {
        app->keys++;
        if (input->code == SPACE || input->code == ENTER)
            bk_system_notify(&app->news);
        return true;
    }
    if (x >= MARGIN && x < MARGIN + 14 * (int)bk_letter_width(BK_SMALL) && y >= app->button_y &&
        y < app->button_y + 2 * (int)bk_line_height(BK_SMALL))
        bk_system_notify(&app->news);
    else
        paint(app, x, y);
    return false;
}

void bk_bare_main(const struct bk_start_info *info)
{
    static struct app app;
    struct bk_input input;

    (void)info;
    app.memory_mib = (uint32_t)(bk_memory_left() >> 20);
    bk_screen_begin(&app.screen);
    bk_input_begin();
    bk_system_begin();
    bk_console_say("bare: ready");
    draw(&app);
    while (!bk_cpu_is_to_end()) {
        bool changed = bk_screen_resized(&app.screen);
        while (bk_input_next(&input))
            changed = follow(&app, &input) || changed;
        if (bk_timer_rang())
            bk_system_retry();
        if (bk_system_look(&app.news)) {
            if (app.news.said[0] != '\0')
                bk_console_say(app.news.said);
            changed = true;
        }
        if (changed)
            draw(&app);
        bk_cpu_wait();
    }
    bk_console_say("bare: the power button was pressed");
}
