from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from narrative.errors import InputError, StudyError
from narrative.framings import FramingSettings
from narrative.study import Files, read_study
from narrative.timeline import TimelineSettings

DOCUMENTS = "doc_id,outlet,published_at,text\nd,Gazette,2025-12-12,The town has fallen.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents.csv").write_text(DOCUMENTS)
    return tmp_path


def _write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_study_has_the_defaults(folder: Path) -> None:
    study = read_study(_write(folder, ""))
    assert study.name == folder.name
    assert (study.lang, study.random_state) == ("en", 0)
    assert study.files == Files()
    assert study.framings == FramingSettings()
    assert study.timeline == TimelineSettings()
    assert study.codebook() is None
    for table in (study.sources(), study.places(), study.events()):
        assert table.empty


def test_what_the_file_says_is_what_the_study_holds(folder: Path) -> None:
    text = """
    [study]
    name = "n"
    title = "T"
    lang = "uk"
    random_state = 7
    [files]
    documents = "documents.csv"
    [encoder]
    model = "some/model"
    revision = "abc"
    [framings]
    min_membership = 1
    discover = false
    [stance]
    model = "some/nli"
    [timeline]
    freq = "week"
    level = 0.9
    """
    study = read_study(_write(folder, text))
    assert (study.name, study.title, study.lang, study.random_state) == ("n", "T", "uk", 7)
    assert (study.encoder.model, study.encoder.revision) == ("some/model", "abc")
    assert (study.stance.model, study.stance.revision) == ("some/nli", "")
    assert study.framings == FramingSettings(min_membership=1, discover=False)
    assert study.timeline == TimelineSettings(freq="week", level=0.9)


def test_a_folder_stands_for_its_study_file(folder: Path) -> None:
    _write(folder, '[study]\nname = "n"')
    assert read_study(folder).name == "n"


def test_the_configuration_knows_no_folder(folder: Path) -> None:
    study = read_study(_write(folder, '[study]\nname = "n"'))
    config = study.config()
    assert "root" not in config
    assert str(folder) not in str(config)


def test_a_study_does_not_change(folder: Path) -> None:
    study = read_study(_write(folder, ""))
    with pytest.raises(FrozenInstanceError):
        study.random_state = 1


def test_a_missing_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"none\.toml: no such study file; 'narrative init DIR'"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(StudyError, match=r"study\.toml: no such study file"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[study", r"study\.toml: not valid TOML \("),
        (
            "[stduy]\n",
            r"unknown table \[stduy\]; expected encoder, files, framings, prefilter, stance, study",
        ),
        ("[study]\nseed = 1", r"unknown key study\.seed; expected one of name, title"),
        ("[files]\nclaims = 'x'", r"unknown key files\.claims; expected one of documents, sources"),
        ("[framings]\nmin_member = 1", r"unknown key framings\.min_member; expected one of"),
        ("[timeline]\nbin = 'day'", r"unknown key timeline\.bin; expected one of freq"),
        ("[stance]\nname = 'x'", r"unknown key stance\.name; expected one of model, revision"),
        ("[encoder]\nname = 'x'", r"unknown key encoder\.name; expected one of model, revision"),
        ("framings = 3", r"framings=3; expected a table \[framings\]"),
        ("study = 'x'", r"study='x'; expected a table \[study\]"),
        ("[study]\nname = 3", r"study\.name=3; expected text in quotation marks"),
        ("[study]\nlang = ['en']", r"study\.lang=\['en'\]; expected text in quotation marks"),
        (
            "[study]\nrandom_state = -1",
            r"study\.random_state=-1; expected a whole number from 0",
        ),
        (
            "[study]\nrandom_state = 1.5",
            r"study\.random_state=1\.5; expected a whole number, with",
        ),
        (
            "[study]\nrandom_state = true",
            r"study\.random_state=True; expected a whole number, with",
        ),
        (
            "[framings]\ndiscover = 'yes'",
            r"framings\.discover='yes'; expected true or false",
        ),
        ("[framings]\ndiscover = 1", r"framings\.discover=1; expected true or false"),
        (
            "[framings]\nmin_cluster_size = 2.5",
            r"min_cluster_size=2\.5; expected a whole number, with",
        ),
        (
            "[framings]\nmin_cluster_size = true",
            r"min_cluster_size=True; expected a whole number, with",
        ),
        ("[framings]\nmin_membership = '1'", r"min_membership='1'; expected a number, with"),
        ("[framings]\nmin_membership = true", r"min_membership=True; expected a number, with"),
        ("[timeline]\nfreq = 1", r"timeline\.freq=1; expected text in quotation marks"),
        ("[files]\ndocuments = 1", r"files\.documents=1; expected text in quotation marks"),
        ("[framings]\nmin_membership = 1.01", r"framings\.min_membership=1\.01; expected 0 to 1"),
        ("[framings]\nmin_membership = nan", r"framings\.min_membership=nan; expected 0 to 1"),
        ("[framings]\ntemperature = 0.0", r"framings\.temperature=0\.0; expected more than 0"),
        ("[framings]\nmin_cluster_size = 1", r"min_cluster_size=1; expected at least 2"),
        ("[framings]\ndistance_threshold = 2.5", r"distance_threshold=2\.5; expected 0 to 2"),
        ("[framings]\ncoarse_threshold = -1", r"coarse_threshold=-1; expected 0 to 2"),
        ("[framings]\nfloor = 1.5", r"framings\.floor=1\.5; expected -1 to 1"),
        ("[framings]\nmin_similarity = -2.0", r"min_similarity=-2\.0; expected -1 to 1"),
        ("[framings]\nstance_weight = -1.0", r"stance_weight=-1\.0; expected 0 to 100"),
        ("[framings]\nn_boot = -1", r"framings\.n_boot=-1; expected at least 0"),
        ("[timeline]\nfreq = 'hour'", r"freq='hour'; expected one of day, week, month, year"),
        ("[timeline]\ninterval = 'wald'", r"interval='wald'; expected one of clustered, bootstrap"),
        ("[timeline]\nn_boot = 0", r"timeline\.n_boot=0; expected at least 1"),
        ("[timeline]\nlevel = 1.0", r"timeline\.level=1\.0; expected between 0 and 1"),
        ("[timeline]\nlevel = 0", r"timeline\.level=0; expected between 0 and 1"),
        ("[timeline]\nmin_docs = 1", r"timeline\.min_docs=1; expected at least 2"),
        ("[files]\nplaces = 'p.csv'", r"files\.places='p\.csv': no such file"),
        ("[files]\ndocuments = 'd.csv'", r"files\.documents='d\.csv': no such file"),
        ("[files]\ndocuments = ''", r"files\.documents is empty; expected the name of a table"),
        ("[files]\ndocuments = '.'", r"files\.documents='\.': is a folder; expected"),
        ("[files]\nevents = '../e.csv'", r"files\.events='\.\./e\.csv' lies outside the study"),
        ("[files]\nevents = '/etc/passwd'", r"files\.events='/etc/passwd' lies outside the study"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        read_study(_write(folder, text))
    # Whatever is wrong, the message ends with what to do.
    assert re.search(r"[.;] ?(Correct|Rename|Write|write|mend|put|copy)\b", str(caught.value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[timeline]\nfreq = 'monthly'",
            "study.toml: timeline.freq='monthly'; expected one of day, week, month, year (perhaps "
            "month?). Correct the line, or remove it for the default month.",
        ),
        (
            "[framings]\nmin_membership = 30",
            "study.toml: framings.min_membership=30; expected 0 to 1. Correct the line, or remove "
            "it for the default 0.3.",
        ),
        (
            "[framings]\nmin_membership = '0.3'",
            "study.toml: framings.min_membership='0.3'; expected a number, without quotation marks"
            ". Correct the line, or remove it for the default 0.3.",
        ),
        (
            "[framings]\ndiscover = 'yes'",
            "study.toml: framings.discover='yes'; expected true or false, without quotation marks"
            ". Correct the line, or remove it for the default true.",
        ),
        (
            "[study]\nname = 2025-12-12",
            "study.toml: study.name=2025-12-12; expected text in quotation marks. Correct the line"
            ", or remove it.",
        ),
        (
            "[timeline]\nfrequency = 'month'",
            "study.toml: unknown key timeline.frequency; expected one of freq, interval, n_boot, "
            "level, min_docs (perhaps freq?). Rename or remove the line.",
        ),
        (
            "[study]\nfreq = 'month'",
            "expected one of name, title, lang, random_state, shipped_sources, attribution, parser "
            "(freq stands in [timeline]). Rename or remove the line.",
        ),
        (
            "name = 'x'",
            "study.toml: key 'name' stands outside the tables [encoder], [files], [framings], "
            "[prefilter], [stance], [study], [timeline] (name stands in [study]); write it",
        ),
        (
            "[stduy]\n",
            "unknown table [stduy]; expected encoder, files, framings, prefilter, stance, study, "
            "timeline (perhaps study?). Rename or remove it.",
        ),
        ("[files]\ndocuments = 'document.csv'", "(perhaps documents.csv?); put it there."),
        (
            "[study]\nlang = 'english'",
            "study.toml: study.lang='english': expected a code of two or three small letters, such "
            "as en, uk or ru; write en.",
        ),
        ("[study]\nlang = ''", "study.lang='': expected a code"),
        (
            "[framings]\n\nmin_membership = 0,3",
            "study.toml, line 3: not valid TOML (Expected newline or end of document after a "
            "statement); got min_membership = 0,3; mend that line: decimals have a point.",
        ),
        (
            '[files]\ndocuments = "C:\\Users\\me\\d.csv"',
            'got documents = "C:\\Users\\me\\d.csv"; mend that line: in quotation marks, f',
        ),
        (
            "[study]\nshipped_sources = True",
            "mend that line: write true or false, in small letters",
        ),
        ("[study]\nname = “x”", "mend that line: quotation marks are straight ones"),
        ("[study]\n[study]\n", "line 2: not valid TOML (Cannot declare ('study',) twice); got"),
        ("[study]\nname = x y", "mend that line: text stands in quotation marks"),
    ],
)
def test_a_slip_gets_its_remedy(folder: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=re.escape(message)):
        read_study(_write(folder, text))


def test_a_folder_in_place_of_a_file_is_named(folder: Path) -> None:
    (folder / "places.csv").mkdir()
    with pytest.raises(StudyError, match=r"files\.places='places\.csv': is a folder; expected a f"):
        read_study(_write(folder, "[files]\nplaces = 'places.csv'"))


def test_what_is_no_study_says_what_is_meant(folder: Path) -> None:
    with pytest.raises(StudyError, match=r"documents\.csv: is a table; expected the study file"):
        read_study(folder / "documents.csv")
    run = folder / "results"
    run.mkdir()
    (run / "manifest.json").write_text("{}")
    meant = re.escape(str(folder / "study.toml"))
    with pytest.raises(StudyError, match=rf"is the folder of a run .*, such as {meant}\. Name"):
        read_study(run)


def test_links_that_lead_to_each_other_are_no_file(folder: Path) -> None:
    (folder / "p.csv").symlink_to(folder / "p.csv")
    with pytest.raises(StudyError, match=r"files\.places='p\.csv'.*put (it|a file) there"):
        read_study(_write(folder, "[files]\nplaces = 'p.csv'"))


def test_a_link_that_leaves_the_folder_is_outside(folder: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "places.csv"
    elsewhere.write_text("place_id,name,aliases\n")
    (folder / "places.csv").symlink_to(elsewhere)
    with pytest.raises(StudyError, match=r"files\.places='places\.csv' lies outside"):
        read_study(_write(folder, "[files]\nplaces = 'places.csv'"))


def test_a_study_in_another_encoding_names_the_byte(folder: Path) -> None:
    path = folder / "study.toml"
    path.write_bytes('[study]\nname = "Київ"'.encode("cp1251"))
    with pytest.raises(InputError, match=r"study\.toml: byte 16 .* is not UTF-8"):
        read_study(path)


def test_a_file_that_is_not_there_says_where_and_what_to_do(folder: Path) -> None:
    with pytest.raises(StudyError) as caught:
        read_study(_write(folder, "[files]\ncodebook = 'framings.toml'"))
    assert str(caught.value) == (
        f"study.toml: files.codebook='framings.toml': no such file in {folder}; put it there, or "
        "remove the line to go without it."
    )
    with pytest.raises(StudyError, match=r"files\.documents='d\.csv': no such .*; put it there\.$"):
        read_study(_write(folder, "[files]\ndocuments = 'd.csv'"))


def test_an_unknown_camp_names_its_row(folder: Path) -> None:
    (folder / "sources.csv").write_text(
        "source_id,name,kind,camp,aliases\na,A,person,russian,\nb,B,person,martian,\n"
    )
    study = read_study(_write(folder, "[files]\nsources = 'sources.csv'"))
    with pytest.raises(
        InputError, match=r"sources\.csv, row 3: camp='martian'; expected one of russian"
    ):
        study.sources()


EVENTS = "event_id,date,precision,label,place_id,assessed_status,kind,doc_id,sentence\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("e,2025-12-12,day,L,p,lost,control,,", "event 'e' has assessed_status='lost'; expected"),
        ("e,12 Dec,day,L,p,russian,control,,", "event 'e' has date='12 Dec': expected an ISO date"),
        ("e,2025-02-30,day,L,p,,action,,", "event 'e' has date='2025-02-30': day .*exists"),
        ("e,,day,L,p,,action,,", "event 'e' has date='': expected an ISO date"),
    ],
)
def test_an_event_that_cannot_be_dated_or_read_is_named(
    folder: Path, row: str, message: str
) -> None:
    (folder / "events.csv").write_text(EVENTS + row + "\n")
    study = read_study(_write(folder, "[files]\nevents = 'events.csv'"))
    with pytest.raises(InputError, match=r"events\.csv, row 2: " + message):
        study.events()


def test_events_of_every_precision_are_read(folder: Path) -> None:
    dates = ["2025", "2025-12", "2025-12-12"]
    kinds = zip(dates, ("year", "month", "day"), strict=True)
    rows = "".join(f"e{d},{d},{k},L,p,,action,,\n" for d, k in kinds)
    (folder / "events.csv").write_text(EVENTS + rows)
    study = read_study(_write(folder, "[files]\nevents = 'events.csv'"))
    assert study.events()["date"].tolist() == dates


def test_a_table_that_lacks_a_column_names_its_file(folder: Path) -> None:
    (folder / "places.csv").write_text("place_id,name\np,P\n")
    study = read_study(_write(folder, "[files]\nplaces = 'places.csv'"))
    with pytest.raises(
        InputError,
        match=re.escape(
            "places.csv lacks column(s) aliases; got place_id, name; "
            "expected place_id, name, aliases. Add"
        ),
    ):
        study.places()


PLACES = "place_id,name,aliases\nriverton,Riverton,\nmillton,Millton,\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "e,2025-12-12,day,L,rivertown,russian,control,,",
            "events.csv, row 4: event 'e' has place_id='rivertown', which is not in the study's "
            "places (perhaps riverton?); expected a place_id of that file. Correct the cell, or "
            "add a row with the names of the place.",
        ),
        ("e,2025-12-12,day,L,atlantis,,action,,", "has place_id='atlantis', which is not in the"),
        (
            "e,2025-12-12,day,L,,russian,control,,",
            "event 'e' has assessed_status='russian' and no place_id; expected the place",
        ),
        (
            "e,2025-12,day,L,riverton,russian,control,,",
            "event 'e' has precision='day', but date='2025-12' is of a month: expected the two to",
        ),
        (" ,2025-12-12,day,L,riverton,,action,,", "events.csv, row 4: event_id is empty"),
        ("e,2025-12-12,day,L,riverton,ukranian,c,,", "or nothing (perhaps ukrainian?). Correct"),
        ("a,2025-12-12,day,L,riverton,,action,,", "events.csv, row 4: event_id='a' stands more"),
    ],
)
def test_a_faulty_event_names_its_row(folder: Path, row: str, message: str) -> None:
    good = "a,2025-12-12,day,L,millton,,action,d,The town\n\n"
    (folder / "events.csv").write_text(EVENTS + good + row + "\n")
    (folder / "places.csv").write_text(PLACES)
    files = '[files]\nevents = "events.csv"\nplaces = "places.csv"'
    with pytest.raises(InputError) as caught:
        read_study(_write(folder, files)).check()
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    (folder / "events.csv").write_text(EVENTS + good)
    read_study(_write(folder, files)).check()


def test_an_event_that_cites_no_document_is_noted(folder: Path) -> None:
    rows = [
        "a,2025-12-12,day,L,,,action,d,It",
        "b,2025,year,L,,,action,dd,",
        "c,2025,year,L,,,x,e,",
    ]
    (folder / "events.csv").write_text(EVENTS + "\n" + "\n".join(rows) + "\n")
    study = read_study(_write(folder, "[files]\nevents = 'events.csv'"))
    study.check()
    assert study.notes() == [
        "events.csv, row 4: doc_id='dd' is not in documents.csv and 1 more. Correct "
        "or empty the cell, or add the document."
    ]
    (folder / "events.csv").write_text(EVENTS + rows[0] + "\n")
    assert study.notes() == []


def test_events_that_no_claim_can_meet_are_noted(folder: Path) -> None:
    (folder / "events.csv").write_text(EVENTS + "e,2025-12-12,day,L,riverton,russian,c,,\n")
    study = read_study(_write(folder, "[files]\nevents = 'events.csv'"))
    study.check()
    (note,) = study.notes()
    assert note.startswith("events.csv: no claim is set against what the events assess")
    assert note.endswith("Name one as [files] places.")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("\np,,\n", "places.csv, row 3: name is empty; expected a value. Fill it in or remove"),
        ("\n,Riverton,\n", "places.csv, row 3: place_id is empty"),
        (
            "p,P,One; Two\n",
            "row 2: aliases='One; Two'; expected aliases parted by |. Write One|",
        ),
    ],
)
def test_a_faulty_place_names_its_row(folder: Path, rows: str, message: str) -> None:
    (folder / "places.csv").write_text("place_id,name,aliases\n" + rows)
    with pytest.raises(InputError, match=re.escape(message)):
        read_study(_write(folder, "[files]\nplaces = 'places.csv'")).check()


def test_what_is_wrong_with_places_is_said_once(folder: Path) -> None:
    (folder / "places.csv").write_text("place_id,name,aliases\np,,\n")
    (folder / "events.csv").write_text(EVENTS)
    with pytest.raises(InputError) as caught:
        read_study(_write(folder, "[files]\nplaces = 'places.csv'\nevents = 'events.csv'")).check()
    assert len(str(caught.value).splitlines()) == 1


def test_references_are_checked_though_nothing_is_assessed(folder: Path) -> None:
    (folder / "references.csv").write_text(REFERENCES.replace(",2,", ",-1,"))
    with pytest.raises(InputError, match=r"references\.csv, row 2: reference 'map' has lag_days"):
        read_study(_write(folder, "[files]\nreferences = 'references.csv'")).check()


REFERENCES = "reference,title,lag_days,until,bias,citation,url\nmap,A map,2,2026-01-01,late,,\n"
ASSESSMENTS = "reference,place_id,first,last,low,high\nmap,p,2025-12-01,2025-12-05,0.1,0.2\n"


def _with_record(folder: Path, references: str, assessments: str, named: str = "") -> Path:
    (folder / "references.csv").write_text(references)
    (folder / "assessments.csv").write_text(assessments)
    named = named or 'references = "references.csv"\nassessments = "assessments.csv"'
    return _write(folder, f"[files]\n{named}\n")


def test_references_and_what_they_assess_are_read(folder: Path) -> None:
    study = read_study(_with_record(folder, REFERENCES, ASSESSMENTS))
    assert study.references()["lag_days"].tolist() == [2]
    assert study.assessments()["high"].tolist() == [0.2]
    assert read_study(_write(folder, "")).assessments().empty


@pytest.mark.parametrize(
    ("references", "assessments", "named", "message"),
    [
        (
            REFERENCES.replace(",2,", ",-1,"),
            ASSESSMENTS,
            "",
            r"'map' has lag_days=-1.0; expected 0",
        ),
        (REFERENCES.replace(",2,", ",,"), ASSESSMENTS, "", r"lag_days=nan; expected 0 or more"),
        (REFERENCES.replace("map,", "events,"), ASSESSMENTS, "", r"'events' is the name of the st"),
        (REFERENCES, ASSESSMENTS.replace("map", "atlas"), "", r"'atlas' is not in references.csv"),
        (
            REFERENCES,
            ASSESSMENTS,
            'assessments = "assessments.csv"',
            r"names no file of references",
        ),
        (REFERENCES, ASSESSMENTS.replace("0.1", "0.5"), "", r"row 2: low=0.5, high=0.2"),
        (
            REFERENCES,
            ASSESSMENTS.replace("first", "from"),
            "",
            r"assessments.csv lacks column.s. first",
        ),
    ],
)
def test_a_faulty_record_is_an_error_that_says_what_to_do(
    folder: Path, references: str, assessments: str, named: str, message: str
) -> None:
    study = read_study(_with_record(folder, references, assessments, named))
    with pytest.raises(InputError, match=message):
        study.assessments()
