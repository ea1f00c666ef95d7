/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this is a build with AddressSanitizer, which needs more than a jail leaves: gcc and clang say so differently.
 *
 * Input from: trusted
 * Runs in: any jailed process
 */
#ifndef BK_JAIL_SANITIZER_H
#define BK_JAIL_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define BK_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BK_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef BK_ADDRESS_SANITIZER
#define BK_ADDRESS_SANITIZER 0
#endif

#endif
