"""Runs a Catch2 program as a suite:  catch_suite.py SUITE PROGRAM [ARGUMENT...]

A test case says that it cannot run here by printing a line `skipped: REASON`; it still counts as one of the suite's.
"""

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml


def main():
    suite, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        done = subprocess.run([*command, "--reporter", "xml", "--out", report], stdout=subprocess.PIPE, text=True,
                              errors="replace", check=False)
        print(done.stdout, end="")
        try:
            cases = list(xml.parse(report).iter("TestCase"))
        except (OSError, xml.ParseError) as error:
            print(f"{suite}: no report: {error}; the program ended with status {done.returncode}")
            cases = []
    results = [(case, case.find("OverallResult").get("success") == "true") for case in cases]
    failed = [case for case, good in results if not good]
    for case in failed:
        print(f"FAILED  {case.get('name')}")
        subprocess.run([*command, re.sub(r"([\\,\[\]*])", r"\\\1", case.get("name"))], check=False)
    skipped = len(re.findall(r"^skipped: ", done.stdout, re.MULTILINE))
    broken = 1 if done.returncode and not failed else 0
    passed = len(cases) - len(failed) - skipped
    print(f"{suite}: {passed} passed, {len(failed) + broken} failed, {skipped} skipped")
    return 1 if failed or broken or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
