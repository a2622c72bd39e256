// The list of cases. All text comes from strangers: it is only ever put in as text, never as markup.

const { scorers, cases } = JSON.parse(document.getElementById("data").textContent);
// Cases that are put on the page at a time.
const CHUNK = 50;
const VERDICTS = { worse: "▼ worse", better: "▲ better", same: "= same", unscored: "? not scored in both" };
// Characters that nobody sees; with them a text can look like another. Line breaks and tabs stay.
const INVISIBLE = /(?![\n\t])[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu;

const byId = (id) => document.getElementById(id);
const visible = (text) =>
  text.replace(/\r/g, "").replace(INVISIBLE, (c) => `‹U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) {
    made.textContent = visible(text);
    made.dir = "auto";
  }
  return made;
}

function number(value) {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.001 || size === 0 ? 3 : 6;
  return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

const level = (scorer, value) => (value === null ? "–" : number(scorer.unit === "usd" ? 1000 * value : value));

// Candidate minus baseline, so that negative is worse; null where either has no score.
function gain(scorer, result) {
  const pair = result.scores[scorer.name];
  if (!pair || pair.baseline === null || pair.candidate === null) return null;
  return scorer.is_higher_better ? pair.candidate - pair.baseline : pair.baseline - pair.candidate;
}

const widest = new Map(scorers.map((scorer) =>
  [scorer, cases.reduce((most, result) => Math.max(most, Math.abs(gain(scorer, result) ?? 0)), Number.MIN_VALUE)]));

// What became of a case by these scorers: any loss makes it worse. Losses and gains are shares of the widest of the run.
function judged(result, among) {
  let [losses, gains, scored] = [0, 0, 0];
  for (const scorer of among) {
    const change = gain(scorer, result);
    if (change === null) continue;
    scored += 1;
    const weight = (Math.abs(change) / widest.get(scorer)) * (scorer.is_gated ? 2 : 1);
    if (change < 0) losses += weight;
    else gains += weight;
  }
  const outcome = losses > 0 ? "worse" : gains > 0 ? "better" : scored > 0 ? "same" : "unscored";
  return { outcome, losses, gains };
}

const quality = scorers.filter((scorer) => scorer.unit === "score");
const haystacks = new Map();

function haystack(result) {
  if (!haystacks.has(result)) {
    const reasons = Object.values(result.scores).flatMap((pair) => [pair.baseline_reason, pair.candidate_reason]);
    const tags = Object.entries(result.tags).map(([tag, value]) => `${tag}=${value}`);
    const all = [result.case, result.question, result.baseline, result.candidate, ...tags, ...reasons];
    haystacks.set(result, visible(all.filter(Boolean).join("\n")).toLowerCase());
  }
  return haystacks.get(result);
}

// Values of tags that tell cases apart, [tag, value] each; tags with very many values are for the search.
const slices = [...new Set(cases.flatMap((result) => Object.keys(result.tags)))].sort().flatMap((tag) => {
  const values = [...new Set(cases.map((result) => result.tags[tag]))];
  const isTelling = values.length > 1 && values.length <= 60;
  return isTelling ? values.filter((value) => value !== undefined).sort().map((value) => [tag, value]) : [];
});

let found = [];
let shown = 0;

function filter() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const scorer = scorers[byId("scorer").value];
  const slice = slices[byId("slice").value];
  const outcome = byId("outcome").value;
  found = cases
    .map((result, index) => ({ result, index, ...judged(result, scorer ? [scorer] : quality) }))
    .filter((item) => !outcome || item.outcome === outcome || (outcome === "changed" && /better|worse/.test(item.outcome)))
    .filter(({ result }) => !slice || result.tags[slice[0]] === slice[1])
    .filter(({ result }) => words.every((word) => haystack(result).includes(word)));
  if (byId("order").value === "worst") found.sort((a, b) => b.losses - a.losses || b.gains - a.gains || a.index - b.index);
  byId("count").textContent = `${found.length} of ${cases.length} cases`;
  byId("list").replaceChildren();
  shown = 0;
  showMore();
}

function showMore() {
  const next = found.slice(shown, shown + CHUNK);
  byId("list").append(...next.map(row));
  shown += next.length;
  byId("more").hidden = shown >= found.length;
}

function row({ result, outcome }) {
  const details = element("details", `case ${outcome}`);
  const summary = element("summary");
  const moved = scorers.filter((scorer) => scorer.unit === "score" && gain(scorer, result));
  const scores = moved.map((scorer) => {
    const { baseline, candidate } = result.scores[scorer.name];
    return element("span", "score", `${scorer.name} ${level(scorer, baseline)} → ${level(scorer, candidate)}`);
  });
  const line = element("span", "line");
  line.append(element("span", "mark", VERDICTS[outcome]), ...scores, element("code", "id", result.case));
  summary.append(line, element("span", "question", result.question || "(no user message)"));
  details.append(summary);
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(body(result)));
  return details;
}

function body(result) {
  const all = element("div", "body");
  const tags = Object.entries(result.tags).map(([tag, value]) => element("span", "tag", `${tag}=${value}`));
  const about = element("p", "tags");
  about.append(...tags, ...traceLink(result.trace_url));
  all.append(about, answers(result), scoreTable(result));
  return all;
}

// A link only where it leads to the web; it says where to.
function traceLink(address) {
  if (!address || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return [];
  const url = new URL(address);
  const link = element("a", "trace", `trace on ${url.host} ↗`);
  link.href = url.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.referrerPolicy = "no-referrer";
  return [link];
}

function answers(result) {
  const arms = element("div", "arms");
  const texts = [result.baseline, result.candidate].map((text) => (text === null ? null : visible(text)));
  const isSame = texts[0] === texts[1];
  const pieces = texts.includes(null) ? texts.map((text) => [[text ?? "(no answer)", false]]) : difference(...texts);
  ["Baseline", "Candidate"].forEach((name, side) => {
    const arm = element("section", "arm");
    const text = element("pre", texts[side] === null ? "absent" : "");
    text.dir = "auto";
    text.append(...pieces[side].map(([piece, isChanged]) => element(isChanged ? ["del", "ins"][side] : "span", "", piece)));
    arm.append(element("h4", "", isSame && side === 1 ? `${name}: the same` : name), text);
    arms.append(arm);
  });
  return arms;
}

function scoreTable(result) {
  const table = element("table", "cards");
  const head = table.createTHead().insertRow();
  const titles = ["scorer", "baseline", "candidate", "reasons"];
  head.append(...titles.map((title) => Object.assign(element("th", "", title), { scope: "col" })));
  const rows = table.createTBody();
  for (const scorer of scorers.filter(({ name }) => result.scores[name])) {
    const pair = result.scores[scorer.name];
    const unit = { usd: " (US dollars per 1,000 requests)", ms: " (ms)" }[scorer.unit] ?? "";
    const cells = [scorer.name + unit, level(scorer, pair.baseline), level(scorer, pair.candidate)];
    const line = rows.insertRow();
    line.append(...cells.map((text, cell) => element("td", cell ? "number" : "", text)), reasons(pair));
    [...line.cells].forEach((cell, index) => (cell.dataset.label = titles[index]));
  }
  return table;
}

function reasons(pair) {
  const cell = element("td", "why");
  const [baseline, candidate] = [pair.baseline_reason, pair.candidate_reason];
  if (baseline && baseline === candidate) cell.append(element("p", "", `both: ${baseline}`));
  else if (baseline) cell.append(element("p", "", `baseline: ${baseline}`));
  if (candidate && baseline !== candidate) cell.append(element("p", "", `candidate: ${candidate}`));
  return cell;
}

function option(value, text) {
  const made = element("option", "", text);
  made.value = value;
  return made;
}

byId("scorer").append(...scorers.map((scorer, index) => option(index, scorer.name)));
byId("slice").append(...slices.map(([tag, value], index) => option(index, `${tag}=${value}`)));
["scorer", "slice", "outcome", "order"].forEach((id) => byId(id).addEventListener("change", filter));
let waiting;
byId("search").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(filter, 120);
});
byId("more").addEventListener("click", showMore);
document.querySelectorAll("button[data-case]").forEach((button) => button.addEventListener("click", () => {
  byId("filters").reset();
  byId("search").value = button.dataset.case;
  filter();
  byId("cases").scrollIntoView();
  byId("list").firstElementChild?.setAttribute("open", "");
}));
// Paper has no folds.
addEventListener("beforeprint", () => document.querySelectorAll("main > section details:not(.case)").forEach((fold) => (fold.open = true)));
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("interactive").hidden = false;
filter();
