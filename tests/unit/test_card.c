/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sound card that runs dry, as a busy machine makes it: it is played here, by an ioctl() of this test's own.
 */
#include "card.h"

#include <errno.h>
#include <setjmp.h>
#include <sound/asound.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#define CARD_FD 1000 /* nobody's: all that is done with it comes here */

static struct {
    unsigned dry;    /* so many writes still find that it ran dry … */
    int error;       /* … or fail so */
    bool started;    /* what START says; a write before it fills the card */
    unsigned starts; /* how often */
} played;

int ioctl(int fd, unsigned long request, ...)
{
    assert_int_equal(fd, CARD_FD);
    switch (request) {
    case SNDRV_PCM_IOCTL_PREPARE:
        played.started = false;
        return 0;
    case SNDRV_PCM_IOCTL_START:
        played.started = true;
        played.starts++;
        return 0;
    case SNDRV_PCM_IOCTL_WRITEI_FRAMES: {
        va_list arguments;
        va_start(arguments, request);
        struct snd_xferi *part = va_arg(arguments, struct snd_xferi *);
        va_end(arguments);
        part->result = (snd_pcm_sframes_t)part->frames;
        if (!played.started || (played.dry == 0 && played.error == 0))
            return 0;
        errno = played.error != 0 ? played.error : EPIPE;
        played.dry -= played.dry > 0;
        return -1;
    }
    default:
        fail();
        return -1;
    }
}

static int set_up(void **state)
{
    static struct bk_card card;

    played = (typeof(played)){ 0 };
    card = (struct bk_card){ .fd = CARD_FD, .direction = BK_SOUND_PLAYBACK, .channels = BK_SOUND_CHANNELS };
    *state = &card;
    return bk_card_start(&card);
}

static const int16_t samples[BK_MIX_FRAMES * BK_SOUND_CHANNELS];

static void a_card_that_ran_dry_goes_on(void **state)
{
    played.dry = 1;
    assert_int_equal(bk_card_write(*state, samples), 0);
    assert_int_equal(played.starts, 2);
}

static void a_card_that_runs_dry_again_at_once_is_not_gone(void **state)
{
    played.dry = 5;
    assert_int_equal(bk_card_write(*state, samples), -EAGAIN);
    assert_int_equal(bk_card_write(*state, samples), -EAGAIN);
    assert_int_equal(bk_card_write(*state, samples), 0);
    assert_int_equal(played.starts, 4);
}

static void a_card_that_was_pulled_out_is(void **state)
{
    played.error = ENODEV;
    assert_int_equal(bk_card_write(*state, samples), -ENODEV);
    assert_int_equal(played.starts, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_card_that_ran_dry_goes_on, set_up),
        cmocka_unit_test_setup(a_card_that_runs_dry_again_at_once_is_not_gone, set_up),
        cmocka_unit_test_setup(a_card_that_was_pulled_out_is, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
