/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on numbers that someone else chose: each yields false when the result does not fit.
 *
 * Input from: guest | app | host
 * Runs in: any process, any thread
 */
#ifndef BK_BASE_CHECKED_H
#define BK_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

#define bk_add(a, b, ret) (!__builtin_add_overflow((a), (b), (ret)))
#define bk_mul(a, b, ret) (!__builtin_mul_overflow((a), (b), (ret)))

/* True when [start, start + length) lies within [0, size). A zero length may stand at `size`. */
static inline bool bk_range_in(uint64_t start, uint64_t length, uint64_t size)
{
    return length <= size && start <= size - length;
}

static inline uint64_t bk_align_up(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

#define bk_min(a, b)                       \
    ({                                     \
        __auto_type min_a_ = (a);          \
        __auto_type min_b_ = (b);          \
        min_a_ < min_b_ ? min_a_ : min_b_; \
    })
#define bk_max(a, b)                       \
    ({                                     \
        __auto_type max_a_ = (a);          \
        __auto_type max_b_ = (b);          \
        max_a_ > max_b_ ? max_a_ : max_b_; \
    })

#define BK_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BK_KIB               (1024UL)
#define BK_MIB               (1024UL * BK_KIB)
#define BK_GIB               (1024UL * BK_MIB)

#endif
