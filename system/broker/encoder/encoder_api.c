/* SPDX-License-Identifier: Apache-2.0 */
#include "encoder_api.h"

#include "bk_api.h"
#include "checked.h"
#include "encoder_machine.h"
#include "encoder_session.h"
#include "json.h"
#include "parameters.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.VideoEncoder."

/* The machine's encoders are used one at a time. */
#define MACHINE_ENCODINGS_MAX 1U

/* ---- Get ---- */

static int append(sd_json_variant **encoders, bool hardware, const struct bk_codec_port_encoder *encoder)
{
    _cleanup_json_ sd_json_variant *formats = NULL;
    uint32_t side_min = bk_min(encoder->width_min, encoder->height_min);
    uint32_t side_max = bk_max(encoder->width_max, encoder->height_max);
    uint64_t pixels_max = (uint64_t)encoder->width_max * encoder->height_max;
    int r = 0;

    for (int format = 0; r >= 0 && format < BK_ENCODER_FORMATS; format++) {
        if ((encoder->formats & 1U << format) != 0)
            r = sd_json_variant_append_arrayb(&formats, SD_JSON_BUILD_STRING(bk_encoder_format_names[format]));
    }
    return r < 0 ? r
                 : sd_json_variant_append_arraybo(
                       encoders, SD_JSON_BUILD_PAIR_STRING("codec", bk_encoder_codec_names[encoder->codec]),
                       SD_JSON_BUILD_PAIR_BOOLEAN("hardware", hardware),
                       SD_JSON_BUILD_PAIR_VARIANT("pixelFormats", formats),
                       SD_JSON_BUILD_PAIR_UNSIGNED("sideMin", bk_max(side_min, (uint32_t)BK_ENCODER_SIDE_MIN)),
                       SD_JSON_BUILD_PAIR_UNSIGNED("sideMax", bk_min(side_max, (uint32_t)BK_ENCODER_SIDE_MAX)),
                       SD_JSON_BUILD_PAIR_UNSIGNED("pixelsMax", bk_min(pixels_max, (uint64_t)BK_ENCODER_PIXELS_MAX)),
                       SD_JSON_BUILD_PAIR_INTEGER("rateMax", BK_ENCODER_RATE_MAX),
                       SD_JSON_BUILD_PAIR_UNSIGNED("bitRateMin",
                                                   bk_max(encoder->bit_rate_min, (uint32_t)BK_ENCODER_BIT_RATE_MIN)),
                       SD_JSON_BUILD_PAIR_UNSIGNED("bitRateMax",
                                                   bk_min(encoder->bit_rate_max, (uint32_t)BK_ENCODER_BIT_RATE_MAX)));
}

static int on_get(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    /* As good as the bounds that hold for all. */
    static const struct bk_codec_port_encoder software = {
        .codec = BK_CODEC_PORT_H264,
        .formats = (1U << BK_ENCODER_FORMATS) - 1,
        .width_max = BK_ENCODER_PIXELS_MAX,
        .height_max = BK_ENCODER_PIXELS_MAX,
        .bit_rate_max = BK_ENCODER_BIT_RATE_MAX,
    };
    const struct bk_connection *connection = bk_client_userdata(userdata);
    const struct bk_codec_port_encoder *machine = NULL;
    size_t count = bk_encoder_machine_list(connection->broker->encoders.machine, &machine);
    _cleanup_json_ sd_json_variant *encoders = NULL;
    int r = 0;

    (void)parameters;
    (void)flags;
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = append(&encoders, true, &machine[i]);
    if (r >= 0)
        r = append(&encoders, false, &software);
    return r < 0 ? r : sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_VARIANT("encoders", encoders));
}

/* ---- Open ---- */

static int64_t number(sd_json_variant *parameters, const char *name)
{
    return sd_json_variant_integer(sd_json_variant_by_key(parameters, name));
}

/* Yields NULL, or the name of what is not to be had. */
static const char *take_job(sd_json_variant *parameters, struct bk_encoder_job *ret, enum bk_encoder_codec *ret_codec)
{
    struct bk_encoder_job job = {
        .width = number(parameters, "width"),
        .height = number(parameters, "height"),
        .rate = number(parameters, "rate"),
        .bit_rate = number(parameters, "bitRate"),
    };
    sd_json_variant *key_interval = sd_json_variant_by_key(parameters, "keyInterval");

    enum bk_encoder_codec codec =
        bk_encoder_codec_by_name(sd_json_variant_string(sd_json_variant_by_key(parameters, "codec")));
    if (codec == BK_ENCODER_CODECS)
        return "codec";
    job.format = bk_encoder_format_by_name(sd_json_variant_string(sd_json_variant_by_key(parameters, "pixelFormat")));
    if (job.format == BK_ENCODER_FORMATS)
        return "pixelFormat";
    job.key_interval = 1; /* a good one, until the rate is known to be one */
    if (bk_json_is_given(key_interval))
        job.key_interval = sd_json_variant_integer(key_interval);
    const char *wrong = bk_encoder_job_check(&job);
    if (wrong != NULL)
        return wrong;
    if (!bk_json_is_given(key_interval))
        job.key_interval = BK_ENCODER_KEY_SECONDS * job.rate;
    *ret = job;
    *ret_codec = codec;
    return NULL;
}

static int refuse_as_too_many(sd_varlink *link, struct bk_app *app, const char *refusal, unsigned limit)
{
    bk_broker_log_refusal(app, refusal);
    return sd_varlink_errorbo(link, INTERFACE "TooManyEncodings", SD_JSON_BUILD_PAIR_UNSIGNED("limit", limit));
}

static int on_open(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    const struct bk_connection *connection = bk_client_userdata(userdata);
    struct bk_broker *broker = connection->broker;
    struct bk_app *app = connection->app;
    uint64_t now_ms = bk_broker_now_ms();
    enum bk_encoder_codec codec;
    struct bk_encoder_job job;
    struct bk_stream_token token;

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_VideoEncoder, "Open"))
        return 0;
    const char *wrong = take_job(parameters, &job, &codec);
    if (wrong != NULL)
        return sd_varlink_error_invalid_parameter_name(link, wrong);
    int encoder = bk_encoder_machine_find(broker->encoders.machine, codec, &job, &wrong);
    bool hardware = encoder >= 0;
    if (!hardware && codec == BK_ENCODER_H264)
        encoder = BK_ENCODER_SOFTWARE;
    else if (encoder == -ENOENT)
        return sd_varlink_error_invalid_parameter_name(link, wrong);
    else if (!hardware)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: the machine's is taken", MACHINE_ENCODINGS_MAX);
    if (bk_encoder_sessions_count(broker, app) >= BK_ENCODER_SESSIONS_MAX)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: too many of its own", BK_ENCODER_SESSIONS_MAX);
    if (bk_encoder_sessions_count(broker, NULL) >= BK_ENCODER_SESSIONS_ALL_MAX)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: too many of all apps", BK_ENCODER_SESSIONS_ALL_MAX);
    uint64_t wait_ms = bk_pace_wait(&app->encoder_pace, BK_ENCODER_OPENS_BURST, BK_ENCODER_OPENS_INTERVAL_MS, now_ms);
    if (wait_ms > 0) {
        bk_broker_log_refusal(app, "VideoEncoder.Open: too soon");
        return sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", wait_ms));
    }
    int r = bk_encoder_session_begin(broker, app, &job, encoder, &token);
    if (r == -EBUSY)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: too many tokens", BK_STREAM_OFFERED_MAX);
    if (r < 0)
        return r;
    bk_pace_count(&app->encoder_pace, BK_ENCODER_OPENS_INTERVAL_MS, now_ms);
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", token.text),
                              SD_JSON_BUILD_PAIR_BOOLEAN("hardware", hardware));
}

/* ---- life ---- */

int bk_encoder_api_start(struct bk_broker *broker, const char *program)
{
    broker->encoders.program = program;
    int r = sd_varlink_server_add_interface(broker->server, &bk_api_io_bulkhead_VideoEncoder);

    return r < 0
               ? r
               : sd_varlink_server_bind_method_many(broker->server, INTERFACE "Get", on_get, INTERFACE "Open", on_open);
}

void bk_encoder_api_stop(struct bk_broker *broker)
{
    bk_encoder_sessions_end_all(broker);
    bk_encoder_machine_destroy(broker->encoders.machine);
}
