/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned checks;
static unsigned failures;

void bk_tap_check(bool passed, const char *format, ...)
{
    va_list arguments;

    checks++;
    failures += !passed;
    printf("%s %u - ", passed ? "ok" : "not ok", checks);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout); /* before the next fork, or the child would print it again */
}

void bk_tap_skip(const char *why, const char *format, ...)
{
    va_list arguments;

    checks++;
    printf("ok %u - ", checks);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf(" # SKIP %s\n", why);
    fflush(stdout);
}

void bk_tap_note(const char *format, ...)
{
    va_list arguments;

    printf("# ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
}

int bk_tap_finish(void)
{
    printf("1..%u\n", checks);
    return fflush(stdout) == 0 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
