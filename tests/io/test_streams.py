"""What is printed from elsewhere, and cannot steer the terminal."""

import logging

from gan_cli.io.streams import ReportLine


def test_what_a_module_reports_is_one_line_of_the_command():
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "%s: lost", ("\x1b[2J",), None)
    assert ReportLine("gan-train").format(record) == "gan-train: warning: \\x1b[2J: lost"
