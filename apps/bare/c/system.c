/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include "cpu.h"
#include "message.h"
#include "vsock.h"

#include <string.h>

#define PORT     1U /* of the System API, in JSON */
#define RETRY_MS 500U
#define CALL_MAX 512U

#define CALL_INFO  "{\"method\":\"org.varlink.service.GetInfo\"}"
#define CALL_WATCH "{\"method\":\"io.bulkhead.Notification.Watch\",\"more\":true}"
#define CALL_POST                                                                                               \
    "{\"method\":\"io.bulkhead.Notification.Post\",\"parameters\":{\"title\":\"From bare metal\",\"buttons\":[" \
    "{\"id\":\"wave\",\"label\":\"Wave back\"}],\"body\":"

enum asked { /* what the next reply on the connection for calls answers */
    NOTHING,
    INFO,
    POST,
};

static struct bk_connection calls, answers;
static enum asked asked;
static bool watching;

static void connect(void)
{
    asked = NOTHING;
    watching = false;
    bk_vsock_connect(&calls, PORT);
    bk_vsock_connect(&answers, PORT);
    bk_timer_set(RETRY_MS);
}

void bk_system_begin(void)
{
    if (bk_vsock_begin())
        connect();
}

void bk_system_retry(void)
{
    if (calls.state != BK_VSOCK_OPEN || answers.state != BK_VSOCK_OPEN)
        connect();
}

/* A message ends with a NUL, which is sent with it. */
static bool send(struct bk_connection *connection, const char *message)
{
    return bk_vsock_send(connection, message, strlen(message) + 1);
}

void bk_system_notify(struct system_news *news)
{
    char message[CALL_MAX], body[64];
    struct bk_text call = bk_text_begin(message, sizeof message), text = bk_text_begin(body, sizeof body);

    if (asked != NOTHING || news->product[0] == '\0')
        return;
    if (news->presses > 0) {
        bk_text_add(&text, "You waved, times: ");
        bk_text_add_number(&text, news->presses);
    } else {
        bk_text_add(&text, "No OS sent you this.");
    }
    bk_text_add(&call, CALL_POST);
    bk_message_add_string(&call, body);
    bk_text_add(&call, "}}");
    if (!call.cut && send(&calls, message))
        asked = POST;
}

static void say(struct system_news *news, const char *what, struct bk_value value)
{
    struct bk_text said = bk_text_begin(news->said, sizeof news->said);

    bk_text_add(&said, what);
    if (!bk_message_text(value, &said))
        bk_text_add_bytes(&said, value.at, value.length);
}

static void take_info(struct system_news *news, const char *message, size_t length)
{
    struct bk_text product = bk_text_begin(news->product, sizeof news->product);
    struct bk_value value;

    if (bk_message_find(message, length, "parameters.product", &value))
        (void)bk_message_text(value, &product);
    bk_text_add(&product, " ");
    if (bk_message_find(message, length, "parameters.version", &value))
        (void)bk_message_text(value, &product);
    bk_system_notify(news);
}

static void take_reply(struct system_news *news, const char *message, size_t length)
{
    enum asked what = asked;
    struct bk_value value;

    asked = NOTHING;
    if (bk_message_find(message, length, "error", &value))
        say(news, "The system refused: ", value);
    else if (what == INFO)
        take_info(news, message, length);
    else if (bk_message_find(message, length, "parameters.id", &value))
        say(news, "Posted notification ", value);
}

static void take_answer(struct system_news *news, const char *message, size_t length)
{
    struct bk_value value;

    if (bk_message_find(message, length, "parameters.button", &value) && value.at[0] == '"') {
        news->presses++;
        say(news, "The person pressed ", value);
        bk_system_notify(news);
    } else if (bk_message_find(message, length, "parameters.answer", &value)) {
        say(news, "The notification was ", value);
    }
}

/* Whole messages go to `take`; true when there was one. */
static bool read(struct bk_connection *connection, struct system_news *news,
                 void (*take)(struct system_news *news, const char *message, size_t length))
{
    bool some = false;
    const char *end;

    while ((end = memchr(connection->bytes, '\0', connection->length)) != NULL) {
        size_t length = (size_t)(end - connection->bytes);
        take(news, connection->bytes, length);
        bk_vsock_took(connection, length + 1);
        some = true;
    }
    return some;
}

bool bk_system_look(struct system_news *news)
{
    bool was_there = news->product[0] != '\0';

    bk_vsock_look();
    if (calls.state == BK_VSOCK_OPEN && answers.state == BK_VSOCK_OPEN && !watching) {
        watching = send(&answers, CALL_WATCH);
        asked = send(&calls, CALL_INFO) ? INFO : NOTHING;
    }
    bool some = read(&calls, news, take_reply);
    some = read(&answers, news, take_answer) || some;
    if ((was_there || watching) && (calls.state != BK_VSOCK_OPEN || answers.state != BK_VSOCK_OPEN)) {
        watching = false;
        news->product[0] = '\0';
        bk_timer_set(RETRY_MS);
        return true;
    }
    return some;
}
