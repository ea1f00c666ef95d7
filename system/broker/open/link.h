/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What apps hand on and open: links, media types, names of files; and what an app's manifest says that it opens. Knows
 * no JSON and no socket.
 *
 * Input from: app (links, types and names); trusted (manifests, as the hypervisor tells them)
 * Runs in: bk-broker
 *
 * A link is a URI by RFC 3986, to the letter: what two programs would read differently is refused, since the person
 * decides by the host that is shown to them. So it is ASCII, a host in another script is its punycode and is shown as
 * that, a host has no percent signs, and a link of the web has a host. What names something within its reader, as
 * "file:" and "javascript:" do, is nothing to hand on.
 */
#ifndef BK_BROKER_LINK_H
#define BK_BROKER_LINK_H

#include <stdbool.h>
#include <stddef.h>

/* The limits that api/io.bulkhead.Open.varlink promises; bytes. */
#define BK_LINK_MAX        4096U
#define BK_LINK_SCHEME_MAX 64U
#define BK_LINK_HOST_MAX   255U
#define BK_LINK_TYPE_MAX   127U /* of a media type … */
#define BK_LINK_PART_MAX   63U  /* … and of each of its two names */
#define BK_LINK_NAME_MAX   200U /* of a file's name */

enum bk_link_fault {
    BK_LINK_GOOD,
    BK_LINK_EMPTY,
    BK_LINK_TOO_LONG,
    BK_LINK_BAD_CHARACTER,
    BK_LINK_BAD_FORM,
    BK_LINK_FORBIDDEN, /* a scheme that is not handed on */
    BK_LINK_FAULTS,
};
/* As the interface's type Fault has them; NULL for good. */
extern const char *const bk_link_fault_names[BK_LINK_FAULTS];

/* In lower case. */
struct bk_link {
    char scheme[BK_LINK_SCHEME_MAX + 1];
    char host[BK_LINK_HOST_MAX + 1]; /* empty: it has none */
};

/* Judges `length` bytes, which may hold any. */
enum bk_link_fault bk_link_parse(const char *text, size_t length, struct bk_link *ret);

/* A media type without parameters, in lower case (RFC 6838 §4.2). */
enum bk_link_fault bk_link_check_type(const char *type);
/* The name of a file, without folders, by the rules of text.h. */
enum bk_link_fault bk_link_check_name(const char *name, size_t length);

/* ---- what an app opens ---- */

#define BK_OPENS_SCHEMES_MAX 8U
#define BK_OPENS_TYPES_MAX   16U

/* Zero-initialised: nothing. */
struct bk_opens {
    unsigned n_schemes, n_types;
    char schemes[BK_OPENS_SCHEMES_MAX][BK_LINK_SCHEME_MAX + 1];
    char types[BK_OPENS_TYPES_MAX][BK_LINK_TYPE_MAX + 1]; /* "*" behind a slash is any; before one, too */
};

/* False when there are too many, or it is too long. */
bool bk_opens_add_scheme(struct bk_opens *opens, const char *scheme);
bool bk_opens_add_type(struct bk_opens *opens, const char *type);

bool bk_opens_scheme(const struct bk_opens *opens, const char *scheme);
bool bk_opens_type(const struct bk_opens *opens, const char *type);

#endif
