from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.dating import AFTER, find_dates, publication_range

PUBLISHED = "2025-12-18"  # a Thursday


def _found(text: str, published: str = PUBLISHED, lang: str = "en") -> list[str]:
    """Return each date as its first day, last day if another, and precision."""
    out = []
    for d in find_dates(text, published, lang):
        days = f"{d.first}" if d.first == d.last else f"{d.first}..{d.last}"
        out.append(f"{days} {d.precision}" + (f" {d.flag}" if d.flag else ""))
    return out


def _day(*days: str) -> list[str]:
    return [f"{d} day" for d in days]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # a weekday is the latest that is not after publication
        ("It fell on Thursday.", _day("2025-12-18")),
        ("It fell on Wednesday.", _day("2025-12-17")),
        ("It fell on Friday.", _day("2025-12-12")),
        ("Friday’s attack failed.", _day("2025-12-12")),
        ("It fell on Sunday and rose on Monday.", _day("2025-12-14", "2025-12-15")),
        ("It fell last Friday.", _day("2025-12-12")),
        ("It fell last Thursday.", _day("2025-12-11")),
        ("They meet next Monday.", _day("2025-12-22")),
        ("They meet next Thursday.", _day("2025-12-25")),
        # words for days
        ("It fell yesterday.", _day("2025-12-17")),
        ("It fell today.", _day("2025-12-18")),
        ("It falls tonight.", _day("2025-12-18")),
        ("They meet tomorrow.", _day("2025-12-19")),
        ("It fell the day before yesterday.", _day("2025-12-16")),
        # days with a month, in every order
        ("It fell on 9 December 2025.", _day("2025-12-09")),
        ("It fell on December 9, 2025, at noon.", _day("2025-12-09")),
        ("It fell on 2025-12-09.", _day("2025-12-09")),
        ("It fell on 9 December.", _day("2025-12-09")),
        ("It fell on December 9.", _day("2025-12-09")),
        ("It fell on Dec. 9.", _day("2025-12-09")),
        ("It fell on the 9th of December.", _day("2025-12-09")),
        ("It fell on December 9th.", _day("2025-12-09")),
        ("It fell on Tuesday, December 9.", _day("2025-12-09")),
        ("It fell on Tuesday 9 December 2025.", _day("2025-12-09")),
        ("It fell on 1 May.", _day("2025-05-01")),
        ("It fell on 3 Sept 2024.", _day("2024-09-03")),
        ("It fell on 18 December.", _day("2025-12-18")),
        # without a year: the latest that is not after publication, and that exists
        ("It fell on 25 December.", _day("2024-12-25")),
        ("It fell on 29 February.", _day("2024-02-29")),
        ("It fell on 30 February.", []),
        ("It fell on 31 November 2025.", []),
        # two dates, with nothing between them but a dash
        ("9 December 2025 - 12 December 2025", _day("2025-12-09", "2025-12-12")),
        # counted from publication
        ("It fell three days ago.", _day("2025-12-15")),
        ("It fell 10 days ago.", _day("2025-12-08")),
        ("It fell eleven days ago.", _day("2025-12-07")),
        ("It fell a week ago.", _day("2025-12-11")),
        ("It fell two weeks ago.", _day("2025-12-04")),
        ("It fell two months ago.", ["2025-10-01..2025-10-31 month"]),
        ("It fell ten months ago.", ["2025-02-01..2025-02-28 month"]),
        ("It fell a year ago.", ["2024-01-01..2024-12-31 year"]),
        ("It fell three years ago.", ["2022-01-01..2022-12-31 year"]),
        # counted from the date before
        ("On 2 December it fell; a week later it rose.", _day("2025-12-02", "2025-12-09")),
        (
            "On 2 December it fell; a week later, on 9 December, it rose.",
            _day("2025-12-02", "2025-12-09", "2025-12-09"),
        ),
        (
            "On 2 December it fell, two days later it rose and three days later it burned.",
            _day("2025-12-02", "2025-12-04", "2025-12-07"),
        ),
        ("On 20 November it fell. Two days earlier it stood.", _day("2025-11-20", "2025-11-18")),
        ("On 20 November it fell, as it had two days before.", _day("2025-11-20", "2025-11-18")),
        (
            "It fell on 31 January 2025. A month later it rose.",
            ["2025-01-31 day", "2025-02-01..2025-02-28 month"],
        ),
        ("On 20 November it fell, two days before the mayor left.", _day("2025-11-20")),
        # nothing to count from: left out, not guessed
        ("Twelve days later it rose.", []),
        ("A week later, on 9 December, it rose.", _day("2025-12-09")),
        ("In May it fell. Two days later it rose.", ["2025-05-01..2025-05-31 month"]),
        # weeks count as months
        ("It fell last week.", ["2025-12-08..2025-12-14 month"]),
        ("It fell this week.", ["2025-12-15..2025-12-21 month"]),
        ("They meet next week.", ["2025-12-22..2025-12-28 month"]),
        ("They met this past weekend.", ["2025-12-13..2025-12-14 month"]),
        ("They met last weekend.", ["2025-12-13..2025-12-14 month"]),
        # months
        ("It fell in November.", ["2025-11-01..2025-11-30 month"]),
        ("It fell in December.", ["2025-12-01..2025-12-31 month"]),
        ("It has stood since January.", ["2025-01-01..2025-01-31 month"]),
        ("It fell in early March 2024.", ["2024-03-01..2024-03-31 month"]),
        ("It fell in February 2024.", ["2024-02-01..2024-02-29 month"]),
        ("It fell in late August.", ["2025-08-01..2025-08-31 month"]),
        ("It fell in mid-July.", ["2025-07-01..2025-07-31 month"]),
        ("It fell at the end of June.", ["2025-06-01..2025-06-30 month"]),
        ("It fell last October.", ["2025-10-01..2025-10-31 month"]),
        ("It fell last December.", ["2024-12-01..2024-12-31 month"]),
        ("It fell in Sept. 2024.", ["2024-09-01..2024-09-30 month"]),
        ("It fell last month.", ["2025-11-01..2025-11-30 month"]),
        ("It fell this month.", ["2025-12-01..2025-12-31 month"]),
        ("They meet next month.", ["2026-01-01..2026-01-31 month"]),
        # seasons, of three months; winter begins in December
        ("It fell in the spring of 2024.", ["2024-03-01..2024-05-31 season"]),
        ("It fell in the winter of 2023.", ["2023-12-01..2024-02-29 season"]),
        ("It fell last summer.", ["2025-06-01..2025-08-31 season"]),
        ("It fell this autumn.", ["2025-09-01..2025-11-30 season"]),
        ("It fell last autumn.", ["2025-09-01..2025-11-30 season"]),
        ("It is cold this winter.", ["2025-12-01..2026-02-28 season"]),
        ("It fell last winter.", ["2024-12-01..2025-02-28 season"]),
        # years
        ("It fell in 2022.", ["2022-01-01..2022-12-31 year"]),
        ("It has stood since 2014.", ["2014-01-01..2014-12-31 year"]),
        ("It fell last year.", ["2024-01-01..2024-12-31 year"]),
        ("It fell this year.", ["2025-01-01..2025-12-31 year"]),
        ("It fell earlier this year.", ["2025-01-01..2025-12-31 year"]),
        ("They meet next year.", ["2026-01-01..2026-12-31 year"]),
        # "that year" is the year of the expression before
        (
            "In March 2022 it fell. It rose in September of that year.",
            ["2022-03-01..2022-03-31 month", "2022-09-01..2022-09-30 month"],
        ),
        (
            "In 2022 it fell. It rose in September of that year.",
            ["2022-01-01..2022-12-31 year", "2022-09-01..2022-09-30 month"],
        ),
        (
            "On 4 March 2022 it fell. It rose in the autumn of that year.",
            ["2022-03-04 day", "2022-09-01..2022-11-30 season"],
        ),
        (
            "In 2021 it stood. In 2022 it fell. It rose in September of the same year. In 2023 it "
            "fell.",
            [
                "2021-01-01..2021-12-31 year",
                "2022-01-01..2022-12-31 year",
                "2022-09-01..2022-09-30 month",
                "2023-01-01..2023-12-31 year",
            ],
        ),
        ("It rose in September of that year.", []),
        # after publication: believed as it stands, and flagged
        ("It fell on 12 December 2026.", [f"2026-12-12 day {AFTER}"]),
        ("It fell in March 2026.", [f"2026-03-01..2026-03-31 month {AFTER}"]),
        ("It fell on 2025-12-19.", [f"2025-12-19 day {AFTER}"]),
        ("It fell on 18 December 2025.", _day("2025-12-18")),
        ("It fell in December 2025.", ["2025-12-01..2025-12-31 month"]),
        # no dates
        ("It may fall.", []),
        ("They march on the town.", []),
        ("They march 12 kilometres.", []),
        ("For the second time, it fell.", []),
        ("They lost 2025 men.", []),
        ("It fell at 48.30 and 12.5.", []),
        ("Sunday-school hymns", _day("2025-12-14")),
        ("The sun set and May-Britt left.", []),
        ("In decline and in marching order.", []),
        ("", []),
    ],
)
def test_gold(text: str, found: list[str]) -> None:
    assert _found(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # ranges are one expression
        ("It fell on 12-14 December.", ["2025-12-12..2025-12-14 day"]),
        ("It fell on December 12–14.", ["2025-12-12..2025-12-14 day"]),
        ("It fell on December 12–14, 2024.", ["2024-12-12..2024-12-14 day"]),
        ("It burned from 12 to 14 December.", ["2025-12-12..2025-12-14 day"]),
        ("It burned on 12 and 13 December.", ["2025-12-12..2025-12-13 day"]),
        ("It burned between 9 December and 12 December.", ["2025-12-09..2025-12-12 day"]),
        ("It burned from 28 November to 3 December 2024.", ["2024-11-28..2024-12-03 day"]),
        ("It burned from 28 December to 3 January 2024.", ["2023-12-28..2024-01-03 day"]),
        ("It burned from 14 to 12 December.", []),
        ("It burned on December 9 and December 12.", _day("2025-12-09", "2025-12-12")),
        ("It burned from September to November 2024.", ["2024-09-01..2024-11-30 month"]),
        ("It burned between November and January 2024.", ["2023-11-01..2024-01-31 month"]),
        ("It burned between September and November.", ["2025-09-01..2025-11-30 month"]),
        ("It stood from 2014 to 2022.", ["2014-01-01..2022-12-31 year"]),
        ("It burned in 2022-2023.", ["2022-01-01..2023-12-31 year"]),
        # parts count as the whole
        ("It fell in late October.", ["2025-10-01..2025-10-31 month"]),
        ("It fell in mid-November.", ["2025-11-01..2025-11-30 month"]),
        ("It fell in early 2025.", ["2025-01-01..2025-12-31 year"]),
        ("It fell at the end of 2025.", ["2025-01-01..2025-12-31 year"]),
        ("It fell late last year.", ["2024-01-01..2024-12-31 year"]),
        ("It fell earlier in the year.", ["2025-01-01..2025-12-31 year"]),
        # up to publication
        ("It burned over the past two weeks.", ["2025-12-04..2025-12-18 month"]),
        ("It burned in the last three days.", ["2025-12-15..2025-12-18 day"]),
        ("Over the past month, it burned.", ["2025-11-18..2025-12-18 month"]),
        ("It burned over the weekend.", ["2025-12-13..2025-12-14 month"]),
        # time of day is ignored
        ("It fell this morning.", _day("2025-12-18")),
        ("It fell last night.", _day("2025-12-17")),
        ("It fell on Friday night.", _day("2025-12-12")),
        ("It fell yesterday evening.", _day("2025-12-17")),
        ("It fell at 14:30 on 9 December.", _day("2025-12-09")),
        ("It fell overnight.", ["2025-12-17..2025-12-18 day"]),
        ("It fell on Friday as fires burned overnight.", _day("2025-12-12")),
        ("It fell overnight on Friday.", _day("2025-12-12")),
        # other orders and years
        ("It fell on Dec. 12.", _day("2025-12-12")),
        ("It fell on the 12th of December.", _day("2025-12-12")),
        ("It fell on 12 December last year.", _day("2024-12-12")),
        ("It fell in March this year.", ["2025-03-01..2025-03-31 month"]),
        ("It fell in the spring of last year.", ["2024-03-01..2024-05-31 season"]),
        ("It may fall by spring 2026.", [f"2026-03-01..2026-05-31 season {AFTER}"]),
        ("It may fall next spring.", ["2026-03-01..2026-05-31 season"]),
        ("It may fall next March.", ["2026-03-01..2026-03-31 month"]),
        ("It fell in the summer.", ["2025-06-01..2025-08-31 season"]),
        ("It froze in the winter of 2023-24.", ["2023-12-01..2024-02-29 season"]),
        # a day of the month before it, or the latest
        (
            "In November it fell; on the 12th it rose.",
            ["2025-11-01..2025-11-30 month", *_day("2025-11-12")],
        ),
        ("On the 12th, it fell.", _day("2025-12-12")),
        ("It fell on the 20th.", _day("2025-11-20")),
        ("It fell on the 12th floor.", []),
        # relative to the day before it
        ("On 9 December it fell and the same day it rose.", _day("2025-12-09", "2025-12-09")),
        ("On 9 December it fell. The following day it rose.", _day("2025-12-09", "2025-12-10")),
        ("On 9 December it fell. A day earlier it stood.", _day("2025-12-09", "2025-12-08")),
        ("On 9 December it fell. The day before, it stood.", _day("2025-12-09", "2025-12-08")),
        ("On 9 December it fell, the day before the mayor left.", _day("2025-12-09")),
        (
            "From 9 to 11 December it burned. Two days later it fell.",
            ["2025-12-09..2025-12-11 day", *_day("2025-12-13")],
        ),
        ("The following day it rose.", []),
        # what counts from a slip is flagged as the slip is
        (
            "On 9 December 2026 it fell. Two days later it rose.",
            [f"2026-12-09 day {AFTER}", f"2026-12-11 day {AFTER}"],
        ),
        # numeric dates, unless the month could be the day
        ("It fell on 13/11/2025 or 11/13/2025.", _day("2025-11-13", "2025-11-13")),
        ("It fell on 12/12/2025.", _day("2025-12-12")),
        ("It fell on 12/11/2025 or 12.11.2025.", []),
        ("It fell on 2025/12/09.", _day("2025-12-09")),
        ("It runs version 1.12.2025.3 on 10.12.12.2025.", []),
        # no dates
        ("The line was held by 2000 men.", []),
        ("It was held by 2000 Russian soldiers.", []),
        ("It stood in 2000 villages and cost $2000 in all.", []),
        ("It grew by 2000 percent and by 2000%.", []),
        ("It stood in the 1990s, the 2010s and the 19th century.", []),
        ("The T-72 and the Su-35 under Article 5 and Resolution 2202.", []),
        ("It lost 12-14 and won by 3-1.", []),
        ("It was hit on Mondays in the fall of the town.", []),
        ("Prices fell half a year ago.", []),
        ("It fell in the last week of March.", []),
        ("It fell on December 9, 2500 men with it.", _day("2025-12-09")),
    ],
)
def test_gold_of_news(text: str, found: list[str]) -> None:
    assert _found(text) == found


def test_what_is_far_away_is_not_counted_from() -> None:
    text = "On 9 December it fell. " + "The mill stood. " * 100 + "Two days later it rose."
    assert _found(text) == _day("2025-12-09")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Він упав 12 грудня 2025 року.", _day("2025-12-12")),
        ("Він упав 12 грудня.", _day("2025-12-12")),
        ("Він упав 25 грудня.", _day("2024-12-25")),
        ("Він упав 12.11.2025.", _day("2025-11-12")),
        ("Він упав у вівторок, 9 грудня.", _day("2025-12-09")),
        ("Він горів з 12 до 14 грудня.", ["2025-12-12..2025-12-14 day"]),
        ("Він горів 12–14 грудня 2024 року.", ["2024-12-12..2024-12-14 day"]),
        ("Він упав у грудні.", ["2025-12-01..2025-12-31 month"]),
        ("Він упав наприкінці жовтня.", ["2025-10-01..2025-10-31 month"]),
        ("Він упав у листопаді 2024 року.", ["2024-11-01..2024-11-30 month"]),
        ("Він упав у грудні минулого року.", ["2024-12-01..2024-12-31 month"]),
        ("Він упав минулого тижня.", ["2025-12-08..2025-12-14 month"]),
        ("Він горів на вихідних.", ["2025-12-13..2025-12-14 month"]),
        ("Він упав минулого місяця.", ["2025-11-01..2025-11-30 month"]),
        ("Він горів за останні два тижні.", ["2025-12-04..2025-12-18 month"]),
        ("Він упав учора.", _day("2025-12-17")),
        ("Він упав позавчора, а сьогодні постав.", _day("2025-12-16", "2025-12-18")),
        ("Він упав у п'ятницю.", _day("2025-12-12")),
        ("Він упав у п’ятницю ввечері.", _day("2025-12-12")),
        ("Він упав минулого четверга.", _day("2025-12-11")),
        ("Він упав три дні тому.", _day("2025-12-15")),
        ("Він упав тиждень тому.", _day("2025-12-11")),
        ("Він упав кілька днів тому.", []),
        ("Він упав 9 грудня. Наступного дня він постав.", _day("2025-12-09", "2025-12-10")),
        ("Він упав 9 грудня. Через два дні він постав.", _day("2025-12-09", "2025-12-11")),
        ("Він упав навесні 2024 року.", ["2024-03-01..2024-05-31 season"]),
        ("Він упав влітку.", ["2025-06-01..2025-08-31 season"]),
        ("Він упав у 2022 році.", ["2022-01-01..2022-12-31 year"]),
        ("Він упав торік.", ["2024-01-01..2024-12-31 year"]),
        ("Він стояв у 1990-х роках і коштував 2000 гривень.", []),
        ("Він упав у лютому бою.", []),
        ("It fell on 9 December.", []),
    ],
)
def test_gold_in_ukrainian(text: str, found: list[str]) -> None:
    assert _found(text, lang="uk") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Он пал 12 декабря 2025 года.", _day("2025-12-12")),
        ("Он пал 12 декабря.", _day("2025-12-12")),
        ("Он пал 25 декабря.", _day("2024-12-25")),
        ("Он пал 12.11.2025.", _day("2025-11-12")),
        ("Он пал во вторник, 9 декабря.", _day("2025-12-09")),
        ("Он горел с 12 по 14 декабря.", ["2025-12-12..2025-12-14 day"]),
        ("Он пал в декабре.", ["2025-12-01..2025-12-31 month"]),
        ("Он пал в конце октября.", ["2025-10-01..2025-10-31 month"]),
        ("Он пал в ноябре 2024 года.", ["2024-11-01..2024-11-30 month"]),
        ("Он пал в декабре прошлого года.", ["2024-12-01..2024-12-31 month"]),
        ("Он пал на прошлой неделе.", ["2025-12-08..2025-12-14 month"]),
        ("Он горел в выходные.", ["2025-12-13..2025-12-14 month"]),
        ("Он пал в прошлом месяце.", ["2025-11-01..2025-11-30 month"]),
        ("Он горел за последние две недели.", ["2025-12-04..2025-12-18 month"]),
        ("Он пал вчера.", _day("2025-12-17")),
        ("Он пал позавчера, а сегодня утром встал.", _day("2025-12-16", "2025-12-18")),
        ("Он пал в пятницу.", _day("2025-12-12")),
        ("Он пал в прошлый четверг.", _day("2025-12-11")),
        ("Он пал три дня назад.", _day("2025-12-15")),
        ("Он пал неделю назад.", _day("2025-12-11")),
        ("Он пал несколько дней назад.", []),
        ("Он пал 9 декабря. На следующий день он встал.", _day("2025-12-09", "2025-12-10")),
        ("Он пал 9 декабря. Спустя два дня он встал.", _day("2025-12-09", "2025-12-11")),
        ("Он пал весной 2024 года.", ["2024-03-01..2024-05-31 season"]),
        ("Он пал в 2022 году.", ["2022-01-01..2022-12-31 year"]),
        ("Он пал в прошлом году.", ["2024-01-01..2024-12-31 year"]),
        ("Он стоял в 1990-х годах и стоил 2000 рублей.", []),
        ("Он попал в среду обитания.", []),
    ],
)
def test_gold_in_russian(text: str, found: list[str]) -> None:
    assert _found(text, lang="ru") == found


@pytest.mark.parametrize("lang", ["pl", "xx", "", "../en"])
def test_a_language_without_words_has_numeric_dates_only(lang: str) -> None:
    text = "On 9 December, w piątek, 2025-12-09, 13.11.2025, 12.11.2025."
    assert _found(text, lang=lang) == _day("2025-12-09", "2025-11-13")


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("It fell yesterday.", "2025-12", ["2025-12-01..2025-12-31 month"]),
        ("It fell on Friday.", "2025-12", ["2025-12-01..2025-12-31 month"]),
        ("It fell three days ago.", "2025", ["2025-01-01..2025-12-31 year"]),
        ("It fell last week.", "2025-12", ["2025-12-01..2025-12-31 month"]),
        ("It fell two months ago.", "2025-12", ["2025-10-01..2025-10-31 month"]),
    ],
)
def test_no_closer_than_publication(text: str, published: str, found: list[str]) -> None:
    assert _found(text, published) == found


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("It fell a month ago.", "2025-12-31", ["2025-11-01..2025-11-30 month"]),
        ("It fell a month ago.", "2025-03-30", ["2025-02-01..2025-02-28 month"]),
        ("It fell two months ago.", "2026-01-19", ["2025-11-01..2025-11-30 month"]),
        ("It fell last month.", "2026-01-19", ["2025-12-01..2025-12-31 month"]),
        ("It fell on 25 December.", "2026-01-19", _day("2025-12-25")),
        ("It fell in December.", "2026-01-19", ["2025-12-01..2025-12-31 month"]),
        ("It is cold this winter.", "2026-01-19", ["2025-12-01..2026-02-28 season"]),
        ("It fell last winter.", "2026-01-19", ["2024-12-01..2025-02-28 season"]),
        ("It fell last autumn.", "2026-01-19", ["2025-09-01..2025-11-30 season"]),
        ("It fell on 12 December 2026.", "2026-01-19", [f"2026-12-12 day {AFTER}"]),
        ("It fell a year ago.", "2024-12-31", ["2023-01-01..2023-12-31 year"]),
        # published in a month or a year: counted from its last day
        ("It fell in November.", "2025-12", ["2025-11-01..2025-11-30 month"]),
        ("It fell on 25 December.", "2025-12", _day("2025-12-25")),
        ("It fell on 25 December 2025.", "2025-12", _day("2025-12-25")),
        ("It fell in November.", "2025", ["2025-11-01..2025-11-30 month"]),
        ("It fell in 2026.", "2025", [f"2026-01-01..2026-12-31 year {AFTER}"]),
    ],
)
def test_other_publication_dates(text: str, published: str, found: list[str]) -> None:
    assert _found(text, published) == found


@pytest.mark.parametrize(
    ("text", "span", "iso"),
    [
        (
            "It fell on Tuesday, December 9, 2025, at noon.",
            "Tuesday, December 9, 2025",
            "2025-12-09",
        ),
        ("It fell in early March 2024.", "early March 2024", "2024-03"),
        ("It fell last week.", "last week", "2025-12"),
        ("It fell in the spring of 2024.", "in the spring of 2024", "2024-03"),
        ("It fell in 2022.", "in 2022", "2022"),
        ("It fell on 9 December.", "9 December", "2025-12-09"),
        ("It fell on 9 Dec.", "9 Dec", "2025-12-09"),
        ("It fell in November.", "in November", "2025-11"),
        ("It fell two weeks ago.", "two weeks ago", "2025-12-04"),
    ],
)
def test_span_and_iso(text: str, span: str, iso: str) -> None:
    (found,) = find_dates(text, PUBLISHED)
    assert iso == found.iso()
    assert span in text[found.start : found.end]
    assert text[found.start : found.end] in f"on {span}"


@pytest.mark.parametrize(
    ("published", "first", "last"),
    [
        ("2025-12-18", date(2025, 12, 18), date(2025, 12, 18)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_publication_range(published: str, first: date, last: date) -> None:
    assert publication_range(published) == (first, last)


PIECES = (
    "on Friday ",
    "two days later ",
    "9 December ",
    "12-14 December ",
    "on the 31st. ",
    "31 February 2024 ",
    "in 2022, ",
    "in September of that year ",
    "last winter ",
    "999 years ago ",
    "over the past 999 months ",
    "0000-00-00 ",
    "31.12.0001 ",
    "12/12/2099 ",
    "overnight ",
    "in May ",
    "9 грудня ",
    "у п’ятницю ",
    "через два дні ",
    "в прошлом году ",
    "20",
    "1 ",
    "\n",
)
dated_text = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    ),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=120, derandomize=True)
@given(
    dated_text,
    st.sampled_from(["2025-12-18", "2024-02-29", "2025-12", "2025", "0001-01-01", "9999-12-31"]),
    st.sampled_from(["en", "uk", "ru", "xx"]),
)
def test_dates_are_in_order_apart_and_whole(text: str, published: str, lang: str) -> None:
    at = 0
    dates = find_dates(text, published, lang)
    for found in dates:
        assert at <= found.start < found.end <= len(text)
        assert found.first <= found.last
        assert found.precision in {"day", "month", "season", "year"}
        assert found.first.isoformat().startswith(found.iso())
        at = found.end
    assert find_dates(text, published, lang) == dates


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.text(max_size=80), st.sampled_from(["en", "uk", "ru"]))
def test_any_text_is_read(text: str, lang: str) -> None:
    for found in find_dates(text, PUBLISHED, lang):
        assert text[found.start : found.end].strip()
