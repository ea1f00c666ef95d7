/* SPDX-License-Identifier: Apache-2.0 */
#include "encoder_api.h"

#include "bk_api.h"
#include "encoder_session.h"
#include "json.h"
#include "parameters.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-json.h>

#define INTERFACE "io.bulkhead.VideoEncoder."
#define CODEC     "h264"

/* ---- Get ---- */

/* There is one encoder, in software: no machine with another one was at hand. */
static int on_get(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    _cleanup_json_ sd_json_variant *formats = NULL;
    _cleanup_json_ sd_json_variant *encoders = NULL;
    int r = 0;

    (void)parameters;
    (void)flags;
    (void)userdata;
    for (int format = 0; r >= 0 && format < BK_ENCODER_FORMATS; format++)
        r = sd_json_variant_append_arrayb(&formats, SD_JSON_BUILD_STRING(bk_encoder_format_names[format]));
    if (r >= 0)
        r = sd_json_variant_append_arraybo(&encoders, SD_JSON_BUILD_PAIR_STRING("codec", CODEC),
                                           SD_JSON_BUILD_PAIR_BOOLEAN("hardware", false),
                                           SD_JSON_BUILD_PAIR_VARIANT("pixelFormats", formats),
                                           SD_JSON_BUILD_PAIR_INTEGER("sideMin", BK_ENCODER_SIDE_MIN),
                                           SD_JSON_BUILD_PAIR_INTEGER("sideMax", BK_ENCODER_SIDE_MAX),
                                           SD_JSON_BUILD_PAIR_INTEGER("pixelsMax", BK_ENCODER_PIXELS_MAX),
                                           SD_JSON_BUILD_PAIR_INTEGER("rateMax", BK_ENCODER_RATE_MAX),
                                           SD_JSON_BUILD_PAIR_INTEGER("bitRateMin", BK_ENCODER_BIT_RATE_MIN),
                                           SD_JSON_BUILD_PAIR_INTEGER("bitRateMax", BK_ENCODER_BIT_RATE_MAX));
    return r < 0 ? r : sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_VARIANT("encoders", encoders));
}

/* ---- Open ---- */

static int64_t number(sd_json_variant *parameters, const char *name)
{
    return sd_json_variant_integer(sd_json_variant_by_key(parameters, name));
}

/* Yields NULL, or the name of what is not to be had. */
static const char *take_job(sd_json_variant *parameters, struct bk_encoder_job *ret)
{
    struct bk_encoder_job job = {
        .width = number(parameters, "width"),
        .height = number(parameters, "height"),
        .rate = number(parameters, "rate"),
        .bit_rate = number(parameters, "bitRate"),
    };
    sd_json_variant *key_interval = sd_json_variant_by_key(parameters, "keyInterval");

    if (strcmp(sd_json_variant_string(sd_json_variant_by_key(parameters, "codec")), CODEC) != 0)
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
    struct bk_encoder_job job;
    struct bk_stream_token token;

    (void)flags;
    if (!bk_parameters_accept(link, parameters, &bk_api_io_bulkhead_VideoEncoder, "Open"))
        return 0;
    const char *wrong = take_job(parameters, &job);
    if (wrong != NULL)
        return sd_varlink_error_invalid_parameter_name(link, wrong);
    if (bk_encoder_sessions_count(broker, app) >= BK_ENCODER_SESSIONS_MAX)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: too many of its own", BK_ENCODER_SESSIONS_MAX);
    if (bk_encoder_sessions_count(broker, NULL) >= BK_ENCODER_SESSIONS_ALL_MAX)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: too many of all apps", BK_ENCODER_SESSIONS_ALL_MAX);
    uint64_t wait_ms = bk_pace_wait(&app->encoder_pace, BK_ENCODER_OPENS_BURST, BK_ENCODER_OPENS_INTERVAL_MS, now_ms);
    if (wait_ms > 0) {
        bk_broker_log_refusal(app, "VideoEncoder.Open: too soon");
        return sd_varlink_errorbo(link, INTERFACE "TooSoon", SD_JSON_BUILD_PAIR_UNSIGNED("milliseconds", wait_ms));
    }
    int r = bk_encoder_session_begin(broker, app, &job, &token);
    if (r == -EBUSY)
        return refuse_as_too_many(link, app, "VideoEncoder.Open: too many tokens", BK_STREAM_OFFERED_MAX);
    if (r < 0)
        return r;
    bk_pace_count(&app->encoder_pace, BK_ENCODER_OPENS_INTERVAL_MS, now_ms);
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", token.text),
                              SD_JSON_BUILD_PAIR_BOOLEAN("hardware", false));
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
}
