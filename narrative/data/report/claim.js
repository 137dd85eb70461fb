// One claim: what was made of it, with the error of what made it, and its sentence in its document.

const AROUND = 20000; // units of text on either side of a claim, before the whole is asked for

function showClaim(id) {
  const dialog = byId("claim");
  const claim = id && data.at ? data.at.get(id) : undefined;
  if (claim === undefined) {
    if (dialog.open) dialog.close();
    return;
  }
  fill(dialog, claimHead(claim), el("div", { class: "panes" },
    el("div", { class: "facts" }, facts(claim), scores(claim), errors(claim)),
    el("section", { class: "document", "aria-label": "Document" }, ...inDocument(claim, AROUND))));
  if (!dialog.open) dialog.showModal();
  byId("claim-title").focus();
  byId("here")?.scrollIntoView({ block: "center" });
}

function setUpClaim() {
  // Escape closes a dialog by itself; the state follows.
  byId("claim").addEventListener("close", () => {
    if (state.claim) go({ claim: "" });
    byId("list").focus({ preventScroll: true });
  });
  byId("claim").addEventListener("click", (event) => {
    if (event.target === byId("claim")) byId("claim").close(); // beside it
  });
}

function claimHead(claim) {
  const place = LIST.claims.indexOf(claim);
  const step = (by, text) => {
    const other = LIST.claims[place + by];
    return el("button", {
      type: "button", disabled: place < 0 || other === undefined,
      onclick: () => { LIST.active = place + by; go({ claim: data.ids[other] }, { replace: true }); },
    }, text);
  };
  return el("div", { class: "bar head" },
    el("h2", { id: "claim-title", tabindex: "-1" }, "Claim",
      place < 0 ? null : el("span", { class: "soft small" }, ` ${WHOLE.format(place + 1)} of ${WHOLE.format(LIST.claims.length)}`)),
    step(-1, "Previous"), step(1, "Next"),
    el("button", { type: "button", onclick: () => byId("claim").close() }, "Close"));
}

function facts(claim) {
  const { meta, col } = data;
  const chain = string("chain", claim).split(">").map(sourceName);
  const about = [string("about_start", claim), string("about_end", claim)].filter(Boolean);
  const pairs = [
    ["Speaker", [words(speakerName(claim)), ` (${plainName(campName(claim))})`]],
    ["Named in the text as", [words(string("speaker_text", claim))], string("speaker_text", claim)],
    ["Through", chain.flatMap((name, n) => [n ? " → " : null, words(name)])],
    ["Voice", [meta.voices[col.voice[claim]]]],
    ["Reporting word", [words(string("cue", claim)),
      { "-1": ", at a distance", 0: "", 1: ", endorsing" }[col.cue_stance[claim]]], string("cue", claim)],
    ["Said on", [string("said_at", claim) || "not known",
      string("date_flag", claim) ? ` (${plainName(string("date_flag", claim))})` : ""]],
    ["About", [[...new Set(about)].join(" to ")], about.length],
    ["Framing", [words(framingLabel(claim)), col.framing[claim] < 0 ? "" : `, membership ${share(col.membership[claim])}`]],
    ["The event", [`${plainName(meta.certainties[col.certainty[claim]])}, probability ${share(col.certainty_p[claim])}`]],
    ["Evidence of speaker", [`${share(col.evidence[claim])} (orders claims; not a probability)`]],
    ["Identifier", [el("code", {}, data.ids[claim])]],
  ];
  return el("dl", {}, pairs.filter(([, , shown = true]) => shown)
    .map(([k, v]) => [el("dt", {}, k), el("dd", {}, ...v.flat())]));
}

function share(value) {
  return (value / SCALE).toFixed(2);
}

function scores(claim) {
  const { meta, col } = data;
  const rows = meta.framings.flatMap((f, n) => {
    if (!f.scored || col["side" + n][claim] === NO_SIDE) return [];
    const [favor, against] = [col["favor" + n][claim], col["against" + n][claim]];
    const name = { 1: "for", 0: "–", "-1": "against" }[col["side" + n][claim]];
    return [[words(f.label), name, share(favor), share(against), signed((favor - against) / SCALE)]];
  });
  return table("Stance towards each framing", ["Framing", "Side", "P(for)", "P(against)", "Score"],
    rows, new Set([2, 3, 4]));
}

// What is known of the error of the models that made these values, from the run's manifest.
function errors(claim) {
  const { meta, col } = data;
  const sided = meta.framings.filter((f, n) =>
    f.scored && Math.abs(col["side" + n][claim]) === 1);
  const lines = sided.map((f) => el("li", {}, words(f.label), ": ",
    f.error.length ? f.error.map(([k, v]) => `${k.split(":")[0].replace("macro-F1, ", "")} ${v.toFixed(2)}`).join("; ")
      : `scored by ${f.method || "an unnamed method"}; no measured error`));
  const general = meta.validity.filter(([k]) => /: (certainty|framing)$/.test(k))
    .map(([k, v]) => el("li", {}, `${k.split(": ")[1]}: ${v.toFixed(2)}`));
  return el("div", {}, el("h3", {}, "Model error (macro-F1)"),
    el("ul", {}, lines, general),
    el("p", { class: "soft small" },
      "Measured on written claims and documents that did not train the models, not on this corpus."));
}

function inDocument(claim, around) {
  const { meta, col } = data;
  const doc = col.doc[claim];
  const d = meta.documents;
  const where = `characters ${WHOLE.format(col.start[claim])} to ${WHOLE.format(col.end[claim])}`;
  const head = [
    el("h3", {}, words(d.title[doc] || d.doc_id[doc])),
    el("p", { class: "soft" }, words(sourceName(d.outlet[doc])), `, ${d.published_at[doc] || "no date"}`,
      d.author[doc] ? [", ", words(d.author[doc])] : null),
    el("p", { class: "soft small" }, `${where} of document `, el("code", {}, d.doc_id[doc]),
      d.url[doc] ? [" · ", words(d.url[doc])] : null,
      " · SHA-256 of the text ", el("code", {}, d.text_sha256[doc])),
  ];
  if (!meta.with_text) {
    return [...head, el("p", {}, "The text is left out of this report. Its hash and the claim’s offsets tell which words they are.")];
  }
  const text = data.texts[doc];
  const from = Math.max(0, col.sent_at[claim] - around);
  const to = Math.min(text.length, col.sent_to[claim] + around);
  const body = el("div", { class: "text", dir: "auto", lang: d.lang[doc] || undefined },
    from ? "… " : null, ...painted(claim, text, from, to), to < text.length ? " …" : null);
  const all = from > 0 || to < text.length
    ? el("button", {
      type: "button",
      onclick: () => {
        fill(byId("claim").querySelector(".document"), ...inDocument(claim, Infinity));
        byId("here").scrollIntoView({ block: "center" });
      },
    }, "Show the whole document") : null;
  return [...head, all, body];
}

// The text with the claim marked in its sentence, and the document's other claims as links.
function painted(claim, text, from, to) {
  const { at, to: end, sent_at, sent_to } = data.col;
  const others = claimsOf(data.col.doc[claim]);
  const stretch = (a, b) => {
    const out = [];
    let done = a;
    for (const other of others) {
      if (at[other] < done || end[other] > b || other === claim) continue;
      out.push(text.slice(done, at[other]), otherClaim(other, text.slice(at[other], end[other])));
      done = end[other];
    }
    return [...out, text.slice(done, b)];
  };
  const [a, b] = [at[claim], end[claim]];
  return [
    ...stretch(from, sent_at[claim]),
    el("span", { class: "sentence" }, ...stretch(sent_at[claim], a),
      el("mark", { id: "here" }, text.slice(a, b)), ...stretch(b, sent_to[claim])),
    ...stretch(sent_to[claim], to),
  ];
}

function otherClaim(claim, text) {
  const open = link({ claim: data.ids[claim] }, text, { focus: "" });
  open.className = "other";
  return open;
}
