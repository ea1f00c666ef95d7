/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio-console port of the System VM, and the virtio-gpu import device whose blobs are the apps' surfaces.
 *
 * The import device is the one virtio-gpu node with a window that the host shows memory in. A surface is a HOST3D blob:
 * that creating it failed is not told by the kernel; mapping it fails then, which waits for the device's answer.
 */
#include "display_source.h"

#include "checked.h"
#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <dirent.h>
#include <drm/virtgpu_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#define RENDER_FIRST     128 /* number of the first render node */
#define RENDER_NODES     16
#define PAGE             UINT64_C(4096)
#define NAME_MAX_OF_PORT 128

static int open_named_port(const char *entry)
{
    char path[300];
    _cleanup_free_ char *name = NULL;
    size_t size;

    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry);
    int r = bk_read_file(path, NAME_MAX_OF_PORT, &name, &size);
    if (r < 0)
        return r;
    name[strcspn(name, "\n")] = '\0';
    if (strcmp(name, BK_DISPLAY_PORT_NAME) != 0)
        return -ENOENT;
    snprintf(path, sizeof path, "/dev/%s", entry);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int port_open(struct bk_display_source *source)
{
    DIR *directory = opendir("/sys/class/virtio-ports");
    const struct dirent *entry;
    int fd = -ENOENT;

    (void)source;
    if (directory == NULL)
        return -errno;
    while (fd == -ENOENT && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.')
            fd = open_named_port(entry->d_name);
    }
    closedir(directory);
    return fd;
}

static ssize_t port_read(struct bk_display_source *source, void *buffer, size_t size)
{
    ssize_t n = read(source->fd, buffer, size);

    return n < 0 ? -errno : n;
}

static int port_descriptor(struct bk_display_source *source)
{
    (void)source;
    return -1;
}

static bool is_import_device(int fd)
{
    int shows_memory = 0;
    struct drm_virtgpu_getparam parameter = { .param = VIRTGPU_PARAM_HOST_VISIBLE,
                                              .value = (uint64_t)(uintptr_t)&shows_memory };
    drmVersionPtr version = drmGetVersion(fd);
    bool is_virtio = version != NULL && strcmp(version->name, "virtio_gpu") == 0;

    drmFreeVersion(version);
    return is_virtio && drmIoctl(fd, DRM_IOCTL_VIRTGPU_GETPARAM, &parameter) == 0 && shows_memory != 0;
}

static int open_import_device(void)
{
    for (int i = 0; i < RENDER_NODES; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/dri/renderD%d", RENDER_FIRST + i);
        _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0 && is_import_device(fd))
            return TAKE_FD(fd);
    }
    return -ENODEV;
}

static int map_blob(int device, uint32_t handle, uint64_t size, void **ret_data)
{
    struct drm_virtgpu_map map = { .handle = handle };

    if (drmIoctl(device, DRM_IOCTL_VIRTGPU_MAP, &map) < 0)
        return -errno;
    void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, device, (off_t)map.offset);
    if (data == MAP_FAILED)
        return -errno;
    *ret_data = data;
    return 0;
}

static int port_map(struct bk_display_source *source, uint32_t cid, const struct bk_display_surface *surface, int fd,
                    void **ret_data, size_t *ret_size)
{
    /* The kernel maps whole objects only. */
    uint64_t size = bk_align_up(surface->size, PAGE);
    struct drm_virtgpu_resource_create_blob blob = { .blob_mem = VIRTGPU_BLOB_MEM_HOST3D,
                                                     .blob_flags = VIRTGPU_BLOB_FLAG_USE_MAPPABLE,
                                                     .size = size,
                                                     .blob_id = bk_display_port_blob_id(cid, surface->id) };

    (void)fd;
    if (source->import < 0)
        source->import = open_import_device();
    if (source->import < 0)
        return source->import;
    if (drmIoctl(source->import, DRM_IOCTL_VIRTGPU_RESOURCE_CREATE_BLOB, &blob) < 0)
        return -errno;
    int r = map_blob(source->import, blob.bo_handle, size, ret_data);
    /* The mapping holds the blob from now on. */
    struct drm_gem_close close_blob = { .handle = blob.bo_handle };
    if (drmIoctl(source->import, DRM_IOCTL_GEM_CLOSE, &close_blob) < 0)
        bk_warning("a surface's blob cannot be closed: %m");
    if (r >= 0)
        *ret_size = size;
    return r;
}

static void port_closed(struct bk_display_source *source)
{
    (void)source; /* nothing came beside the stream */
}

const struct bk_display_source_kind bk_display_source_port = {
    .open = port_open, .read = port_read, .descriptor = port_descriptor, .map = port_map, .closed = port_closed
};
