"""The report in a browser: what it shows, where its marks lead, and that no text of it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from chromium import Tab, counts, settled

from narrative.report import write_report

VIEWS = ("overview", "framings", "time", "battle", "ledger", "validity")


@pytest.fixture(scope="module")
def report(report_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(report_run, path)
    return path


@pytest.mark.parametrize("view", VIEWS)
def test_a_hostile_corpus_triggers_nothing_in_any_view(tab: Tab, report: Path, view: str) -> None:
    page = tab.open(report, f"#view={view}")
    settled(page)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, iframe, a[href^='javascript']").count() == 0
    assert "\u202e" not in page.inner_text("body")
    assert page.locator("nav a[aria-current]").inner_text() == page.inner_text("#view-title")


def test_a_hostile_claim_triggers_nothing_in_its_document(tab: Tab, report: Path) -> None:
    page = tab.open(report, "#claim=d1%3A03")
    assert "onerror" in page.inner_text("#here")
    assert "\\u202e" in page.inner_text("#here")
    assert page.evaluate("window.hacked") is None
    assert page.locator("dialog img, dialog a[href^='javascript']").count() == 0


def test_a_script_in_the_page_itself_does_not_run(
    browser: Any, report: Path, tmp_path: Path
) -> None:
    html = report.read_text(encoding="utf-8")
    bad = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1></body>"
    path = tmp_path / "bad.html"
    path.write_text(html.replace("</body>", bad), encoding="utf-8")
    tab = Tab(browser)
    page = tab.open(path)
    page.wait_for_timeout(100)
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in c for c in tab.complaints)
    tab.context.close()


def test_filter_figure_claim_sentence(tab: Tab, report: Path) -> None:
    page = tab.open(report)
    assert page.inner_text("#count") == "all 36 claims"
    page.get_by_label("quoted").check()
    assert page.inner_text("#count") == "9 of 36 claims"
    assert "voice=quoted" in page.url
    settled(page)
    page.locator("#view .mark-rect path").first.click()
    assert "pick=" in page.url
    assert page.evaluate("document.activeElement.id") == "claims-title"
    assert page.locator("#pick").is_visible()
    first = page.locator("#list .row").first
    text = first.locator(".said").inner_text()
    first.click()
    assert page.inner_text("#here") == text
    assert text in page.inner_text("dialog .sentence")
    assert "They said that" in page.inner_text("dialog .sentence")
    for word in ("Speaker", "Voice", "Said on", "P(for)", "Model error", "Identifier", "SHA-256"):
        assert word in page.inner_text("dialog")
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "claim=" not in url)
    assert page.evaluate("document.activeElement.id") == "list"


def test_marks_of_every_figure_lead_to_claims(tab: Tab, report: Path) -> None:
    kinds = {"framings": "rect", "time": "symbol", "battle": "rect", "ledger": "symbol"}
    for view, kind in kinds.items():
        page = tab.open(report, f"#view={view}")
        settled(page)
        page.locator(f"#view .mark-{kind}.role-mark path").first.click()
        page.wait_for_selector("#pick")
        assert page.locator("#list .row").count() > 0


def test_the_table_counts_what_its_links_lead_to(tab: Tab, report: Path) -> None:
    for view in ("overview", "framings", "time", "battle"):
        page = tab.open(report, f"#view={view}")
        settled(page)
        page.locator(".figure-table summary").click()
        link = page.locator(".figure-table tbody a").first
        n = link.inner_text()
        link.click()
        assert page.inner_text("#count") == f"{n} of 36 claims"


def test_search_finds_words_of_claims_and_speakers(tab: Tab, report: Path) -> None:
    page = tab.open(report)
    page.fill("#q", "NUMBER7")
    counts(page, "3 of 36 claims")
    assert "q=NUMBER7" in page.url
    page.fill("#q", "number7 staff")
    counts(page, "0 of 36 claims")
    page.fill("#q", "number1 staff")
    counts(page, "3 of 36 claims")


def test_a_link_shows_the_same_and_back_goes_back(tab: Tab, report: Path) -> None:
    page = tab.open(report)
    page.get_by_label("quoted").check()
    page.get_by_role("link", name="Battle").click()
    page.fill("#from", "2025-11-01")
    page.locator("#from").dispatch_event("change")
    counted, url = page.inner_text("#count"), page.url
    page.go_back()
    page.go_back()
    assert page.inner_text("#view-title") == "Overview"
    assert page.inner_text("#count") == "9 of 36 claims"
    again = tab.open(report, "#" + url.split("#")[1])
    assert again.inner_text("#count") == counted
    assert again.inner_text("#view-title") == "Battle"
    assert again.input_value("#from") == "2025-11-01"


def test_dates_are_spans(tab: Tab, report: Path) -> None:
    page = tab.open(report, "#from=2025-09-25&to=2025-09-30")
    # Three claims are of "September", the others of other days.
    assert page.inner_text("#count") == "3 of 36 claims"


def test_the_keyboard_is_enough(tab: Tab, report: Path) -> None:
    page = tab.open(report)
    settled(page)

    def tab_to(wanted: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({wanted!r})"):
                return
        raise AssertionError(f"{wanted} was not reached")

    tab_to("nav a[href*='view=battle']")
    page.keyboard.press("Enter")
    settled(page)
    assert page.inner_text("#view-title") == "Battle"
    tab_to(".figure-table summary")
    page.keyboard.press("Enter")
    tab_to(".figure-table a")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "claims-title"
    tab_to("#list")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#list", "aria-activedescendant") == "row1"
    assert page.get_attribute("#row1", "aria-selected") == "true"
    page.keyboard.press("Enter")
    assert page.locator("#here").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "list"
    page.keyboard.press("End")
    last = page.get_attribute("#list", "aria-activedescendant")
    assert page.locator(f"#{last}").get_attribute("aria-posinset") == page.locator(
        f"#{last}"
    ).get_attribute("aria-setsize")


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_axe_finds_no_serious_violation(browser: Any, report: Path, size: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # The policy of the page lets no other script in; here alone it is set aside.
    tab = Tab(browser, size, color_scheme=scheme, bypass_csp=True)
    for fragment in (*(f"#view={v}" for v in VIEWS), "#claim=d2%3A04"):
        page = tab.open(report, fragment)
        settled(page)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found = Axe().run(page).response["violations"]
        serious = [
            (v["id"], v["nodes"][0]["html"][:200])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert serious == [], fragment
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{fragment} is wider than the {size}"
    tab.context.close()


def test_without_text_claims_are_found_by_identifier(
    tab: Tab, report_run: Path, tmp_path: Path
) -> None:
    write_report(report_run, tmp_path / "r.html", with_text=False)
    page = tab.open(tmp_path / "r.html", "#claim=d2%3A04")
    assert "left out" in page.inner_text("dialog")
    assert "ab" * 32 in page.inner_text("dialog")
    assert "number4" not in page.inner_text("body")


def test_without_script_the_overview_is_read(browser: Any, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert "Stance by camp" in page.inner_text("body")
    assert "not by 2026-01-01" in page.inner_text("body")
    context.close()


def test_events_are_rules_with_a_list_beside_them(tab: Tab, report: Path) -> None:
    page = tab.open(report, "#view=time&toward=f")
    settled(page)
    box = page.locator("#view svg .mark-rule.role-mark line[opacity='0.001']").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)  # above the line of zero
    assert "2025-10-15" in page.inner_text("#tip")
    assert page.locator("#tip img").count() == 0
    page.locator("#view .events summary").click()
    listed = page.locator("#view .events li").all_inner_texts()
    assert [t.split()[0] for t in listed] == ["2025-10-15", "2025-11"]  # none of 2031
    assert "\\u202e" in listed[0]  # a label is text, too
    assert page.evaluate("window.hacked") is None


TITLES = ["Overview", "Framings", "Stance over time", "Battle", "Ledger", "Validity"]


def test_paper_has_every_view_and_no_controls(tab: Tab, report: Path) -> None:
    page = tab.open(report, "#view=validity&voice=quoted")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#paper h2").all_inner_texts() == TITLES
    assert all(h.is_visible() for h in page.locator("#paper h2").all())
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#view").is_visible()
    assert "Narrowed to voice: quoted." in page.inner_text("#paper")
    assert page.locator("#printed > li").count() == 9
    assert page.inner_text("#printed-count") == "9 of 9 claims are printed; the run has 36."
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#printed > li").count() == 0
    assert page.locator("#paper > *").count() == 0


def test_validity_gives_each_steps_error_with_interval_and_n(tab: Tab, report: Path) -> None:
    page = tab.open(report, "#view=validity")
    rows = page.locator("caption:has-text('Measured error of each step')").locator("xpath=..")
    text = rows.inner_text()
    pattern = r"place\s+right, of those resolved \(rules\)\s+0\.\d\d \[0\.\d\d, 0\.\d\d\]\s+\d{3}"
    assert re.search(pattern, text)


def test_figures_stand_on_paper_in_light_colours(browser: Any, report: Path) -> None:
    """The browser lays out the pages when what hears of printing is done, not when we say so."""
    tab = Tab(browser, color_scheme="dark")
    tab.page.add_init_script("""addEventListener("afterprint", () => {
      const paper = [...document.querySelectorAll("#paper svg")];
      window.printed = paper.map((svg) => svg.querySelector("text").getAttribute("fill"));
    });""")
    page = tab.open(report, "#view=validity")
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    assert page.evaluate("window.printed") == ["#1b1b1b"] * 5
    tab.context.close()
