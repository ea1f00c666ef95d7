/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-mount: mounts the folder that is served at the other end of its standard input, in 9P2000.L:
 *
 *     bk-connect --stream TOKEN bk-mount /tmp/drive
 *
 * TOKEN is what io.bulkhead.Folders.Open answered. It needs the right to mount, which an image's app has when its
 * /etc/bulkhead/rights names it (guest/init/rights.h). The mount lasts until it is taken off; when the stream ends,
 * what is done in it fails.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_USAGE  2

/* Bytes of a message: what a server of 9P2000.L that is in use takes. A server that takes less says so. */
#define MESSAGE_SIZE "65560"

static const char help[] = "bk-mount [--read-only] [--path PATH] DIRECTORY\n"
                           "\n"
                           "Mounts the folder that is served in 9P2000.L at the other end of standard input, for\n"
                           "the user that runs it. The directory is made when it is missing.\n"
                           "\n"
                           "  --read-only  for reading only\n"
                           "  --path PATH  which of the folders there, by the server's name for it (default /)\n"
                           "  --help       this text\n";

struct options {
    unsigned long flags;
    const char *path;
    const char *directory;
};

/* 0; or the status to exit with, plus one. */
static int parse_options(int argc, char **argv, struct options *ret)
{
    static const struct option known[] = {
        { "read-only", no_argument, NULL, 'r' },
        { "path", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        {},
    };
    struct options options = { .flags = MS_NOSUID | MS_NODEV, .path = "/" };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'r')
            options.flags |= MS_RDONLY;
        else if (option == 'p')
            options.path = optarg;
        else if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS + 1;
        } else
            return STATUS_USAGE + 1;
    }
    if (optind + 1 != argc || strchr(options.path, ',') != NULL) {
        fputs(help, stderr);
        return STATUS_USAGE + 1;
    }
    options.directory = argv[optind];
    *ret = options;
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    char data[512];
    int status = parse_options(argc, argv, &options);

    if (status > 0)
        return status - 1;
    /* The owner of everything is who the server says; who may do what the server decides. */
    int length = snprintf(data, sizeof data,
                          "trans=fd,rfdno=%d,wfdno=%d,version=9p2000.L,msize=" MESSAGE_SIZE ",access=any,aname=%s",
                          STDIN_FILENO, STDIN_FILENO, options.path);
    if (length >= (int)sizeof data) {
        fprintf(stderr, "bk-mount: %s is too long\n", options.path);
        return STATUS_USAGE;
    }
    if ((mkdir(options.directory, 0755) < 0 && errno != EEXIST) ||
        mount("folder", options.directory, "9p", options.flags, data) < 0) {
        fprintf(stderr, "bk-mount: cannot mount at %s: %s\n", options.directory, strerror(errno));
        return STATUS_FAILED;
    }
    return EXIT_SUCCESS;
}
