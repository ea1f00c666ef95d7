/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-installer: takes the bundles that are to be installed from their streams, and judges them. It opens nothing: the
 * supervisor hands it each stream and the file that it is to become as descriptors, so that it can be in its jail
 * before it looks at the first byte.
 *
 * system calls [installer]: recvmsg sendmsg sendto close
 */
#define _GNU_SOURCE
#include "install_control.h"
#include "program.h"
#include "receive.h"
#include "receive_data.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Control, the file and its stream, standard streams, and what a message in between carries. */
#define DESCRIPTORS_MAX 16U

static const char help[] = "bk-installer --control fd:N [--uid N --gid N]\n"
                           "\n"
                           "Takes bundles that are to be installed, and judges them. bk-supervisor starts it and gives "
                           "it all it needs over the\n"
                           "socket that it inherits as descriptor N (docs/protocols/control.md).\n"
                           "\n"
                           "  --control fd:N  the supervisor's control socket\n"
                           "  --uid N         the user to become\n"
                           "  --gid N         the group to become\n"
                           "  --help          print this\n";

static void install(int source, int target, struct bk_install_result *ret)
{
    struct bk_bundle_finding finding = { 0 };

    *ret = (struct bk_install_result){ .error = bk_receive(source, target, &finding) };
    if (ret->error < 0)
        return;
    ret->verdict = finding.verdict;
    ret->offset = finding.offset;
    snprintf(ret->reason, sizeof ret->reason, "%s", finding.reason);
}

static void install_data(int source, int target, uint64_t max, struct bk_install_result *ret)
{
    struct bk_bundle_finding finding = { 0 };
    uint64_t size = 0;

    *ret = (struct bk_install_result){ .error = bk_receive_data(source, target, max, &size, &finding) };
    ret->verdict = finding.verdict;
    ret->offset = finding.verdict == BK_BUNDLE_GOOD ? size : finding.offset;
    snprintf(ret->reason, sizeof ret->reason, "%s", finding.reason);
}

static int run(int control)
{
    _cleanup_close_ int target = -1;
    _cleanup_close_ int source = -1; /* whose bundle has come, and whose data disk may */

    for (;;) {
        struct bk_install_control_message message;
        struct bk_install_result result;
        _cleanup_close_ int given = -1;
        bool answer = false;

        ssize_t n = bk_recv_message(control, &message, sizeof message, &given);
        if (n != (ssize_t)sizeof message)
            return 0; /* the supervisor is gone */
        if (message.type == BK_INSTALL_TARGET && given >= 0) {
            bk_close(target);
            target = TAKE_FD(given);
        } else if ((message.type == BK_INSTALL_SOURCE || message.type == BK_INSTALL_SOURCE_OF_BOTH) && given >= 0 &&
                   target >= 0) {
            bk_close(source);
            source = TAKE_FD(given);
            install(source, target, &result);
            target = bk_close(target);
            if (message.type == BK_INSTALL_SOURCE || result.error < 0 || result.verdict != BK_BUNDLE_GOOD)
                source = bk_close(source); /* before it is told: a device's next stream wants it free */
            answer = true;
        } else if (message.type == BK_INSTALL_DATA && given >= 0 && source >= 0) {
            install_data(source, given, message.size, &result);
            source = bk_close(source);
            given = bk_close(given);
            answer = true;
        } else if (message.type == BK_INSTALL_LET_GO)
            source = bk_close(source);
        else
            bk_error("control message %u makes no sense here", message.type);
        int r = answer ? bk_send_message(control, &result, sizeof result, -1) : 0;
        if (r < 0)
            return r;
    }
}

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-installer",
        .help = help,
        .thread = BK_JAIL_INSTALLER,
        .descriptors_max = DESCRIPTORS_MAX,
        .run = run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
