from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.distance import EMBEDDINGS, cue_stance, embedding, scare_quoted, voice_of
from narrative.distance_lexicon import load_distance, read_distance
from narrative.errors import InputError
from narrative.quotations import find_quotations
from narrative.segmentation import Span

DATA = files("narrative") / "data"
ENGLISH = (DATA / "distance_en.toml").read_text(encoding="utf-8")


def spans(marked: str) -> tuple[str, Span, Span | None]:
    """Return the text, the claim in [brackets] and the cue in {braces}."""
    at: dict[str, int] = {}
    text = ""
    for c in marked:
        if c in "[]{}":
            at[c] = len(text)
        else:
            text += c
    cue = (at["{"], at["}"]) if "{" in at else None
    return text, (at["["], at["]"]), cue


def words_beside(text: str, content: Span, cue: Span) -> Span:
    """Return everything on the cue's side of the claim, the widest frame there is."""
    return (0, content[0]) if cue[1] <= content[0] else (content[1], len(text))


STANCES = [
    # Factives and semifactives.
    (1, "The mayor {admitted} that [the dam had burst]."),
    (1, "She {acknowledged} [the breach] on Monday."),
    (1, "The report {revealed} that [the pumps were never tested]."),
    (1, "The envoy {pointed out} that [the border was closed]."),
    (1, "The party {conceded} that [it had lost the vote]."),
    (1, "Engineers {realised} that [the wall was leaking]."),
    (1, "He {did not admit} that [the dam had burst]."),
    (1, "[The dam had burst], the mayor {admitted}."),
    # Verbs that give their content only where affirmed.
    (1, "Satellite images {showed} that [the bridge was down]."),
    (1, "The auditor {confirmed} that [the money was gone]."),
    (1, "The tests {proved} that [the water was safe]."),
    (0, "The auditor {did not confirm} that [the money was gone]."),
    (0, "The tests have never {proved} that [the water was safe]."),
    (0, "The clerk could not {confirm} that [the vote was lost]."),
    (0, "Residents want to {know} whether [the dam had burst]."),
    # Neutral.
    (0, "The mayor {said} that [the dam had burst]."),
    (0, "{According to} the mayor, [the dam had burst]."),
    (0, "The ministry {stated} that [prices would fall]."),
    (0, "[The dam had burst], the agency {reported}."),
    (0, "She {told} reporters that [the road was open]."),
    (0, "The general {stressed} that [the road was open]."),
    (0, "The dam was {reportedly} [close to bursting]."),
    (0, "The town {was reported} [to have fallen]."),
    (0, "The strikers {claimed responsibility} for [the closure of the port]."),
    (0, "Amid repeated {claims} of [a rigged count], the town voted."),
    (0, "He never {claimed} that [the count was rigged]."),
    # Distanced by the verb.
    (-1, "The mayor {claimed} that [the dam had burst]."),
    (-1, "The mayor {alleged} that [the dam had burst]."),
    (-1, "The rebels {boasted} that [the town was theirs]."),
    (-1, "The letter {purported} to show that [the vote was rigged]."),
    (-1, "He {bragged} that [nobody could beat him]."),
    (-1, "The minister {pretended} that [prices had fallen]."),
    (-1, "He repeated the {allegation} that [the count was rigged]."),
    (-1, "[The count was rigged], the loser {claimed}."),
    # Distanced by what stands around the verb.
    (-1, "The mayor {claimed} without evidence that [the count was rigged]."),
    (-1, "The mayor {said} without providing any evidence that [the count was rigged]."),
    (-1, "The mayor falsely {said} that [the count was rigged]."),
    (-1, "The mayor {said} falsely that [the count was rigged]."),
    (-1, "[The count was rigged], the mayor {said}, but offered no evidence."),
    (-1, "The mayor {said} [the count was rigged], without offering proof."),
    (-1, "The so-called council {said} that [the town had voted]."),
    (-1, "The “council” {said} that [the town had voted]."),
    (-1, "The dam {supposedly} [burst at night]."),
    (-1, "The bridge {is said} [to have fallen]."),
    (-1, "The owner was {alleged} [to have set the fire]."),
    (-1, "It is {rumoured} that [the owner fled]."),
    (-1, "The minister {said} [prices had fallen], a figure disputed by every economist."),
    (-1, "Contrary to the footage, the mayor {said} that [the square was empty]."),
    (-1, "[The dam had burst], the mayor {said}, though no footage supported this."),
    (-1, "He went so far as to {claim} that [the count was rigged]."),
    # Position against another: the concession decides.
    (0, "The mayor {insisted} that [the dam was safe]."),
    (-1, "Despite the flood, the mayor {insisted} that [the dam was safe]."),
    (-1, "The mayor {insisted} despite the flood that [the dam was safe]."),
    (-1, "The mayor {insisted} [the dam was safe], despite the water in the streets."),
    (0, "The company {denied} that [the pumps had failed]."),
    (-1, "Although the cellars were full, the company {denied} that [the pumps had failed]."),
    (0, "Despite the rain, the mayor {said} that [the match would go on]."),
    # Context goes before the verb.
    (1, "The mayor rightly {said} that [the dam was weak]."),
    (1, "As the critic correctly {claimed}, [the dam was weak]."),
    (-1, "He wrongly {admitted} that [the dam was weak]."),
    (1, "He had to {admit} that [the dam was weak]."),
    # Another report in the sentence lends nothing.
    (0, "The mayor {said} [the dam had burst], and the rebels boasted that it was their work."),
    (0, "The rebels lied about the dam, but the mayor {said} that [it held]."),
    (0, "He called it “a plot without any evidence at all” and {said} that [he would stay]."),
    (0, "The mayor {said} that [the count was allegedly rigged]."),
]


@pytest.mark.parametrize(("stance", "marked"), STANCES, ids=lambda v: str(v))
def test_cue_stance(stance: int, marked: str) -> None:
    text, content, cue = spans(marked)
    assert cue is not None
    assert cue_stance(text, content, cue, cue) == stance
    assert cue_stance(text, content, cue, words_beside(text, content, cue)) == stance


@pytest.mark.parametrize(
    ("stance", "marked"),
    [(s, m) for s, m in STANCES if not re.search(r"claim|allegation|port}|supposedly", m)],
    ids=lambda v: str(v),
)
def test_the_cue_is_found_in_the_frame(stance: int, marked: str) -> None:
    text, content, cue = spans(marked)
    assert cue is not None
    assert cue_stance(text, content, None, words_beside(text, content, cue)) == stance


@pytest.mark.parametrize(
    ("stance", "marked"),
    [
        (0, "[The bridge fell at night]."),
        (-1, "[The bridge was allegedly blown up]."),
        (-1, "[The “liberators” left the town]."),
        (-1, "[A so-called victory cost the town its bridge]."),
        (0, "[The so-called Free Council met again]."),
        (0, "[The “Free Council” met again]."),
        (-1, "Supposedly, [the bridge was safe]."),
        (0, "[The bridge fell] and the “liberators” left."),
    ],
)
def test_cue_stance_in_the_outlets_own_voice(stance: int, marked: str) -> None:
    text, content, _ = spans(marked)
    assert cue_stance(text, content, None, (content[0], content[0])) == stance


EMBEDDED = [
    ("asserted", "The mayor {said} that [the dam had burst]."),
    ("asserted", "[The dam had burst], the mayor {said}."),
    ("asserted", "The mayor, who did not resign, {said} that [the dam had burst]."),
    ("asserted", "Asked if the dam had held, the mayor {said} that [it had]."),
    ("asserted", "The mayor did not only {say} that [the dam had burst]."),
    ("asserted", "The mayor would later {admit} that [the dam had burst]."),
    ("asserted", "No doubt the mayor {said} that [the dam had burst]."),
    ("asserted", "The mayor {said} that [nobody denied the breach]."),
    ("asserted", "Officials who did not give their names {said} that [the dam had burst]."),
    ("denied", "The mayor {denied} that [the dam had burst]."),
    ("denied", "The mayor has repeatedly {denied} that [the dam had burst]."),
    ("denied", "The mayor {rejected} claims that [the dam had burst]."),
    ("denied", "The mayor rejected {claims} that [the dam had burst]."),
    ("denied", "The mayor dismissed foreign {reports} that [the dam had burst]."),
    ("denied", "The lab {refuted} the idea that [the water was unsafe]."),
    ("denied", "The court {ruled out} that [the vote was rigged]."),
    ("denied", "It is not true that [the dam had burst], the mayor {said}."),
    ("denied", "The mayor {said} reports that [the dam had burst] were false."),
    ("denied", "The mayor {called} reports that [the dam had burst] “fake”."),
    ("denied", "She {said} it was a lie that [the dam had burst]."),
    ("not_asserted", "The mayor did not {say} that [the dam had burst]."),
    ("not_asserted", "The mayor didn’t {say} that [the dam had burst]."),
    ("not_asserted", "The mayor refused to {confirm} that [the dam had burst]."),
    ("not_asserted", "The mayor would not {confirm} that [the dam had burst]."),
    ("not_asserted", "She declined to {say} whether [the dam had burst]."),
    ("not_asserted", "She declined to {say} [whether the dam had burst]."),
    ("not_asserted", "The mayor never {claimed} that [the dam had burst]."),
    ("not_asserted", "The mayor no longer {says} that [the dam had burst]."),
    ("not_asserted", "The mayor did not, however, {say} that [the dam had burst]."),
    ("not_asserted", "The mayor has not yet publicly {said} that [the dam had burst]."),
    ("not_asserted", "The mayor has yet to {say} whether [the dam had burst]."),
    ("not_asserted", "The mayor made no {claim} that [the dam had burst]."),
    ("not_asserted", "No official {said} that [the dam had burst]."),
    ("not_asserted", "Neither the mayor nor the police {reported} that [the dam had burst]."),
    ("not_asserted", "The mayor did not {deny} that [the dam had burst]."),
    ("not_asserted", "The mayor stopped short of {saying} that [the dam had burst]."),
    ("not_asserted", "The mayor refused to confirm {reports} that [the dam had burst]."),
    ("not_asserted", "There is no evidence that [the dam had burst]."),
    ("not_asserted", "It is unclear whether [the dam had burst]."),
    ("not_asserted", "The engineer {doubted} that [the dam had burst]."),
    ("asked", "The reporter {asked} whether [the dam had burst]."),
    ("asked", "The reporter {asked} if [the dam had burst]."),
    ("asked", "Residents {wondered} why [the dam had burst]."),
    ("asked", "The inquiry will {examine} whether [the dam had burst]."),
    ("hypothetical", "If the mayor {says} that [the dam had burst], the price will rise."),
    ("hypothetical", "Unless she {confirms} that [the dam had burst], the case is closed."),
    ("hypothetical", "The mayor would {say} that [the dam had burst]."),
    ("hypothetical", "The mayor may {announce} that [the dam had burst]."),
    ("hypothetical", "The mayor is expected to {announce} that [the dam had burst]."),
    ("hypothetical", "It could be that [the dam had burst]."),
    ("hypothetical", "Let us {suppose} that [the dam had burst]."),
    ("hypothetical", "The mayor {said} that if the rain went on, [the dam would burst]."),
    ("asserted", "The mayor [{denied} the breach]."),
    ("asserted", "[The dam had burst]."),
    ("asserted", "The mayor denied it, but [the dam had burst]."),
    ("asserted", "The mayor denied it. [The dam had burst]."),
]


@pytest.mark.parametrize(("expected", "marked"), EMBEDDED, ids=lambda v: str(v))
def test_embedding(expected: str, marked: str) -> None:
    text, content, cue = spans(marked)
    assert embedding(text, content, cue) == expected


@pytest.mark.parametrize(
    ("expected", "marked"),
    [(e, m) for e, m in EMBEDDED if "{" in m and m.index("{") < m.index("[")],
    ids=lambda v: str(v),
)
def test_embedding_finds_the_cue_before_the_claim(expected: str, marked: str) -> None:
    text, content, _ = spans(marked)
    assert embedding(text, content, None) == expected


@pytest.mark.xfail(
    reason="the lexicon reads no syntax: the scope of a verb over a far clause is not seen"
)
@pytest.mark.parametrize(
    ("expected", "marked"),
    [
        ("not_asserted", "The mayor did not come forward and {say} that [the dam had burst]."),
        ("hypothetical", "If the rain goes on, the mayor {said}, [the dam will burst]."),
        ("hypothetical", "Were the mayor to {say} that [the dam had burst], they would flee."),
        ("not_asserted", "It is not the case, the mayor {said}, that [the dam had burst]."),
    ],
)
def test_embedding_across_clauses(expected: str, marked: str) -> None:
    text, content, cue = spans(marked)
    assert embedding(text, content, cue) == expected


OTHER_LANGUAGES = [
    ("uk", 1, "asserted", "Мер {визнав}, що [гребля впала]."),
    ("uk", 0, "asserted", "Мер {заявив}, що [гребля впала]."),
    ("uk", 0, "asserted", "{За словами} мера, [гребля впала]."),
    ("uk", -1, "asserted", "Мер {заявив}, що нібито [гребля впала]."),
    ("uk", -1, "asserted", "Мер безпідставно {заявив}, що [гребля впала]."),
    ("uk", -1, "asserted", "Мер {похвалився}, що [гребля стоїть]."),
    ("uk", -1, "asserted", "Попри повінь, мер {наполягав}, що [гребля стоїть]."),
    ("uk", 0, "asserted", "Мер {наполягав}, що [гребля стоїть]."),
    ("uk", 0, "denied", "Мер {заперечив}, що [гребля впала]."),
    ("uk", 1, "denied", "Лабораторія {спростувала} заяви, що [вода отруєна]."),
    ("uk", 0, "not_asserted", "Мер не {підтвердив}, що [гребля впала]."),
    ("uk", 0, "not_asserted", "Мер відмовився {підтвердити}, що [гребля впала]."),
    ("uk", 0, "not_asserted", "Ніхто не {сказав}, що [гребля впала]."),
    ("uk", 0, "asked", "Журналіст {запитав}, чи [гребля впала]."),
    ("uk", 0, "hypothetical", "Якщо мер {скаже}, що [гребля впала], ціни зростуть."),
    ("uk", 1, "asserted", "Мер слушно {зауважив}, що [гребля слабка]."),
    ("ru", 1, "asserted", "Мэр {признал}, что [плотина рухнула]."),
    ("ru", 0, "asserted", "Мэр {заявил}, что [плотина рухнула]."),
    ("ru", 0, "asserted", "{По словам} мэра, [плотина рухнула]."),
    ("ru", -1, "asserted", "Мэр {заявил}, что якобы [плотина рухнула]."),
    ("ru", -1, "asserted", "Мэр голословно {заявил}, что [плотина рухнула]."),
    ("ru", -1, "asserted", "Мэр {похвастался}, что [плотина стоит]."),
    ("ru", -1, "asserted", "Несмотря на паводок, мэр {настаивал}, что [плотина стоит]."),
    ("ru", 0, "asserted", "Мэр {настаивал}, что [плотина стоит]."),
    ("ru", 0, "denied", "Мэр {отрицал}, что [плотина рухнула]."),
    ("ru", 1, "denied", "Лаборатория {опровергла} сообщения, что [вода отравлена]."),
    ("ru", 0, "not_asserted", "Мэр не {подтвердил}, что [плотина рухнула]."),
    ("ru", 0, "not_asserted", "Мэр отказался {подтвердить}, что [плотина рухнула]."),
    ("ru", 0, "not_asserted", "Никто не {сказал}, что [плотина рухнула]."),
    ("ru", 0, "asked", "Журналист {спросил}, [рухнула ли плотина]."),
    ("ru", 0, "hypothetical", "Если мэр {скажет}, что [плотина рухнула], цены вырастут."),
    ("ru", 1, "asserted", "Мэр справедливо {заметил}, что [плотина слабая]."),
    ("uk", 0, "asserted", "Мер {визначив}, що [гребля впала]."),  # no form of "визнав"
    ("uk", -1, "asserted", "[Гребля впала], {заявив} мер, але не надав доказів."),
    ("ru", 0, "asserted", "Мэр {расценил} это как [победу города]."),
]


@pytest.mark.parametrize(("lang", "stance", "expected", "marked"), OTHER_LANGUAGES)
def test_ukrainian_and_russian(lang: str, stance: int, expected: str, marked: str) -> None:
    text, content, cue = spans(marked)
    assert cue is not None
    assert cue_stance(text, content, cue, cue, lang=lang) == stance
    assert embedding(text, content, cue, lang=lang) == expected


@pytest.mark.parametrize(
    ("scared", "text"),
    [
        (["“liberators”"], "The “liberators” left the town."),
        (["'liberators'"], "The 'liberators' left the town."),
        (["«визволителі»"], "Ці «визволителі» залишили місто."),
        (["“peace plan”", "“gift”"], "The “peace plan” was no “gift” to anybody."),
        ([], "He watched “Swan Lake” at night."),
        ([], "The mayor called it “a disaster”."),
        ([], "The mayor described the raid as a “success”."),
        ([], "The dam was “safe,” the mayor said."),
        ([], "The mayor said the plan was “dead”."),
        ([], "She never used the word “disaster”."),
        ([], "The raid, known as “thunder”, failed."),
        ([], "They said that “the dam was never going to hold”."),
        ([], "“No way”"),
        ([], "It rose by “30”."),
        ([], "Nothing is quoted here."),
        (["“experts”"], "The mayor left, and the “experts” of the town stayed."),
    ],
)
def test_scare_quotes(scared: list[str], text: str) -> None:
    found = scare_quoted(text, (0, len(text)), find_quotations(text))
    assert [text[a:b] for a, b in found] == scared


def test_scare_quotes_are_those_inside_the_span() -> None:
    text = "The “liberators” left and the “saviours” came."
    assert scare_quoted(text, (0, 21), find_quotations(text)) == [(4, 16)]
    assert scare_quoted(text, (6, 21), find_quotations(text)) == []


VOICES = [
    ("quoted", "“[The dam has burst in two places],” she said."),
    ("quoted", "[“The dam has burst in two places,”] she said."),
    ("quoted", "She said: «[The dam has burst in two places]»."),
    ("quoted", "She said: „[The dam has burst in two places]“."),
    ("quoted", "He told them:\n\n“[The dam has burst].\n\n“Run for the hills.”"),
    ("quoted", "He said:\n\n“[Never again]”"),
    ("mixed", "She said that [the dam was “about to burst in two places”]."),
    (
        "mixed",
        "She said [the dam, which was built in a hurry by nobody knows whom, “will not hold out”].",
    ),
    ("mixed", "[“The dam has burst in two places” and the road is shut for good], she said."),
    ("paraphrased", "She said that [the dam had burst in two places]."),
    ("paraphrased", "She said that [the dam had “burst”]."),
    ("paraphrased", "She said that [the “great dam” of “the people” had “burst”]."),
    ("paraphrased", "“It is over for us now,” she said, and that [the dam had burst]."),
    ("paraphrased", "She said that [the troops’ dam had burst in two places’ worth]."),
    ("paraphrased", "She said “it is [all] over for us” to him."[:9] + "[that it was all over]."),
    ("author", "[The dam burst in two places]."),
    ("author", "[The “dam” burst in two places]."),
    ("author", "“[The dam has burst in two places],” she said."),
]


@pytest.mark.parametrize(("voice", "marked"), VOICES, ids=lambda v: str(v))
def test_voice(voice: str, marked: str) -> None:
    text, content, _ = spans(marked)
    found = voice_of(text, content, find_quotations(text), reported=voice != "author")
    assert found == voice


@pytest.mark.parametrize(
    ("quoted", "voice"), [(8, "quoted"), (7, "mixed"), (1, "mixed"), (0, "paraphrased")]
)
def test_voice_at_its_thresholds(quoted: int, voice: str) -> None:
    text = "“a b c d e f g h i j” and so it went on"
    end = text.index("”")
    span = (end - quoted, end - quoted + 10)
    assert voice_of(text, span, find_quotations(text), reported=True) == voice


SNIPPETS = st.lists(
    st.sampled_from(
        [
            *(
                "The mayor",
                "said",
                "claimed",
                "did not",
                "that",
                "if",
                "whether",
                "denied",
                "reports",
            ),
            *(" ", ". ", ", ", "\n", "\n\n", "“", "”", "'", "’", "\u2592", "so-called", "Despite"),
            *("заявив", "не", "утверждал", "allegedly", "without evidence", "U.S.", "—"),
        ]
    )
    | st.text(max_size=4),
    max_size=20,
).map(" ".join)
PAIRS = st.tuples(st.integers(-5, 160), st.integers(-5, 160))


@settings(max_examples=150, deadline=None)
@given(SNIPPETS, PAIRS, st.none() | PAIRS, PAIRS, st.sampled_from(["en", "uk", "ru", "xx"]))
def test_any_spans_give_a_result_in_range(
    text: str, content: Span, cue: Span | None, frame: Span, lang: str
) -> None:
    quotations = find_quotations(text)
    assert cue_stance(text, content, cue, frame, lang=lang) in (-1, 0, 1)
    assert embedding(text, content, cue, lang=lang) in EMBEDDINGS
    for a, b in scare_quoted(text, content, quotations, lang=lang):
        assert content[0] <= a < b <= max(content)
        assert len(text[a:b].split()) <= 3
    assert voice_of(text, content, quotations, reported=True) in ("quoted", "mixed", "paraphrased")
    assert voice_of(text, content, quotations, reported=False) == "author"


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet="abc ,“”", max_size=30),
    st.sampled_from(STANCES).filter(lambda c: "[to " not in c[1]),
)
def test_what_stands_inside_the_claim_changes_nothing(inside: str, case: tuple[int, str]) -> None:
    stance, marked = case
    text, content, cue = spans(re.sub(r"\[.*\]", f"[x{inside}x]", marked))
    assert cue is not None
    assert cue_stance(text, content, cue, cue) == stance


def test_the_english_lexicon_is_broad_and_each_class_has_its_stance() -> None:
    raw = tomllib.loads(ENGLISH)
    verbs = [v for entries in raw["verbs"].values() for v in entries]
    assert len(verbs) == len(set(verbs)) >= 250
    lexicon = load_distance()
    for form in ("said", "denies", "denied", "geolocates", "bragging", "pointing out"):
        assert form in lexicon.forms
    expected = {"presupposing": 1, "entailing": 1, "neutral": 0, "contested": 0, "distancing": -1}
    assert lexicon.stance == expected


@pytest.mark.parametrize("lang", ["en", "uk", "ru"])
def test_shipped_lexicons_are_read(lang: str) -> None:
    assert load_distance(lang).lang == lang


def test_a_language_without_a_file_gets_the_english_one() -> None:
    assert load_distance("xx") is load_distance("en")
    assert load_distance("../x") is load_distance("en")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("distancing = -1", "distancing = 2", r"stance\.distancing=2; expected -1, 0 or 1"),
        ("distancing = -1", "distancing = true", r"stance\.distancing=True; expected -1, 0 or 1"),
        ("distancing = -1", 'distancing = "no"', r"stance\.distancing='no'; expected -1, 0 or 1"),
        (
            "distancing = -1",
            "doubtful = -1",
            r"unknown key 'doubtful' in \[stance\]; expected pres",
        ),
        ("distancing = -1", "", r"no key 'distancing' in \[stance\]; expected presupposing, "),
        ("[verbs]", "[vebs]", r"unknown key 'vebs' in the file; expected lang, inflect, stance"),
        ("inflect = true", "inflect = 1", r"inflect=1; expected a bool"),
        ('lang = "en"', "", r"lang=None; expected a str"),
        (
            'whether = ["whether"]',
            'whether = "whether"',
            r"grammar\.whether='whether'; expected a l",
        ),
        (
            'whether = ["whether"]',
            'whether = ["("]',
            r"grammar\.whether='\('; expected a regular ex",
        ),
        ('"state", ', '"state", "claim", ', r"'claim' stands in verbs\.neutral and verbs\.distanc"),
        ("[stance]", "[stance", r"not valid TOML"),
    ],
)
def test_a_bad_file_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ENGLISH
    path = tmp_path / "distance_zz.toml"
    path.write_text(ENGLISH.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=rf"distance_zz\.toml: .*{message}"):
        read_distance(path)
