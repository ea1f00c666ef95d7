/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "options.h"

#include "log.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "bk-encoder --stream fd:N --width N --height N --rate N --bit-rate N --key-interval N --format i420|nv12\n"
    "           [--machine fd:N --encoder N]\n"
    "\n"
    "Encodes the raw frames that come over a stream socket, which it inherits as descriptor N, to H.264, which goes\n"
    "back over it; or has an encoder of the machine do it, to what that makes. bk-broker starts one for each encoding\n"
    "(docs/protocols/video-encoder.md).\n"
    "\n"
    "  --stream fd:N     the socket\n"
    "  --width N         pixels, an even number\n"
    "  --height N        likewise\n"
    "  --rate N          frames a second\n"
    "  --bit-rate N      bits a second\n"
    "  --key-interval N  frames from one key frame to the next\n"
    "  --format FORMAT   how the pixels of a frame lie\n"
    "  --machine fd:N    the port that leads to the machine's encoders, which it inherits too\n"
    "  --encoder N       the number of the one that is to encode\n"
    "  --help            print this\n";

static bool parse_number(const char *text, int64_t *ret)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0')
        return false;
    *ret = value;
    return true;
}

static bool parse_descriptor(const char *text, int *ret)
{
    int64_t number = 0;

    if (strncmp(text, "fd:", 3) != 0 || !parse_number(text + 3, &number) || number > INT_MAX)
        return false;
    *ret = (int)number;
    return true;
}

static bool take(int option, const char *value, struct bk_encoder_options *options)
{
    struct bk_encoder_job *job = &options->job;

    switch (option) {
    case 's':
        return parse_descriptor(value, &options->stream);
    case 'm':
        return parse_descriptor(value, &options->machine);
    case 'n':
        return parse_number(value, &options->encoder) && options->encoder < UINT32_MAX;
    case 'w':
        return parse_number(value, &job->width);
    case 'e':
        return parse_number(value, &job->height);
    case 'r':
        return parse_number(value, &job->rate);
    case 'b':
        return parse_number(value, &job->bit_rate);
    case 'k':
        return parse_number(value, &job->key_interval);
    case 'f':
        job->format = bk_encoder_format_by_name(value);
        return job->format != BK_ENCODER_FORMATS;
    default:
        return false;
    }
}

int bk_encoder_options_parse(int argc, char **argv, struct bk_encoder_options *ret)
{
    static const struct option names[] = {
        { "stream", required_argument, NULL, 's' },
        { "width", required_argument, NULL, 'w' },
        { "height", required_argument, NULL, 'e' },
        { "rate", required_argument, NULL, 'r' },
        { "bit-rate", required_argument, NULL, 'b' },
        { "key-interval", required_argument, NULL, 'k' },
        { "format", required_argument, NULL, 'f' },
        { "machine", required_argument, NULL, 'm' },
        { "encoder", required_argument, NULL, 'n' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct bk_encoder_options options = {
        .stream = -1, .machine = -1, .encoder = -1, .job = { .format = BK_ENCODER_FORMATS }
    };
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) >= 0) {
        if (option == 'h') {
            fputs(help, stdout);
            return 1;
        }
        if (option != '?' && !take(option, optarg, &options))
            bk_error("\"%s\" is no value for this option; --help says more", optarg);
        else if (option != '?')
            continue;
        return -EINVAL;
    }
    const char *wrong = options.stream < 0                               ? "stream"
                        : (options.machine < 0) != (options.encoder < 0) ? "encoder"
                        : options.job.format == BK_ENCODER_FORMATS       ? "format"
                                                                         : bk_encoder_job_check(&options.job);
    if (wrong != NULL || optind < argc) {
        bk_error("%s: missing, or out of its bounds; --help says more", wrong != NULL ? wrong : argv[optind]);
        return -EINVAL;
    }
    *ret = options;
    return 0;
}
