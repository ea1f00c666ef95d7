/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include "cpu.h"
#include "draw.h"
#include "input.h"
#include "vsock.h"

#include <lauxlib.h>
#include <string.h>

#define PORT         1U /* of the System API, in JSON */
#define FAILURE_BACK 0x301018U
#define FAILURE_INK  0xf4f6fbU
#define COLUMNS_MAX  256U
#define TIMER_MAX    60000 /* milliseconds */

static struct bk_screen screen;
static struct bk_connection connections[BK_VSOCK_CONNECTIONS];
static bool closed_told[BK_VSOCK_CONNECTIONS];
static bool has_vsock, stop_told;

static int integer(lua_State *lua, int argument)
{
    lua_Integer value = luaL_checkinteger(lua, argument);

    luaL_argcheck(lua, value >= -0xffff && value <= 0xffff, argument, "is no place in a window");
    return (int)value;
}

static uint32_t colour(lua_State *lua, int argument)
{
    lua_Integer value = luaL_checkinteger(lua, argument);

    luaL_argcheck(lua, value >= 0 && value <= 0xffffff, argument, "is no colour, 0xRRGGBB");
    return (uint32_t)value;
}

static unsigned connection_number(lua_State *lua)
{
    lua_Integer number = luaL_checkinteger(lua, 1);

    luaL_argcheck(lua, number >= 1 && number <= BK_VSOCK_CONNECTIONS, 1, "is no connection: there are 1 to 4");
    return (unsigned)number - 1;
}

static int get_size(lua_State *lua)
{
    lua_pushinteger(lua, screen.width);
    lua_pushinteger(lua, screen.height);
    return 2;
}

static int box(lua_State *lua)
{
    bk_draw_box(&screen, integer(lua, 1), integer(lua, 2), integer(lua, 3), integer(lua, 4), colour(lua, 5));
    return 0;
}

static int text(lua_State *lua)
{
    static const char *const names[] = { [BK_SMALL] = "small", [BK_LARGE] = "large", [BK_SIZES] = NULL };
    enum bk_size size = (enum bk_size)luaL_checkoption(lua, 3, NULL, names);

    bk_draw_text(&screen, integer(lua, 1), integer(lua, 2), size, colour(lua, 4), luaL_checkstring(lua, 5));
    return 0;
}

static int show(lua_State *lua)
{
    (void)lua;
    bk_screen_show(&screen, 0, 0, screen.width, screen.height);
    return 0;
}

static int timer(lua_State *lua)
{
    lua_Integer milliseconds = luaL_checkinteger(lua, 1);

    luaL_argcheck(lua, milliseconds >= 0 && milliseconds <= TIMER_MAX, 1, "is not within a minute");
    bk_timer_set((uint32_t)milliseconds);
    return 0;
}

static int connect(lua_State *lua)
{
    unsigned number = connection_number(lua);

    closed_told[number] = false;
    if (has_vsock)
        bk_vsock_connect(&connections[number], PORT);
    return 0;
}

static int is_open(lua_State *lua)
{
    lua_pushboolean(lua, connections[connection_number(lua)].state == BK_VSOCK_OPEN);
    return 1;
}

static int send(lua_State *lua)
{
    unsigned number = connection_number(lua);
    size_t length;
    const char *message = luaL_checklstring(lua, 2, &length);

    lua_pushboolean(lua, bk_vsock_send(&connections[number], message, length + 1)); /* with Lua's own NUL behind it */
    return 1;
}

/* A message of a connection's, or that it is closed. */
static int take_news(lua_State *lua)
{
    for (unsigned i = 0; i < BK_VSOCK_CONNECTIONS; i++) {
        struct bk_connection *connection = &connections[i];
        const char *end = memchr(connection->bytes, '\0', connection->length);
        if (end != NULL) {
            size_t length = (size_t)(end - connection->bytes);
            lua_pushliteral(lua, "message");
            lua_pushinteger(lua, i + 1);
            lua_pushlstring(lua, connection->bytes, length);
            bk_vsock_took(connection, length + 1);
            return 3;
        }
        if (connection->port != 0 && connection->state == BK_VSOCK_CLOSED && !closed_told[i]) {
            closed_told[i] = true;
            lua_pushliteral(lua, "closed");
            lua_pushinteger(lua, i + 1);
            return 2;
        }
    }
    return 0;
}

static int push_input(lua_State *lua, const struct bk_input *input)
{
    static const char *const names[] = { [BK_INPUT_KEY] = "key", [BK_INPUT_MOVE] = "move", [BK_INPUT_PRESS] = "press" };

    lua_pushstring(lua, names[input->kind]);
    if (input->kind == BK_INPUT_KEY) {
        lua_pushinteger(lua, input->code);
        return 2;
    }
    lua_pushinteger(lua, input->x * screen.width / 1000);
    lua_pushinteger(lua, input->y * screen.height / 1000);
    return 3;
}

/* Yields one thing that happened, when there is one. */
static int look(lua_State *lua)
{
    struct bk_input input;

    if (bk_cpu_is_to_end() && !stop_told) {
        stop_told = true;
        lua_pushliteral(lua, "stop");
        return 1;
    }
    if (bk_screen_resized(&screen)) {
        lua_pushliteral(lua, "resize");
        return 1;
    }
    if (bk_input_next(&input))
        return push_input(lua, &input);
    if (bk_timer_rang()) {
        lua_pushliteral(lua, "timer");
        return 1;
    }
    bk_vsock_look();
    return take_news(lua);
}

static int wait(lua_State *lua)
{
    int count;

    while ((count = look(lua)) == 0) {
        if (bk_cpu_is_to_end())
            return luaL_error(lua, "it is over: \"stop\" was said");
        bk_cpu_wait();
    }
    return count;
}

int bk_lua_open(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "box", box },       { "connect", connect }, { "open", is_open }, { "send", send }, { "show", show },
        { "size", get_size }, { "text", text },       { "timer", timer },  { "wait", wait }, { NULL, NULL },
    };

    bk_screen_begin(&screen);
    bk_input_begin();
    has_vsock = bk_vsock_begin();
    luaL_newlib(lua, functions);
    return 1;
}

void bk_lua_show_failure(const char *why)
{
    char line[COLUMNS_MAX + 1];
    int y = (int)bk_line_height(BK_SMALL);

    if (screen.pixels == NULL)
        return;
    bk_draw_box(&screen, 0, 0, (int)screen.width, (int)screen.height, FAILURE_BACK);
    for (; *why != '\0'; y += (int)bk_line_height(BK_SMALL)) {
        size_t length = strcspn(why, "\n"), shown = length < COLUMNS_MAX ? length : COLUMNS_MAX;
        memcpy(line, why, shown);
        line[shown] = '\0';
        bk_draw_text(&screen, (int)bk_letter_width(BK_SMALL), y, BK_SMALL, FAILURE_INK, line);
        why += length + (why[length] == '\n' ? 1 : 0);
    }
    bk_screen_show(&screen, 0, 0, screen.width, screen.height);
}
