# SPDX-License-Identifier: Apache-2.0
"""Whether an interface has only grown since a release: a client of that release works with it.

What a client may rely on: every method, error and field that it knows is there, and of the type that it knows. So a method may
take more, if that may be left out, and take it more leniently; it may answer more, and answer surely what it answered at
times. An enum may have more values, which only who uses what is new may come to see.
"""
import dataclasses

import idl


def unwrapped(found: idl.Type) -> idl.Type:
    return dataclasses.replace(found, wrappers=found.wrappers[1:])


def nullable(found: idl.Type) -> bool:
    return found.wrappers[:1] == ("?",)


class Comparison:
    def __init__(self, old: idl.Interface, new: idl.Interface):
        self.old, self.new = old, new
        self.under_way: list[tuple] = []  # pairs of named types that are being compared

    def fail(self, where: str, what: str):
        raise idl.Mistake(f"{self.old.name}.{where}: {what}")

    def compare(self, old: idl.Type, new: idl.Type, given: bool, where: str):
        """`given`: the client gives such a value; else it gets one."""
        if nullable(old) != nullable(new):
            if nullable(old) == given:
                self.fail(where, "may not be null any more" if given else "may be null now")
            old, new = (unwrapped(old), new) if nullable(old) else (old, unwrapped(new))
        if old.wrappers != new.wrappers:
            self.fail(where, f"was {old} and is {new}")
        old, new = self.resolved(self.old, old), self.resolved(self.new, new)
        if old.kind != new.kind:
            self.fail(where, f"was of type {old.kind} and is of type {new.kind}")
        if (old, new, given) in self.under_way:
            return
        self.under_way.append((old, new, given))
        if missing := set(old.values) - set(new.values):
            self.fail(where, f"the value {sorted(missing)[0]} is gone")
        self.compare_fields(old, new, given, where)
        self.under_way.pop()

    def resolved(self, interface: idl.Interface, found: idl.Type) -> idl.Type:
        return interface.find("type", found.name).type if found.kind == "name" else found

    def compare_fields(self, old: idl.Type, new: idl.Type, given: bool, where: str):
        there = {field.name: field for field in new.fields}
        for field in old.fields:
            if field.name not in there:
                self.fail(where, f"the field {field.name} is gone")
            self.compare(field.type, there.pop(field.name).type, given, f"{where}.{field.name}")
        for field in there.values():
            if given and not nullable(field.type):
                self.fail(where, f"{field.name} is new, and cannot be left out")

    def compare_all(self):
        for member in self.old.of_kind("method") + self.old.of_kind("error"):
            found = self.new.find(member.kind, member.name)
            if not found:
                self.fail(member.name, f"the {member.kind} is gone")
            self.compare_fields(member.type, found.type, member.kind == "method", member.name)
            if member.output:
                self.compare_fields(member.output, found.output, False, member.name)


def check(old: idl.Interface, new: idl.Interface):
    """Raises an idl.Mistake unless `new` is `old`, or more."""
    Comparison(old, new).compare_all()
