/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "shell.h"

#include "app.h"
#include "data_disk.h"

#include "checked.h"
#include "cleanup.h"
#include "guest_debug.h"
#include "guest_devices.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX 64U  /* in one turn: whoever types without end keeps init from nothing */
#define ENDED_BY  128  /* a signal, as shells have it */
#define NEWS_MAX  8192 /* bytes of one: more of it is not read */
#define KERNEL    1    /* the group of its news, which udevd reads elsewhere */

/* ---- the port ---- */

/* Until it is there, or there will be none. */
static void look_for_port(struct bk_shell *shell)
{
    int r = shell->open_port(&shell->port);

    if (r == -ENOENT)
        return;
    if (r < 0)
        bk_warning("no way to a shell: %s", strerror(-r));
    shell->news = bk_close(shell->news);
}

void bk_shell_init(struct bk_shell *shell, int news, int (*open_port)(int *ret_fd), const char *program)
{
    *shell = (struct bk_shell){ .program = program,
                                .port = -1,
                                .news = news,
                                .open_port = open_port,
                                .terminal = -1,
                                .out_sent = BK_SHELL_FRAME_SIZE };
    look_for_port(shell);
}

/* What they say does not matter: they are few, and to look costs little. */
static void read_news(struct bk_shell *shell)
{
    char news[NEWS_MAX];
    unsigned count = 0;

    while (count < STEPS_MAX && recv(shell->news, news, sizeof news, MSG_DONTWAIT) >= 0)
        count++;
    look_for_port(shell); /* also when some were lost */
}

int bk_shell_open_news(int *ret_fd)
{
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL };
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int bk_shell_open_port(int *ret_fd)
{
    char path[BK_GUEST_PORT_PATH_MAX];
    int r = bk_guest_devices_prepare_port(BK_SHELL_PORT, 0, path);

    if (r < 0)
        return r;
    *ret_fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return *ret_fd < 0 ? -errno : 0;
}

/* ---- the shell ---- */

static void set_size(const struct bk_shell *shell, const struct bk_shell_frame *frame)
{
    const struct winsize size = { .ws_row = frame->rows, .ws_col = frame->columns };

    if (shell->terminal >= 0)
        (void)ioctl(shell->terminal, TIOCSWINSZ, &size); /* a program that asks gets what was there before */
}

static void __attribute__((noreturn)) become(const char *program, const char *terminal)
{
    const char *const home = bk_guest_cmdline_says(BK_DATA_WORD) ? "HOME=" BK_DATA_PLACE : "HOME=/tmp";
    const char *const environment[] = { "PATH=/usr/bin:/usr/sbin:/bin:/sbin", home, "LANG=C.UTF-8", "TERM=xterm",
                                        NULL };
    const char *const arguments[] = { program, "-i", NULL };
    sigset_t none;

    sigemptyset(&none);
    if (setsid() < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
        _exit(127);
    int fd = open(terminal, O_RDWR); /* the first that a session opens becomes its terminal */
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || chdir("/") < 0)
        _exit(127);
    if (geteuid() == 0 &&
        (fchown(STDIN_FILENO, BK_APP_UID, BK_APP_UID) < 0 || setgroups(0, NULL) < 0 ||
         setresgid(BK_APP_UID, BK_APP_UID, BK_APP_UID) < 0 || setresuid(BK_APP_UID, BK_APP_UID, BK_APP_UID) < 0))
        _exit(127);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        _exit(127);
    execve(program, (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
    _exit(127);
}

static int start(struct bk_shell *shell)
{
    char name[64];

    if (access(shell->program, X_OK) < 0)
        return -errno;
    _cleanup_close_ int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0 || ptsname_r(terminal, name, sizeof name) != 0)
        return -errno;
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(shell->program, name);
    shell->terminal = TAKE_FD(terminal);
    shell->pid = pid;
    return 0;
}

/* The one that runs, if one does, hears that its terminal is gone, and nobody waits for it. */
static void leave(struct bk_shell *shell)
{
    if (shell->pid > 0)
        (void)kill(-shell->pid, SIGHUP);
    shell->pid = 0;
    shell->ended = shell->left = false;
    shell->typed_size = shell->more = 0;
    shell->terminal = bk_close(shell->terminal);
}

/* ---- frames ---- */

static void put(struct bk_shell *shell, enum bk_shell_frame_type type, const void *data, size_t size)
{
    bk_shell_frame_write(type, data, size, shell->out);
    shell->out_sent = 0;
}

static void begin(struct bk_shell *shell, const struct bk_shell_frame *frame)
{
    leave(shell);
    int r = start(shell);
    if (r < 0)
        bk_warning("there is no shell: %s: %s", shell->program, strerror(-r));
    else
        bk_info("a developer has a shell");
    set_size(shell, frame);
    put(shell, r < 0 ? BK_SHELL_NONE : BK_SHELL_BEGIN, frame->data, BK_SHELL_NONCE_SIZE);
    shell->more = r < 0 ? 0 : BK_SHELL_TYPED_MAX; /* right behind the answer */
}

/* False when it cannot be done with now. */
static bool do_frame(struct bk_shell *shell)
{
    struct bk_shell_frame frame;

    if (!bk_shell_frame_read(shell->in, &frame))
        return true;
    switch (frame.type) {
    case BK_SHELL_BEGIN:
        if (shell->out_sent < BK_SHELL_FRAME_SIZE)
            return false; /* its answer has no room */
        begin(shell, &frame);
        break;
    case BK_SHELL_SIZE:
        set_size(shell, &frame);
        break;
    case BK_SHELL_END:
        leave(shell);
        break;
    case BK_SHELL_DATA:
        if (shell->terminal < 0)
            break;
        if (sizeof shell->typed - shell->typed_size < frame.size)
            return false; /* who types waits for no MORE */
        memcpy(shell->typed + shell->typed_size, frame.data, frame.size);
        shell->typed_size += frame.size;
        break;
    case BK_SHELL_NONE:
    case BK_SHELL_EXIT:
    case BK_SHELL_MORE:
        break;
    }
    return true;
}

static bool step_in(struct bk_shell *shell)
{
    if (shell->in_size == BK_SHELL_FRAME_SIZE) {
        if (!do_frame(shell))
            return false;
        shell->in_size = 0;
        return true;
    }
    ssize_t n = read(shell->port, shell->in + shell->in_size, BK_SHELL_FRAME_SIZE - shell->in_size);
    if (n <= 0)
        return false;
    shell->in_size += (size_t)n;
    return true;
}

/* What is typed goes to the terminal, as much as it takes. */
static bool step_typed(struct bk_shell *shell)
{
    if (shell->typed_size == 0)
        return false;
    ssize_t n = write(shell->terminal, shell->typed, shell->typed_size);
    if (n == 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return false;
    const size_t taken = n > 0 ? (size_t)n : shell->typed_size; /* nobody reads it any more */
    shell->typed_size -= taken;
    memmove(shell->typed, shell->typed + taken, shell->typed_size);
    shell->more =
        (uint16_t)bk_min(shell->more + taken, (size_t)BK_SHELL_TYPED_MAX); /* of who heeds it, it is never more */
    return true;
}

/* What the shell shows, and, when there is no more of it, how it ended. */
static bool take_output(struct bk_shell *shell)
{
    uint8_t data[BK_SHELL_DATA_MAX];

    if (shell->terminal < 0)
        return false;
    ssize_t n = read(shell->terminal, data, sizeof data);
    shell->left = n < 0 && errno == EIO;
    if (n > 0) {
        put(shell, BK_SHELL_DATA, data, (size_t)n);
        return true;
    }
    if (!shell->ended)
        return false;
    const uint8_t status =
        (uint8_t)(WIFSIGNALED(shell->status) ? ENDED_BY + WTERMSIG(shell->status) : WEXITSTATUS(shell->status));
    leave(shell);
    put(shell, BK_SHELL_EXIT, &status, sizeof status);
    return true;
}

static bool step_out(struct bk_shell *shell)
{
    if (shell->out_sent == BK_SHELL_FRAME_SIZE && shell->more >= BK_SHELL_TYPED_MAX / 2) {
        const uint8_t more[] = { (uint8_t)shell->more, (uint8_t)(shell->more >> 8) };
        put(shell, BK_SHELL_MORE, more, sizeof more);
        shell->more = 0;
        return true;
    }
    if (shell->out_sent == BK_SHELL_FRAME_SIZE)
        return take_output(shell);
    ssize_t n = write(shell->port, shell->out + shell->out_sent, BK_SHELL_FRAME_SIZE - shell->out_sent);
    if (n <= 0)
        return false;
    shell->out_sent += (size_t)n;
    return true;
}

void bk_shell_prepare(const struct bk_shell *shell, struct pollfd *ret_port, struct pollfd *ret_terminal)
{
    const bool sending = shell->out_sent < BK_SHELL_FRAME_SIZE;
    const bool typing = shell->typed_size > 0 && !sending;

    if (shell->port < 0) {
        *ret_port = (struct pollfd){ .fd = shell->news, .events = POLLIN };
        *ret_terminal = (struct pollfd){ .fd = -1 };
        return;
    }
    *ret_port = (struct pollfd){ .fd = shell->port,
                                 .events = (short)((shell->in_size < BK_SHELL_FRAME_SIZE ? POLLIN : 0) |
                                                   (sending ? POLLOUT : 0)) };
    *ret_terminal = (struct pollfd){ .fd = sending || shell->left ? -1 : shell->terminal,
                                     .events = (short)(POLLIN | (typing ? POLLOUT : 0)) };
}

void bk_shell_serve(struct bk_shell *shell)
{
    if (shell->port < 0 && shell->news >= 0)
        read_news(shell);
    for (unsigned i = 0; shell->port >= 0 && i < STEPS_MAX; i++) {
        const bool in = step_in(shell), typed = step_typed(shell), out = step_out(shell);
        if (!in && !typed && !out)
            return;
    }
}

bool bk_shell_reaped(struct bk_shell *shell, pid_t pid, int status)
{
    if (shell->pid == 0 || pid != shell->pid)
        return false;
    shell->pid = 0;
    shell->ended = true;
    shell->status = status;
    bk_shell_serve(shell);
    return true;
}
