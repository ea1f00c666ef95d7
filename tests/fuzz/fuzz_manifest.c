/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest's text. What is taken keeps to the bounds that those who use a manifest rely on; what is not has a reason.
 */
#include "manifest.h"
#include "version.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check_text(const char *text, size_t max)
{
    size_t length = strlen(text);

    assert(length > 0 && length <= max);
    for (size_t i = 0; i < length; i++)
        assert((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void check(const struct bk_manifest *manifest)
{
    struct bk_version version;

    assert(bk_app_id_is_valid(manifest->id));
    check_text(manifest->name, BK_APP_NAME_MAX);
    assert(manifest->version == NULL || bk_version_parse(manifest->version, &version));
    if (manifest->arguments != NULL)
        check_text(manifest->arguments, BK_APP_ARGUMENTS_MAX);
    assert(manifest->memory_mib >= BK_APP_MEMORY_MIN_MIB && manifest->memory_mib <= BK_APP_MEMORY_MAX_MIB);
    assert(manifest->cpus >= 1 && manifest->cpus <= BK_APP_CPUS_MAX);
    assert(manifest->permission_count <= BK_APP_PERMISSIONS_MAX);
    for (size_t i = 0; i < manifest->permission_count; i++) {
        check_text(manifest->permissions[i].name, BK_APP_PERMISSION_NAME_MAX);
        check_text(manifest->permissions[i].reason, BK_APP_REASON_MAX);
        assert(i == 0 || strcmp(manifest->permissions[i - 1].name, manifest->permissions[i].name) < 0);
    }
    assert(manifest->scheme_count <= BK_APP_SCHEMES_MAX && manifest->type_count <= BK_APP_TYPES_MAX);
    for (size_t i = 0; i < manifest->scheme_count; i++)
        check_text(manifest->schemes[i], BK_APP_SCHEME_MAX);
    for (size_t i = 0; i < manifest->type_count; i++)
        check_text(manifest->types[i], BK_APP_TYPE_MAX);
    assert(manifest->host_count <= BK_APP_HOSTS_MAX);
    for (size_t i = 0; i < manifest->host_count; i++)
        check_text(manifest->hosts[i], BK_APP_HOST_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_manifest manifest = { 0 };
    const char *problem = NULL;
    char *text = malloc(size + 1);

    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    int r = bk_manifest_parse(text, &manifest, &problem);
    assert((r == 0 && problem == NULL) || (r == -EBADMSG && problem != NULL));
    if (r == 0)
        check(&manifest);
    bk_manifest_finish(&manifest);
    free(text);
    return 0;
}
