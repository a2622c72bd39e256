//! Observations by the API of today, `v2/observations`.
//!
//! A plan may allow 30 requests a minute, so what is asked for is packed: a thousand ids on a page of the list, and then as many
//! traces at once as fill a page. That is at most about twice the pages of the window itself, whether the limit leaves much out
//! or nothing, and gives each trace whole; asking trace by trace would take a request for each.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::super::fault::Fault;
use super::super::http::Pair;
use super::super::page::{self, Pages};
use super::super::{Omissions, Window};
use super::metadata::cut;
use super::query::{Condition, Names, Query, pairs};
use super::row::Row;
use super::store::{Store, advised, is_too_much};

const NAMES: Names = Names { window: ["fromStartTime", "toStartTime"], time: "startTime", name: "traceName" };
/// The most that a page may hold.
const PAGE: usize = 1000;
/// Traces that are asked for at once; more would make the address too long for some proxies.
pub(super) const TRACES_AT_ONCE: usize = 100;
/// Names of metadata that are asked for at once, for the same reason.
const NAMES_AT_ONCE: usize = 40;
/// All groups of fields.
const FIELDS: &str = "core,basic,time,io,metadata,model,usage,prompt,trace_context";
/// What of a trace may lie before and after the window. Without any bound the server would search all that it has.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);
/// A window that is not halved any more.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// The traces that have an observation in the window, with the number of these.
pub(super) struct Listed(BTreeMap<String, usize>);

impl Listed {
    pub(super) fn ids(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

/// Lists the window's traces. A stretch that is too much for the server is halved.
pub(super) async fn list(store: &Store, query: &Query<'_>, omissions: &mut Omissions) -> Result<Listed, Fault> {
    let mut listed = BTreeMap::new();
    let mut stretches = vec![query.window];
    let mut seen = 0;
    while let Some(window) = stretches.pop() {
        let Pages { entries, fault } = all(store, "core", &Query { window, ..*query }.pairs(&NAMES)).await;
        if let (Some(true), Some(halves)) = (fault.as_ref().map(is_too_much), halves(window)) {
            stretches.extend(halves);
            continue;
        }
        seen += entries.len();
        for entry in entries {
            match entry.get("traceId").and_then(Value::as_str).filter(|trace| !trace.is_empty()) {
                Some(trace) => *listed.entry(trace.to_owned()).or_default() += 1,
                None => omissions.add("observation without the id of a trace", text(&entry, "id")),
            }
        }
        if let Some(fault) = fault {
            if seen == 0 {
                return Err(fault);
            }
            let reason = format!("older observations of the window not listed: {}", advised(&fault));
            omissions.add(&reason, store.name.clone());
            break;
        }
    }
    Ok(Listed(listed))
}

/// The older half and the newer one; the list is newest first, and so is the order in which these are taken.
fn halves(window: Window) -> Option<[Window; 2]> {
    let length = window.until.duration_since(window.since);
    let middle = window.since.checked_add(length / 2).ok().filter(|_| length > SHORTEST)?;
    Some([Window { until: middle, ..window }, Window { since: middle, ..window }])
}

/// All observations of these traces. A trace that may lack some is left out and counted.
pub(super) async fn read(
    store: &Store,
    listed: &Listed,
    chosen: &[String],
    window: Window,
    omissions: &mut Omissions,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut names = BTreeSet::new();
    let mut packs = packs(listed, chosen);
    let window = wide(window);
    while let Some(pack) = packs.pop() {
        let Pages { entries, fault } = whole(store, &pack, window, &mut names, omissions).await;
        match fault {
            None => rows.extend(of_pack(entries, &pack, omissions)),
            Some(fault) if is_too_much(&fault) && pack.len() > 1 => {
                let (one, other) = pack.split_at(pack.len() / 2);
                packs.extend([other.to_vec(), one.to_vec()]);
            }
            Some(fault) => {
                // What does not answer after so many tries is not asked for all the rest as well; that one trace is too much
                // says nothing of the others.
                let rest = if is_too_much(&fault) { Vec::new() } else { std::mem::take(&mut packs) };
                let reason = format!("trace not read: {}", advised(&fault));
                pack.into_iter().chain(rest.into_iter().flatten()).for_each(|trace| omissions.add(&reason, trace));
            }
        }
    }
    rows
}

fn wide(window: Window) -> Window {
    Window {
        since: window.since.checked_sub(MARGIN).unwrap_or(window.since),
        until: window.until.checked_add(MARGIN).unwrap_or(window.until),
    }
}

/// As many traces at once as fill a page, in order from the end.
fn packs(listed: &Listed, chosen: &[String]) -> Vec<Vec<String>> {
    let mut packs: Vec<Vec<String>> = Vec::new();
    let mut size = 0;
    for trace in chosen {
        let more = listed.0.get(trace).copied().unwrap_or(1);
        match packs.last_mut() {
            Some(pack) if pack.len() < TRACES_AT_ONCE && size + more <= PAGE => {
                pack.push(trace.clone());
                size += more;
            }
            _ => {
                packs.push(vec![trace.clone()]);
                size = more;
            }
        }
    }
    packs.reverse();
    packs
}

fn of_pack(entries: Vec<Value>, pack: &[String], omissions: &mut Omissions) -> Vec<Row> {
    let wanted: HashSet<&str> = pack.iter().map(String::as_str).collect();
    let mut rows: Vec<Row> = page::read(entries, "observation of an unknown shape", omissions);
    rows.retain(|row| row.trace_id.as_deref().is_some_and(|trace| wanted.contains(trace)));
    let found: HashSet<&str> = rows.iter().filter_map(|row| row.trace_id.as_deref()).collect();
    let empty = pack.iter().filter(|trace| !found.contains(trace.as_str()));
    empty.for_each(|trace| omissions.add("trace that is listed and has no observations", trace.clone()));
    rows
}

/// Entries with their metadata uncut. What was found cut once is asked for by name from then on.
async fn whole(
    store: &Store,
    pack: &[String],
    window: Window,
    names: &mut BTreeSet<String>,
    omissions: &mut Omissions,
) -> Pages {
    let of = |traces: &[String]| pairs(window, vec![Condition::any_of("traceId", traces)], &NAMES);
    let mut read = all(store, FIELDS, &[of(pack), expanded(names.iter().take(NAMES_AT_ONCE))].concat()).await;
    if read.fault.is_some() {
        return read;
    }
    let known: BTreeSet<String> = names.iter().take(NAMES_AT_ONCE).cloned().collect();
    let lacking = |entry: &Value| cut(entry).difference(&known).next().is_some();
    let traces: BTreeSet<String> =
        read.entries.iter().filter(|entry| lacking(entry)).map(|entry| text(entry, "traceId")).collect();
    let found: BTreeSet<String> = read.entries.iter().flat_map(cut).filter(|name| !known.contains(name)).collect();
    let (found, unnamable): (Vec<String>, Vec<String>) = found.into_iter().partition(|name| !name.contains(','));
    unnamable
        .into_iter()
        .for_each(|name| omissions.add("metadata cut at 200 characters, for its name has a comma", name));
    let traces: Vec<String> = traces.into_iter().collect();
    for some in found.chunks(NAMES_AT_ONCE) {
        let more = all(store, "metadata", &[of(&traces), expanded(some.iter())].concat()).await;
        overlay(&mut read.entries, more.entries, some);
        if let Some(fault) = more.fault {
            some.iter()
                .for_each(|name| omissions.add(&format!("metadata cut at 200 characters: {fault}"), name.clone()));
        }
    }
    names.extend(found);
    read
}

fn expanded<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Pair> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() { Vec::new() } else { vec![("expandMetadata", names.join(","))] }
}

/// Puts values of these names in place of the cut ones.
fn overlay(entries: &mut [Value], more: Vec<Value>, names: &[String]) {
    let key = |entry: &Value| (text(entry, "traceId"), text(entry, "id"));
    let mut whole: HashMap<(String, String), Value> = more.into_iter().map(|entry| (key(&entry), entry)).collect();
    for entry in entries {
        let Some(mut other) = whole.remove(&key(entry)) else { continue };
        let Some(metadata) = entry.get_mut("metadata").and_then(Value::as_object_mut) else { continue };
        for name in names {
            if let Some(value) = other.get_mut("metadata").and_then(|map| map.get_mut(name)) {
                metadata.insert(name.clone(), value.take());
            }
        }
    }
}

fn text(entry: &Value, name: &str) -> String {
    entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

async fn all(store: &Store, fields: &str, query: &[Pair]) -> Pages {
    let query = [query, &[("fields", fields.to_owned()), ("limit", PAGE.to_string())]].concat();
    store.pages(&["api", "public", "v2", "observations"], &query).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_fill_a_page_and_keep_the_address_short() {
        let sizes = |sizes: &[usize]| {
            let listed: BTreeMap<String, usize> =
                sizes.iter().enumerate().map(|(at, size)| (format!("{at:04}"), *size)).collect();
            let listed = Listed(listed);
            let mut packs = packs(&listed, &listed.ids());
            packs.reverse();
            packs.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[600, 400, 1, 3000, 2]), [2, 1, 1, 1]);
        assert_eq!(sizes(&[1; 300]), [TRACES_AT_ONCE, TRACES_AT_ONCE, 300 - 2 * TRACES_AT_ONCE]);
        assert!(sizes(&[]).is_empty());
    }

    #[test]
    fn a_window_is_halved_down_to_a_minute() {
        let since = "2026-11-20T00:00:00Z".parse().unwrap();
        let long = Window { since, until: "2026-11-20T00:02:00Z".parse().unwrap() };
        let [older, newer] = halves(long).unwrap();
        assert_eq!(older.to_string(), "2026-11-20T00:00:00Z to 2026-11-20T00:01:00Z");
        assert_eq!(newer.to_string(), "2026-11-20T00:01:00Z to 2026-11-20T00:02:00Z");
        assert!(halves(older).is_none());
    }
}
