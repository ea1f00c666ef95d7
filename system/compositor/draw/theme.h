/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the desktop looks: colours, sizes and times, all in one place. Sizes are pixels on an 8-pixel grid.
 *
 * Input from: trusted
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_THEME_H
#define BK_COMPOSITOR_THEME_H

struct bk_color {
    double r, g, b, a;
};

#define BK_RGB(hex) BK_RGBA(hex, 1.0)
#define BK_RGBA(hex, alpha) \
    ((struct bk_color){ ((hex) >> 16 & 0xff) / 255.0, ((hex) >> 8 & 0xff) / 255.0, ((hex) & 0xff) / 255.0, (alpha) })

#define BK_FONT "Inter, DejaVu Sans"

/* surfaces */
#define BK_COLOR_BAR          BK_RGBA(0x0b1220, 0.62)
#define BK_COLOR_BAR_EDGE     BK_RGBA(0xffffff, 0.07)
#define BK_COLOR_SHEET        BK_RGBA(0x0f1726, 0.92)
#define BK_COLOR_OVERLAY      BK_RGBA(0x111a2b, 0.97)
#define BK_COLOR_TOAST        BK_RGBA(0x182234, 0.97)
#define BK_COLOR_CARD         BK_RGBA(0xffffff, 0.055)
#define BK_COLOR_EDGE         BK_RGBA(0xffffff, 0.10)
#define BK_COLOR_HOVER        BK_RGBA(0xffffff, 0.10)
#define BK_COLOR_PRESS        BK_RGBA(0xffffff, 0.05)
#define BK_COLOR_BUTTON       BK_RGBA(0xffffff, 0.10)
#define BK_COLOR_BUTTON_HOVER BK_RGBA(0xffffff, 0.18)
#define BK_COLOR_BUTTON_PRESS BK_RGBA(0xffffff, 0.07)
#define BK_COLOR_FOCUS        BK_RGB(0x8ab8ff)
#define BK_COLOR_BACKDROP     BK_RGBA(0x060b16, 0.55)
#define BK_COLOR_FIELD        BK_RGBA(0xffffff, 0.08)
#define BK_COLOR_SENSOR       BK_RGB(0x4fd69c)
#define BK_COLOR_SENSOR_MARK  BK_RGB(0x06261a)
#define BK_COLOR_BADGE        BK_RGB(0xff8a66)
#define BK_COLOR_BADGE_TEXT   BK_RGB(0x2a0f05)

/* text: contrast to the surfaces above is 15:1, 8:1 and 5:1 */
#define BK_COLOR_TEXT          BK_RGB(0xf4f7fc)
#define BK_COLOR_TEXT_SOFT     BK_RGB(0xbcc6d6)
#define BK_COLOR_TEXT_FAINT    BK_RGB(0x93a0b4)
#define BK_COLOR_TEXT_DISABLED BK_RGB(0x6f7c91)

/* the panel at the top */
#define BK_BAR_PADDING 16 /* its height is the form's (form.h) */

/* a notification's card */
#define BK_CARD_WIDTH         368 /* at most; a screen may be too narrow for it */
#define BK_CARD_PADDING       16
#define BK_CARD_RADIUS        16
#define BK_CARD_TILE          40
#define BK_CARD_GAP           12
#define BK_CARD_CLOSE         28
#define BK_CARD_BUTTON_HEIGHT 36
#define BK_CARD_BUTTON_RADIUS 10
#define BK_SHADOW_MARGIN      32
#define BK_SHADOW_OFFSET      8

/* toasts and the notification panel: their place on the screen */
#define BK_SCREEN_GAP         16
#define BK_SHEET_GAP          8 /* of the notification panel */
#define BK_STACK_GAP          12
#define BK_SHEET_PADDING      16
#define BK_SHEET_HEADER       56
#define BK_SHEET_RADIUS       20
#define BK_SHEET_EMPTY_HEIGHT 264
#define BK_SHEET_FADE         32 /* where the list goes on beyond its view */
#define BK_SCROLL_STEP        48

/* lines of text at most */
#define BK_TOAST_BODY_LINES 3
#define BK_SHEET_BODY_LINES 5

#define BK_ENTER_MS 260
#define BK_LEAVE_MS 180
#define BK_MOVE_MS  220

#define BK_TURN_MS      420
#define BK_TURN_SLOW_MS 4000 /* to be looked at */

#define BK_FRAME_MS 16

#endif
