/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "log.h"
#include "machine.h"

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
    if (file->path != NULL)
        return bk_fail(-error, "--%s %s: %m", option, file->path);
    return bk_fail(-error, "--%s fd:%d: %m", option, file->fd);
}

static int open_file(const char *option, struct bk_file *file, int flags, struct stat *ret_status)
{
    if (file->path != NULL)
        file->fd = open(file->path, flags | O_CLOEXEC | O_NOCTTY, 0644);
    /* Inherited: that it does not outlive an exec is said again. */
    if (file->fd < 0 || fcntl(file->fd, F_SETFD, FD_CLOEXEC) < 0 || fstat(file->fd, ret_status) < 0)
        return complain(option, file, errno);
    return 0;
}

static int open_image(const char *option, struct bk_file *file)
{
    struct stat status = { 0 };

    int r = open_file(option, file, O_RDONLY, &status);
    if (r < 0 || S_ISREG(status.st_mode))
        return r;
    return complain(option, file, S_ISDIR(status.st_mode) ? EISDIR : ESPIPE);
}

/* Sockets and terminals go both ways; a regular file takes output only; a pipe is what it was opened for. */
static int open_stream(const char *option, struct bk_file *file)
{
    struct stat status = { 0 };

    if (file->out_fd >= 0) /* "-" */
        return 0;
    int r = open_file(option, file, O_RDWR | O_CREAT | O_TRUNC, &status);
    if (r < 0)
        return r;
    int mode = fcntl(file->fd, F_GETFL) & O_ACCMODE;
    if (mode != O_RDONLY)
        file->out_fd = file->fd;
    if (mode == O_WRONLY || S_ISREG(status.st_mode) || (S_ISFIFO(status.st_mode) && mode == O_RDWR))
        file->fd = -1;
    return 0;
}

int bk_files_open(struct bk_options *options)
{
    struct stat status = { 0 };

    int r = open_image("kernel", &options->kernel);
    if (r == 0 && (options->initrd.path != NULL || options->initrd.fd >= 0))
        r = open_image("initrd", &options->initrd);
    if (r == 0 && options->serial == BK_SERIAL_FILE)
        r = open_stream("serial", &options->serial_file);
    for (unsigned i = 0; r == 0 && i < options->console_count; i++)
        r = open_stream("console", &options->consoles[i].file);
    for (unsigned i = 0; r == 0 && i < options->disk_count; i++)
        r = open_file("disk", &options->disks[i].file, options->disks[i].readonly ? O_RDONLY : O_RDWR, &status);
    return r;
}

void bk_terminal_make_raw(const struct bk_options *options)
{
    struct termios raw;

    if (!options->standard || tcgetattr(STDIN_FILENO, &terminal_before) < 0)
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
