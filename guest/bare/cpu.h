/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor: waiting for something to happen without burning time, a timer, the power button, and the end.
 *
 * Interrupts are let in while bk_cpu_pause() waits and at no other time. They say that something happened, not what:
 * who waited looks at all devices. So nothing runs at the same time as anything else.
 *
 * Input from: host
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_CPU_H
#define BK_BARE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define BK_INTERRUPT_DEVICE  32U         /* vectors */
#define BK_INTERRUPT_ADDRESS 0xfee00000U /* where a device writes the vector: the first processor's local APIC */

void bk_cpu_begin(void);

/* Waits for a device, the timer or the button: at once when one of them came since the last wait, in whatever
 * bk_cpu_pause(). */
void bk_cpu_wait(void);

/* Waits for the next interrupt: for who looks at one device alone, again and again. */
void bk_cpu_pause(void);

/* Rings once, so many milliseconds from now; 0: not at all. */
void bk_timer_set(uint32_t milliseconds);
bool bk_timer_rang(void); /* since it was last asked */

/* The person, or the system, wants this guest to end. It stays so. */
bool bk_cpu_is_to_end(void);

__attribute__((noreturn)) void bk_cpu_power_off(void);

#endif
