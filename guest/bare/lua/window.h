/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table `bulkhead` of a Lua script: its window, its person, its connections to the system.
 *
 * Input from: app (the script, and what the system sends it)
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_LUA_WINDOW_H
#define BK_BARE_LUA_WINDOW_H

#include <lua.h>

int bk_lua_open(lua_State *lua);

/* Fills the window with why the script ended. */
void bk_lua_show_failure(const char *why);

#endif
