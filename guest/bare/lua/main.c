/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lua without an OS: the bundle's kernel is this, its initrd a script. What the script gets is Lua's own library, as
 * far as it needs no files, and `bulkhead` (docs/guests/lua.md).
 */
#include "console.h"
#include "cpu.h"
#include "draw.h"
#include "libc.h"
#include "window.h"

#include <lauxlib.h>
#include <lualib.h>
#include <malloc.h>
#include <stdint.h>

static void open_libraries(lua_State *lua)
{
    static const luaL_Reg libraries[] = {
        { LUA_GNAME, luaopen_base },        { LUA_COLIBNAME, luaopen_coroutine }, { LUA_TABLIBNAME, luaopen_table },
        { LUA_STRLIBNAME, luaopen_string }, { LUA_MATHLIBNAME, luaopen_math },    { LUA_UTF8LIBNAME, luaopen_utf8 },
        { "bulkhead", bk_lua_open },
    };

    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
}

static int with_place(lua_State *lua)
{
    luaL_traceback(lua, lua, lua_tostring(lua, 1), 1);
    return 1;
}

static int run(lua_State *lua)
{
    const struct bk_start_info *info = bk_libc_info;
    const struct bk_start_module *script = (const struct bk_start_module *)(uintptr_t)info->modules;

    if (info->module_count == 0)
        return luaL_error(lua, "there is no script: it is the bundle's initrd");
    open_libraries(lua);
    lua_pushcfunction(lua, with_place);
    int r = luaL_loadbufferx(lua, (const char *)(uintptr_t)script->address, script->size, "=app.lua", "t");
    if (r != LUA_OK || lua_pcall(lua, 0, 0, -2) != LUA_OK)
        return lua_error(lua);
    return 0;
}

int main(void)
{
    (void)mallopt(M_MMAP_MAX, 0); /* all of the heap is one (libc/calls.c) */
    lua_State *lua = luaL_newstate();

    if (lua == NULL)
        return 1;
    lua_pushcfunction(lua, run);
    if (lua_pcall(lua, 0, 0, 0) == LUA_OK)
        return 0;
    const char *why = lua_tostring(lua, -1);
    bk_console_say(why != NULL ? why : "the script failed");
    bk_lua_show_failure(why != NULL ? why : "the script failed");
    while (!bk_cpu_is_to_end()) { /* the person reads it, and closes the window */
        (void)bk_timer_rang();    /* or the wait would not wait, and let no interrupt in */
        bk_cpu_wait();
    }
    return 1;
}
