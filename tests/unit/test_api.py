#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The System API's scripts: what they accept, what they refuse, what they write."""
import pathlib
import subprocess
import sys
import unittest

API = pathlib.Path(__file__).resolve().parents[2] / "api"
sys.path.insert(0, str(API))
import check  # noqa: E402
import document  # noqa: E402
import generate_c  # noqa: E402
import grown  # noqa: E402
import idl  # noqa: E402

GOOD = """\
# What it is for.
interface io.example.Thing

# One or the other.
type Size (small, large)

# A pair.
type Pair (
  # First.
  a: int,
  # Second.
  b: ?[]Size
)

# Does it.
#
# Why: hardware: only the system reaches the device.
# Permission: none.
# Limit: 3 at a time.
# Errors: Broken
# -> {"method": "io.example.Thing.Do", "parameters": {"pair": {"a": 1, "b": ["small"]},
#    "names": {"x": "y"}}}
# <- {"parameters": {"ok": true}}
# <- {"error": "io.example.Thing.Broken", "parameters": {"how": 0.5}}
method Do(
  # Which.
  pair: Pair,
  # Who.
  names: [string]string
) -> (
  # Whether.
  ok: bool
)

# It broke.
error Broken (
  # How much.
  how: float
)
"""


def checked(text: str):
    check.check(idl.parse(text))


class Grammar(unittest.TestCase):
    def test_reads_everything(self):
        interface = idl.parse(GOOD)
        self.assertEqual(interface.name, "io.example.Thing")
        self.assertEqual(interface.comment, "What it is for.")
        method = interface.find("method", "Do")
        self.assertEqual(str(method.type), "(pair: Pair, names: [string]string)")
        self.assertEqual(str(interface.find("type", "Pair").type), "(a: int, b: ?[]Size)")
        self.assertEqual(interface.find("type", "Pair").type.fields[1].comment, "Second.")
        self.assertEqual(interface.find("type", "Size").type.values, ("small", "large"))

    def test_a_blank_line_parts_comments(self):
        self.assertEqual(idl.parse("# licence\n\n# about\ninterface a.b\n").comment, "about")

    def test_refuses(self):
        for text, why in {
            "": "expected interface",
            "interface one": "no name for an interface",
            "interface a.b\nmethod lower() -> ()": "no name for a method",
            "interface a.b\nmethod M()": "expected ->",
            "interface a.b\nmethod M(x: Gone) -> ()": "no type Gone",
            "interface a.b\nmethod M(x: ??int) -> ()": "nullable of a nullable",
            "interface a.b\nmethod M(x: strin) -> ()": "is no type",
            "interface a.b\nmethod M(x: int, x: int) -> ()": "twice",
            "interface a.b\ntype T (a, b: int)": "half a struct",
            "interface a.b\nmethod M(a, b) -> ()": "need types",
            "interface a.b\nerror E ()\nerror E ()": "twice",
            "interface a.b\nmethod M(x: int -> ()": "expected ,",
            "interface a.b\n$": "unexpected",
            "interface a.b\nthing T ()": "expected type, method or error",
        }.items():
            with self.subTest(text), self.assertRaisesRegex(idl.Mistake, why):
                idl.parse(text)


class Values(unittest.TestCase):
    def validate(self, name: str, value):
        interface = idl.parse(GOOD)
        idl.validate(interface, interface.find("type", name).type, value, "value")

    def test_fit(self):
        self.validate("Pair", {"a": 1})
        self.validate("Pair", {"a": 1, "b": None})
        self.validate("Pair", {"a": -1, "b": ["small", "large"]})

    def test_do_not_fit(self):
        for value in ({}, {"a": "1"}, {"a": True}, {"a": 1.5}, {"a": None}, {"a": 1, "c": 1}, {"a": 1, "b": "small"},
                      {"a": 1, "b": ["huge"]}, [], None):
            with self.subTest(value), self.assertRaises(idl.Mistake):
                self.validate("Pair", value)


class Check(unittest.TestCase):
    def test_accepts(self):
        checked(GOOD)

    def test_refuses(self):
        for old, new, why in (
            ("# Why: hardware: only the system reaches the device.\n", "", "Why: is missing"),
            ("# Permission: none.\n", "", "Permission: is missing"),
            ("# Limit: 3 at a time.\n", "", "Limit: is missing"),
            ("# Limit: 3 at a time.\n", "# Limit:\n", "Limit: is missing"),
            ("# Limit: 3 at a time.\n", "# Limit: 3\n# Limit: 4\n", "stands there twice"),
            ("# Errors: Broken\n", "", "Errors: is missing"),
            ("# Errors: Broken\n", "# Errors: Broken, Gone\n", "no error Gone"),
            ("# Errors: Broken\n", "# Errors: none\n", "does not name the error"),
            ("Why: hardware:", "Why: convenience:", "is none of"),
            ("Why: hardware: only the system reaches the device.", "Why: hardware", "not why an app could not"),
            ("# Does it.\n", "", "nothing says what it does"),
            ("# What it is for.\n", "", "nothing says what it is for"),
            ("# It broke.\n", "", "has no comment"),
            ("  # Which.\n", "", "pair has no comment"),
            ("  # Whether.\n", "", "ok has no comment"),
            ("  # Second.\n", "", "b has no comment"),
            ('"a": 1,', '"a": "one",', "expected a value of type int"),
            ('"a": 1,', '"a": 1,,', "is not JSON"),
            ('{"a": 1, "b": ["small"]}', "3", "expected an object"),
            ('"names": {"x": "y"}', '"names": {"x": 1}', "expected a value of type string"),
            ('#    "names": {"x": "y"}}}', '#    "name": {"x": "y"}}}', "there is no 'name'"),
            ('"method": "io.example.Thing.Do"', '"method": "io.example.Thing.Undo"', "calls"),
            ('"method": "io.example.Thing.Do"', '"methods": "io.example.Thing.Do"', "a call has no 'methods'"),
            ('{"parameters": {"ok": true}}', '{"parameters": {}}', "'ok' is missing"),
            ('{"parameters": {"ok": true}}', '{"parameters": {"ok": true}, "more": true}', "a reply has no 'more'"),
            ('{"parameters": {"ok": true}}', '[]', "is not an object"),
            ('{"how": 0.5}', '{"how": "much"}', "expected a value of type float"),
        ):
            with self.subTest(new or old):
                self.assertIn(old, GOOD)
                with self.assertRaisesRegex(idl.Mistake, why):
                    checked(GOOD.replace(old, new))

    def test_examples_are_wanted(self):
        for arrow in ("->", "<-"):
            lines, skipping = [], False
            for line in GOOD.split("\n"):
                skipping = line.startswith(f"# {arrow}") or skipping and line.startswith("#    ")
                if not skipping:
                    lines.append(line)
            with self.assertRaisesRegex(idl.Mistake, f"no example {arrow}"):
                checked("\n".join(lines))

    def test_the_budget(self):
        self.assertEqual(self.run_check(GOOD).returncode, 0)
        many = GOOD + "".join(GOOD[GOOD.index("# Does it."):GOOD.index("# It broke.")].replace("Do(", f"Do{n}(")
                              .replace(".Do\"", f".Do{n}\"") for n in range(40))
        answer = self.run_check(many)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("41 methods, and the budget is 40", answer.stderr)

    def test_the_file_is_named_after_its_interface(self):
        self.assertIn("holds the interface", self.run_check(GOOD.replace("Thing\n", "Other\n")).stderr)

    def run_check(self, text: str) -> subprocess.CompletedProcess:
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "io.example.Thing.varlink")
            path.write_text(text)
            return subprocess.run([sys.executable, API / "check.py", path], capture_output=True, text=True)


class Grown(unittest.TestCase):
    OLD = "interface a.b\ntype E (x, y)\ntype T (e: E, n: ?int, l: []T2)\ntype T2 (s: string)\n" \
          "method M(i: int, t: ?T) -> (o: ?int, t: T)\nerror F (n: int)\n"

    def check(self, old: str, new: str):
        self.assertIn(old, self.OLD)
        grown.check(idl.parse(self.OLD), idl.parse(self.OLD.replace(old, new)))

    def test_more_is_fine(self):
        for old, new in (("type E", "# Said.\ntype E"), ("(x, y)", "(x, y, z)"), ("n: ?int", "n: ?int, more: ?string"), ("(i: int,", "(j: ?[]T2, i: int,"),
                         ("(i: int,", "(i: ?int,"), ("(o: ?int", "(o: int"), ("(o: ?int", "(p: T2, o: ?int"), ("(n: int)", "(n: int, m: int)"),
                         ("error F", "method N() -> ()\nerror G ()\nerror F"), ("T2", "Renamed")):
            with self.subTest(new):
                self.check(old, new)

    def test_less_or_other_is_not(self):
        for old, new, why in (("(x, y)", "(x, z)", "the value y is gone"), ("n: ?int,", "", "the field n is gone"), ("n: ?int", "n: ?string", "of type int"),
                              ("n: ?int", "n: int", "may not be null any more"), ("l: []T2", "l: T2", r"was \[\]T2"), ("l: []T2", "l: [string]T2", "was"),
                              ("(i: int,", "(i: int, j: int,", "j is new, and cannot be left out"), ("(i: int,", "(", "the field i is gone"),
                              ("n: ?int", "n: ?int, m: int", "m is new, and cannot be left out"),
                              ("t: T)", "t: ?T)", "may be null now"), ("(o: ?int, ", "(", "the field o is gone"), ("error F", "error G", "the error is gone"),
                              ("method M", "method N", "the method is gone"), ("(n: int)", "(n: bool)", "of type bool"), ("(s: string)", "(s: E)", "of type enum")):
            with self.subTest(new), self.assertRaisesRegex(idl.Mistake, why):
                self.check(old, new)


class Written(unittest.TestCase):
    def test_every_link_of_the_pages_leads_somewhere(self):
        import re
        docs = API.parent / "docs/api"
        pages = document.pages() | {"README.md": (docs / "README.md").read_text()}
        for name, text in pages.items():
            for target in re.findall(r"\]\(([^)]+)\)", text):
                if target.startswith("https:"):
                    continue
                path, _, anchor = target.partition("#")
                with self.subTest(f"{name}: {target}"):
                    self.assertTrue(path in pages or path == "" or (docs / path).exists())
                    if anchor:
                        self.assertIn(f'<a id="{anchor}">', pages[path or name])

    def test_only_the_page_s_own_methods_are_links(self):
        self.assertEqual(document.prose("As Do(), or io.example.Other.Do()."), "As [Do()](#method-do), or io.example.Other.Do().")

    def test_the_readme_lists_every_interface(self):
        readme = (API.parent / "docs/api/README.md").read_text()
        for path in API.glob("*.varlink"):
            self.assertEqual(readme.count(f"\n- [{path.stem}]({path.stem}.md): "), 1, path.stem)

    def test_a_new_interface_is_listed_in_the_readme(self):
        thing, other = idl.parse(GOOD), idl.parse("# All\n# of it, as in io.example.\n#\n# More.\ninterface io.example.Zero\n")
        old = document.with_list(f"before\n{document.LIST_BEGIN}{document.LIST_END}after\n", [thing])
        new = document.with_list(old, [thing, other])
        self.assertEqual(new, f"before\n{document.LIST_BEGIN}- [io.example.Thing](io.example.Thing.md): What it is for.\n"
                              f"- [io.example.Zero](io.example.Zero.md): All of it, as in io.example.\n{document.LIST_END}after\n")
        for wrong in ("", document.LIST_BEGIN, document.LIST_END):
            with self.assertRaisesRegex(idl.Mistake, "no place for the list"):
                document.with_list(wrong, [thing])
        with self.assertRaisesRegex(idl.Mistake, "io.example.Bare: its comment has no sentence"):
            document.with_list(old, [idl.parse("interface io.example.Bare")])

    def test_a_readme_that_leaves_an_interface_out_is_out_of_date(self):
        import shutil
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(API.parent / "docs/api", folder, dirs_exist_ok=True)
            readme = pathlib.Path(folder, "README.md")
            lines = readme.read_text().splitlines(keepends=True)
            readme.write_text("".join(line for line in lines if not line.startswith("- [io.bulkhead.Power]")))
            command = [sys.executable, "-B", API / "document.py", folder]
            checked = subprocess.run([*command, "--check"], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 1)
            self.assertIn("docs/api/README.md is out of date", checked.stderr)
            subprocess.run(command, check=True)
            self.assertEqual(readme.read_text(), "".join(lines))

    def test_the_page_of_a_method_says_all(self):
        page = document.interface_page(idl.parse(GOOD))
        for wanted in ("Does it.", "only the system reaches the device.", "3 at a time.", "[Broken](#error-broken)",
                       "[Pair](#type-pair)", '<- {"parameters": {"ok": true}}', '`"small"`'):
            self.assertIn(wanted, page)

    def test_c_tables_refuse_what_sd_varlink_cannot_say(self):
        with self.assertRaisesRegex(idl.Mistake, "cannot say"):
            generate_c.source(idl.parse("interface a.b\nmethod M(x: []?int) -> ()"))
        with self.assertRaisesRegex(idl.Mistake, "give the type of x a name"):
            generate_c.source(idl.parse("interface a.b\nmethod M(x: (a: int)) -> ()"))
        with self.assertRaisesRegex(idl.Mistake, "T holds itself"):
            generate_c.source(idl.parse("interface a.b\ntype T (x: ?T)"))

    def test_c_tables_name_types_before_their_users(self):
        lines = "\n".join(generate_c.source(idl.parse("interface a.b\ntype A (x: B)\ntype B (y: int)")))
        self.assertLess(lines.index("bk_api_a_b_type_B ="), lines.index("bk_api_a_b_type_A ="))


if __name__ == "__main__":
    unittest.main()
