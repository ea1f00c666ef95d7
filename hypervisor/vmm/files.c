/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "files.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* system calls [io]: ioctl(TCGETS) ioctl(TCSETS) */ /* tcsetattr() makes both */

static struct termios terminal_before;
static bool terminal_is_raw;

static int complain(const char *option, const struct bk_file *file, int error)
{
    errno = error;
    if (file->path != NULL)
        bk_error("--%s %s: %m", option, file->path);
    else
        bk_error("--%s fd:%d: %m", option, file->fd);
    return error > 0 ? -error : -EIO; /* always a failure */
}

static int open_file(const char *option, const struct bk_file *file, int flags, int *ret_fd)
{
    int fd = file->fd;

    if (fd >= 0) {
        /* Inherited: what it can do, and that it does not outlive an exec, is asked and said again. */
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            return complain(option, file, errno);
    } else {
        fd = open(file->path, flags | O_CLOEXEC | O_NOCTTY, 0644);
        if (fd < 0)
            return complain(option, file, errno);
    }
    *ret_fd = fd;
    return 0;
}

static int open_image(const char *option, const struct bk_file *file, int *ret_fd)
{
    struct stat status;

    int r = open_file(option, file, O_RDONLY, ret_fd);
    if (r < 0)
        return r;
    if (fstat(*ret_fd, &status) < 0)
        return complain(option, file, errno);
    if (!S_ISREG(status.st_mode))
        return complain(option, file, S_ISDIR(status.st_mode) ? EISDIR : ESPIPE);
    return 0;
}

/* Sockets and terminals go both ways; a regular file takes output only; a pipe is what it was opened for. */
static int open_stream(const char *option, const struct bk_file *file, struct bk_stream *ret_stream)
{
    struct stat status;
    int fd;

    if (file->standard) {
        *ret_stream = (struct bk_stream){ .in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO };
        return 0;
    }
    int r = open_file(option, file, O_RDWR | O_CREAT | O_TRUNC, &fd);
    if (r < 0)
        return r;
    if (fstat(fd, &status) < 0)
        return complain(option, file, errno);
    int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    bool one_way = S_ISREG(status.st_mode) || (S_ISFIFO(status.st_mode) && mode == O_RDWR);
    *ret_stream = (struct bk_stream){
        .in_fd = mode != O_WRONLY && !one_way ? fd : -1,
        .out_fd = mode != O_RDONLY ? fd : -1,
    };
    return 0;
}

int bk_files_open(struct bk_files *files, const struct bk_options *options)
{
    *files = (struct bk_files){ .kernel = -1, .initrd = -1, .serial = { -1, -1 } };
    for (unsigned i = 0; i < BK_OPTIONS_CONSOLES_MAX; i++)
        files->consoles[i] = (struct bk_stream){ -1, -1 };
    for (unsigned i = 0; i < BK_OPTIONS_DISKS_MAX; i++)
        files->disks[i] = -1;

    int r = open_image("kernel", &options->kernel, &files->kernel);
    if (r == 0 && bk_file_is_given(&options->initrd))
        r = open_image("initrd", &options->initrd, &files->initrd);
    if (r == 0 && options->serial)
        r = open_stream("serial", &options->serial_file, &files->serial);
    for (unsigned i = 0; r == 0 && i < options->console_count; i++)
        r = open_stream("console", &options->consoles[i].file, &files->consoles[i]);
    for (unsigned i = 0; r == 0 && i < options->disk_count; i++)
        r = open_file("disk", &options->disks[i].file, options->disks[i].readonly ? O_RDONLY : O_RDWR,
                      &files->disks[i]);
    return r;
}

static void close_stream(struct bk_stream *stream)
{
    int fd = stream->out_fd >= 0 ? stream->out_fd : stream->in_fd;

    if (fd > STDERR_FILENO)
        bk_close(fd);
    *stream = (struct bk_stream){ -1, -1 };
}

void bk_files_close(struct bk_files *files)
{
    files->kernel = bk_close(files->kernel);
    files->initrd = bk_close(files->initrd);
    close_stream(&files->serial);
    for (unsigned i = 0; i < BK_OPTIONS_CONSOLES_MAX; i++)
        close_stream(&files->consoles[i]);
    for (unsigned i = 0; i < BK_OPTIONS_DISKS_MAX; i++)
        files->disks[i] = bk_close(files->disks[i]);
}

void bk_terminal_make_raw(const struct bk_options *options)
{
    bool standard = options->serial && options->serial_file.standard;
    struct termios raw;

    for (unsigned i = 0; i < options->console_count; i++)
        standard = standard || options->consoles[i].file.standard;
    if (!standard || tcgetattr(STDIN_FILENO, &terminal_before) < 0)
        return;
    raw = terminal_before;
    raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON);
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_cc[VINTR] = raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* what is left of ISIG is VQUIT, Ctrl-\ */
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    terminal_is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void bk_terminal_restore(void)
{
    if (terminal_is_raw)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    terminal_is_raw = false;
}
