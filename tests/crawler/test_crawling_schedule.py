"""Schedules of crawlers: what AWS would refuse is refused before, and a month's runs are counted."""

from __future__ import annotations

import datetime as dt

import pytest

from gluepot.crawler.schedule import problem, runs_a_month

MONDAY = dt.date(2026, 11, 2)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(15 12 * * ? *)",
        "cron(0 8 1 * ? *)",
        "cron(0/15 * ? * MON-FRI *)",
        "cron(0 18 ? * MON-FRI *)",
        "cron(0 10 L * ? *)",
        "cron(0 10 ? * 6L *)",
        "cron(0 10 ? * 2#1 *)",
        "cron(0 10 15W * ? *)",
        "cron(5,35 14 * JAN,JUL ? 2026-2030)",
    ],
)
def test_what_aws_takes_is_taken(expression: str) -> None:
    assert problem(expression) == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rate(5 minutes)", "must be cron"),
        ("15 12 * * ? *", "must be cron"),
        ("cron(15 12 * * ?)", "5 fields in place of 6"),
        ("cron(15 12 * * * *)", "needs a '?'"),
        ("cron(15 12 ? * ? *)", "needs a '?'"),
        ("cron(60 12 * * ? *)", "the minutes cannot be '60'"),
        ("cron(15 24 * * ? *)", "the hours cannot be '24'"),
        ("cron(15 12 0 * ? *)", "the day of month cannot be '0'"),
        ("cron(15 12 * 13 ? *)", "the month cannot be '13'"),
        ("cron(15 12 ? * FUNDAY *)", "the day of week cannot be 'FUNDAY'"),
        ("cron(5-1 12 * * ? *)", "the minutes cannot be '5-1'"),
        ("cron(0/0 12 * * ? *)", "the minutes cannot be '0/0'"),
        ("cron(0/2 * * * ? *)", "more often than every 5 minutes"),
        ("cron(0,58 * * * ? *)", "more often than every 5 minutes"),
    ],
)
def test_what_aws_refuses_is_refused(expression: str, said: str) -> None:
    assert said in problem(expression)


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("cron(15 2 * * ? *)", 30),
        ("cron(0/15 * * * ? *)", 30 * 24 * 4),
        ("cron(0 6,18 ? * MON-FRI *)", 44),  # 22 weekdays from a Monday on
        ("cron(0 8 1 * ? *)", 1),
        ("cron(0 8 ? * SUN *)", 4),
        ("cron(0 8 * JAN ? *)", 0),
        ("cron(0 8 L * ? *)", 1),
        ("cron(0 8 * * ? 2030)", 0),
    ],
)
def test_runs_of_thirty_days_are_counted(expression: str, runs: int) -> None:
    assert runs_a_month(expression, MONDAY) == runs
