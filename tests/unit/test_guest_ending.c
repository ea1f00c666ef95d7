/* SPDX-License-Identifier: Apache-2.0 */
/* Which ends of an app are crashes, by real processes. */
#include "ending.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int end_of(int number, int exit_status)
{
    const struct rlimit no_core = { 0, 0 };
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (number != 0) {
            (void)signal(number, SIG_DFL); /* cmocka has handlers */
            (void)raise(number);
        }
        _exit(exit_status);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void by_a_signal(void **unused)
{
    static const int crashes[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGKILL, SIGSYS, SIGTRAP };
    static const int wished[] = { SIGTERM, SIGHUP, SIGINT, SIGPIPE, SIGUSR1 };
    char words[32];

    (void)unused;
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        assert_true(bk_app_crashed(end_of(crashes[i], 0)));
    for (size_t i = 0; i < sizeof wished / sizeof wished[0]; i++)
        assert_false(bk_app_crashed(end_of(wished[i], 0)));
    assert_string_equal(bk_app_ending(end_of(SIGTERM, 0), words, sizeof words), "signal 15");
}

static void by_itself(void **unused)
{
    static const int statuses[] = { 0, 1, 2, 4, 9, 11, 126, 127, 128, 137, 139, 255 };
    char words[32];

    (void)unused;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        assert_false(bk_app_crashed(end_of(0, statuses[i])));
    assert_string_equal(bk_app_ending(end_of(0, 3), words, sizeof words), "exit status 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(by_a_signal), cmocka_unit_test(by_itself) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
