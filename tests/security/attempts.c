/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "attempts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int result(long value)
{
    return value < 0 ? -errno : 0;
}

static int open_file(const struct bk_target *target)
{
    (void)target;
    return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int create_file(const struct bk_target *target)
{
    char path[64];

    snprintf(path, sizeof path, "/tmp/bk-jail-%d", target->victim);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int r = result(fd);
    if (fd >= 0)
        unlink(path);
    return r;
}

static int list_root(const struct bk_target *target)
{
    (void)target;
    return result(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int create_in_root(const struct bk_target *target)
{
    (void)target;
    return result(mkdir("/bk-jail-test", 0700));
}

static int climb_out(const struct bk_target *target)
{
    (void)target;
    return result(open("../../../../etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int write_proc(const struct bk_target *target)
{
    (void)target;
    return result(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
}

static int see_process(const struct bk_target *target)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", target->victim);
    return result(open(path, O_RDONLY | O_CLOEXEC));
}

static int open_device(const struct bk_target *target)
{
    (void)target;
    return result(open("/dev/null", O_RDWR | O_CLOEXEC));
}

static int make_socket(const struct bk_target *target)
{
    (void)target;
    return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_socket_pair(const struct bk_target *target)
{
    int fds[2];

    (void)target;
    return result(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

static int connect_tcp(const struct bk_target *target)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(target->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd < 0 ? -errno : result(connect(fd, (struct sockaddr *)&address, sizeof address));
}

static int connect_abstract(const struct bk_target *target)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(target->abstract_name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path + 1, target->abstract_name, length);
    return fd < 0 ? -errno
                  : result(connect(fd, (struct sockaddr *)&address,
                                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
}

/* Works when there is an interface that is up. */
static int see_interface(const struct bk_target *target)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)target;
    if (fd < 0)
        return -errno;
    for (int i = 1; i < 64; i++) {
        struct ifreq request = { .ifr_ifindex = i };
        if (ioctl(fd, SIOCGIFNAME, &request) == 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
            (request.ifr_flags & IFF_UP))
            return 0;
    }
    return -ENETDOWN;
}

static int execute(const struct bk_target *target)
{
    char *arguments[] = { (char *)"true", NULL };
    char *environment[] = { NULL };

    (void)target;
    execve("/bin/true", arguments, environment); /* ends with status 0, as an attempt that worked */
    return -errno;
}

static int execute_descriptor(const struct bk_target *target)
{
    char *none[] = { NULL };

    (void)target;
    syscall(SYS_execveat, STDERR_FILENO, "", none, none, AT_EMPTY_PATH);
    return -errno;
}

static int fork_process(const struct bk_target *target)
{
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    (void)target;
    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int clone_process(const struct bk_target *target)
{
    struct clone_args arguments = { .exit_signal = SIGCHLD };
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);

    (void)target;
    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int trace(const struct bk_target *target)
{
    return result(ptrace(PTRACE_SEIZE, target->victim, NULL, NULL));
}

static int read_memory(const struct bk_target *target)
{
    char byte;
    struct iovec local = { &byte, 1 };
    struct iovec remote = { target->page, 1 };

    return result(process_vm_readv(target->victim, &local, 1, &remote, 1, 0));
}

static int send_signal(const struct bk_target *target)
{
    return result(kill(target->victim, 0));
}

static int send_thread_signal(const struct bk_target *target)
{
    return result(syscall(SYS_tgkill, target->victim, target->victim, 0));
}

/* The kernel reads 32 bits of the process id: junk above them must not slip past the filter. */
static int send_thread_signal_wide(const struct bk_target *target)
{
    return result(syscall(SYS_tgkill, 0x100000000L | target->victim, target->victim, 0));
}

static int open_process(const struct bk_target *target)
{
    return result(syscall(SYS_pidfd_open, target->victim, 0));
}

static int mount_file_system(const struct bk_target *target)
{
    (void)target;
    return result(mount("tmpfs", "/", "tmpfs", 0, "size=4k"));
}

static int make_file_system(const struct bk_target *target)
{
    (void)target;
    return result(fsopen("tmpfs", FSOPEN_CLOEXEC));
}

static int remount_root(const struct bk_target *target)
{
    (void)target;
    return result(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int change_root(const struct bk_target *target)
{
    (void)target;
    return result(chroot("/"));
}

static int become_root(const struct bk_target *target)
{
    (void)target;
    return result(setresuid(0, 0, 0));
}

static int become_root_group(const struct bk_target *target)
{
    (void)target;
    return result(setresgid(0, 0, 0));
}

static int join_groups(const struct bk_target *target)
{
    gid_t groups[] = { 0, 1 };

    (void)target;
    return result(setgroups(2, groups));
}

static int raise_capabilities(const struct bk_target *target)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { .permitted = 1, .effective = 1 } };

    (void)target;
    return result(syscall(SYS_capset, &header, data));
}

static int raise_limit(const struct bk_target *target)
{
    struct rlimit limit = { .rlim_cur = 1 << 16, .rlim_max = 1 << 16 };

    (void)target;
    return result(setrlimit(RLIMIT_NOFILE, &limit));
}

static int new_namespaces(const struct bk_target *target)
{
    (void)target;
    return result(unshare(CLONE_NEWNS));
}

static int new_user_namespace(const struct bk_target *target)
{
    (void)target;
    return result(unshare(CLONE_NEWUSER));
}

static int set_host_name(const struct bk_target *target)
{
    (void)target;
    return result(sethostname("bulkhead", 8));
}

static int map_executable(const struct bk_target *target)
{
    (void)target;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -errno : 0;
}

static int make_executable(const struct bk_target *target)
{
    return result(mprotect(target->page, 4096, PROT_READ | PROT_EXEC));
}

static int make_executable_by_key(const struct bk_target *target)
{
    return result(syscall(SYS_pkey_mprotect, target->page, 4096, PROT_READ | PROT_EXEC, -1));
}

static int other_ioctl(const struct bk_target *target)
{
    int count;

    return result(ioctl(target->pipe, FIONREAD, &count));
}

static int wide_ioctl(const struct bk_target *target)
{
    int count;

    return result(syscall(SYS_ioctl, target->pipe, 0x700000000L | FIONREAD, &count));
}

static int rename_thread(const struct bk_target *target)
{
    (void)target;
    return result(prctl(PR_SET_NAME, "innocent", 0, 0, 0));
}

static int use_bpf(const struct bk_target *target)
{
    union bpf_attr attributes = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

    (void)target;
    return result(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

static int use_io_uring(const struct bk_target *target)
{
    struct io_uring_params parameters = { 0 };

    (void)target;
    return result(syscall(SYS_io_uring_setup, 1, &parameters));
}

static int use_userfaultfd(const struct bk_target *target)
{
    (void)target;
    return result(syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int use_keys(const struct bk_target *target)
{
    (void)target;
    return result(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
}

static int use_perf(const struct bk_target *target)
{
    struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE,
                                          .size = sizeof attributes,
                                          .config = PERF_COUNT_SW_CPU_CLOCK };

    (void)target;
    return result(syscall(SYS_perf_event_open, &attributes, target->victim, -1, -1, 0));
}

#ifdef __x86_64__
static int use_x32(const struct bk_target *target)
{
    (void)target;
    return result(syscall(0x40000000L | SYS_getpid)); /* getpid is declared, but not for this architecture */
}
#endif

const struct bk_attempt bk_attempts[] = {
    { "open a file", open_file, BK_STAGE_REFUSES, true },
    { "open a file above the root", climb_out, BK_STAGE_REFUSES, false },
    { "create a file", create_file, BK_STAGE_REFUSES, true },
    { "create a directory in the root", create_in_root, BK_STAGE_REFUSES, false },
    { "list the root directory", list_root, BK_STAGE_REFUSES, true },
    { "open a device", open_device, BK_STAGE_REFUSES, true },
    { "open a file of /proc for writing", write_proc, BK_STAGE_REFUSES, true },
    { "see another process", see_process, BK_STAGE_REFUSES, true },
    { "make a socket", make_socket, BK_STAGE_LETS, true },
    { "make a socket pair", make_socket_pair, BK_STAGE_LETS, true },
    { "connect to a server on this machine", connect_tcp, BK_STAGE_REFUSES, true },
    { "connect to an abstract socket", connect_abstract, BK_STAGE_REFUSES, true },
    { "see a network interface that is up", see_interface, BK_STAGE_REFUSES, true },
    { "execute a program", execute, BK_STAGE_REFUSES, true },
    { "execute an open descriptor", execute_descriptor, BK_STAGE_REFUSES, false },
    { "fork", fork_process, BK_STAGE_LETS, true },
    { "clone", clone_process, BK_STAGE_LETS, true },
    { "trace another process", trace, BK_STAGE_REFUSES_ROOTS, true },
    { "read another process's memory", read_memory, BK_STAGE_REFUSES_ROOTS, true },
    { "signal another process", send_signal, BK_STAGE_REFUSES_ROOTS, true },
    { "signal another process's thread", send_thread_signal, BK_STAGE_REFUSES_ROOTS, true },
    { "signal another process with a wide process id", send_thread_signal_wide, BK_STAGE_REFUSES_ROOTS, true },
    { "open another process", open_process, BK_STAGE_LETS, true },
    { "mount a file system", mount_file_system, BK_STAGE_REFUSES, false },
    { "make a file system to mount", make_file_system, BK_STAGE_REFUSES, true },
    { "make the root writable", remount_root, BK_STAGE_REFUSES, false },
    { "change the root", change_root, BK_STAGE_REFUSES, true },
    { "become root again", become_root, BK_STAGE_REFUSES, true },
    { "become root's group again", become_root_group, BK_STAGE_REFUSES, true },
    { "join groups", join_groups, BK_STAGE_REFUSES, true },
    { "raise a capability", raise_capabilities, BK_STAGE_REFUSES, false },
    { "raise a limit", raise_limit, BK_STAGE_REFUSES, false },
    { "make namespaces", new_namespaces, BK_STAGE_REFUSES, true },
    { "make a user namespace", new_user_namespace, BK_STAGE_LETS, false },
    { "rename the host", set_host_name, BK_STAGE_REFUSES, false },
    { "map executable memory", map_executable, BK_STAGE_LETS, true },
    { "make memory executable", make_executable, BK_STAGE_LETS, true },
    { "make memory executable by a key", make_executable_by_key, BK_STAGE_LETS, true },
    { "call an ioctl that is not listed", other_ioctl, BK_STAGE_LETS, true },
    { "call an ioctl with junk above its number", wide_ioctl, BK_STAGE_LETS, true },
    { "call a prctl that is not listed", rename_thread, BK_STAGE_LETS, true },
    { "load a BPF map", use_bpf, BK_STAGE_LETS, false },
    { "use io_uring", use_io_uring, BK_STAGE_LETS, false },
    { "use userfaultfd", use_userfaultfd, BK_STAGE_LETS, false },
    { "use the kernel's keys", use_keys, BK_STAGE_LETS, false },
    { "watch another process by perf", use_perf, BK_STAGE_LETS, false },
#ifdef __x86_64__
    { "call by the x32 architecture's number", use_x32, BK_STAGE_LETS, false },
#endif
};
const size_t bk_attempt_count = sizeof bk_attempts / sizeof bk_attempts[0];
