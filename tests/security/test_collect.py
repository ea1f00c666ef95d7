# SPDX-License-Identifier: Apache-2.0
"""The collector of declared system calls: what it reads, and what it refuses. Prints TAP."""
import importlib.machinery
import importlib.util
import os
import sys
import tempfile

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
loader = importlib.machinery.SourceFileLoader('collect', os.path.join(SOURCE, 'hypervisor/jail/collect'))
collect = importlib.util.module_from_spec(importlib.util.spec_from_loader('collect', loader))
loader.exec_module(collect)

count = failed = 0


def check(passed, name, why=''):
    global count, failed
    count += 1
    failed += not passed
    print(f'{"ok" if passed else "not ok"} {count} - {name}')
    if not passed:
        print(f'# {why}')


def rules(policy='', sanitizer=False, **sources):
    """The rules of a tree with this policy and these sources (name, with / as __, and text)."""
    with tempfile.TemporaryDirectory() as root:
        root = os.path.join(root, 'hypervisor')
        for folder in ('jail', 'protocol', 'vmm', 'screen', 'sound', 'camera', 'codec', '../system/encoder', '../system/picker'):
            os.makedirs(os.path.join(root, folder))
        with open(os.path.join(root, 'jail/policy'), 'w') as file:
            file.write(policy)
        for name, text in sources.items():
            with open(os.path.join(root, name.replace('__', '/') + '.c'), 'w') as file:
                file.write(text)
        return {thread: sorted(found) for thread, found in collect.collect(root, sanitizer)[0].items()}


def reads(name, expected, thread='io', **arguments):
    try:
        found = rules(**arguments)[thread]
    except collect.Mistake as mistake:
        found = str(mistake)
    check(found == expected, name, f'found {found}')


def refuses(name, because, **arguments):
    try:
        found = rules(**arguments)
    except collect.Mistake as mistake:
        check(because in str(mistake), name, str(mistake))
    else:
        check(False, name, f'found {found}')


reads('one line', [('close', None), ('read', None)], vmm__a='/* system calls [io]: read close */\nint x;\n')
reads('for two threads', [('read', None)], 'vcpu', vmm__a='/* system calls [io vcpu]: read */')
reads('several lines', [('close', None), ('ioctl', 'KVM_RUN'), ('read', None)],
      vmm__a='/*\n * system calls [io]: read\n * ioctl(KVM_RUN)\n *   close\n */\nint y;\n')
reads('up to an empty line', [('read', None)], vmm__a='/*\n * system calls [io]: read\n *\n * and some words\n */\n')
reads('two declarations in one comment', [('close', None), ('read', None)],
      vmm__a='/*\n * system calls [io]: read\n * system calls [io]: close\n */\n')
reads('a file without any', [], vmm__a='int main(void);\n')
reads('the policy', [('futex', None)], policy='# why\n[io vcpu] futex\n')
reads('no sanitizer line in a usual build', [], policy='sanitizer [io] openat(refused)\n')
reads('a sanitizer line in its own', [('openat', 'refused')], policy='sanitizer [io] openat(refused)\n', sanitizer=True)
reads('tgkill to oneself alone', [('tgkill', 'self')], vmm__a='/* system calls [io]: tgkill */')
reads('what programs share, for one', [('lseek', None)], protocol__a='/* system calls [io]: lseek */')
reads('what programs share, for another', [('lseek', None)], 'screen', protocol__a='/* system calls [io screen]: lseek */')
reads("the System VM's program", [('recvfrom', None)], 'encoder', **{'../system/encoder/a': '/* system calls [encoder]: recvfrom */'})
refuses('open', 'may call openat', vmm__a='/* system calls [io]: openat */')
refuses('execve', 'may call execve', vmm__a='/* system calls [io]: execve */')
refuses('socket', 'may call socket', policy='[io] socket')
refuses('ioctl without its request', 'say which ioctl', vmm__a='/* system calls [io]: ioctl */')
refuses('mmap without saying so', 'mmap(no-exec)', vmm__a='/* system calls [io]: mmap */')
refuses('mprotect to anything else', 'mprotect(no-exec)', vmm__a='/* system calls [io]: mprotect(PROT_EXEC) */')
refuses('words', 'no system call', vmm__a='/* system calls [io]: read, close */')
refuses('parentheses of no meaning', 'no parentheses', vmm__a='/* system calls [io]: read(0) */')
refuses('a refusal outside of the sanitizers', 'for sanitizers', policy='[io] openat(refused)')
refuses("another program's thread", 'not of this program', vmm__a='/* system calls [screen]: read */')
refuses('an unknown thread', 'no thread', vmm__a='/* system calls [gpu]: read */')
refuses('a policy line of no form', 'not a declaration', policy='futex\n')
print(f'1..{count}')
sys.exit(failed > 0)
