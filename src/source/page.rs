//! Lists, page by page, to their end or as far as they go.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Omissions;
use super::fault::Fault;

/// Pages without an entry that are passed over, one after the other.
const MOST_EMPTY: usize = 20;

/// The entries of a list, as far as they could be read.
pub(super) struct Pages {
    pub(super) entries: Vec<Value>,
    /// What stopped the reading before the end.
    pub(super) fault: Option<Fault>,
}

/// One page.
pub(super) struct Page {
    pub(super) entries: Vec<Value>,
    /// What the store wants to be asked with for the next one.
    pub(super) next: Option<String>,
}

/// Asks for one page after the other, each with the cursor that the one before gave.
pub(super) async fn all(ask: impl AsyncFn(Option<&str>) -> Result<Page, Fault>) -> Pages {
    let mut walk = Walk::default();
    let mut cursor = None;
    loop {
        let page = ask(cursor.as_deref()).await;
        cursor = walk.step(page);
        if cursor.is_none() {
            return walk.pages();
        }
    }
}

/// The entries of the shape that is expected; of the others a count.
pub(super) fn read<T: DeserializeOwned>(entries: Vec<Value>, odd: &str, omissions: &mut Omissions) -> Vec<T> {
    let mut all = Vec::new();
    for entry in entries {
        match serde_json::from_value(entry) {
            Ok(entry) => all.push(entry),
            Err(error) => omissions.add(odd, error.to_string()),
        }
    }
    all
}

/// The ids of listed traces, each once; of entries without one a count, at `place`.
pub(super) fn trace_ids(entries: &[Value], name: &str, place: &str, omissions: &mut Omissions) -> Vec<String> {
    let id = |entry: &Value| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut ids: Vec<String> = entries.iter().filter_map(id).collect();
    for _ in ids.len()..entries.len() {
        omissions.add("trace without its id", place.to_owned());
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Page {
    /// The list under `name`; without one it is no page.
    pub(super) fn of(body: &mut Value, name: &str, next: Option<String>) -> Result<Self, Fault> {
        match body.get_mut(name).map(Value::take) {
            Some(Value::Array(entries)) => Ok(Self { entries, next: next.filter(|next| !next.is_empty()) }),
            _ => Err(Fault::Shape(format!("no list under `{name}`"))),
        }
    }
}

/// A way through pages that always ends.
#[derive(Default)]
struct Walk {
    entries: Vec<Value>,
    cursors: HashSet<String>,
    /// Pages in a row without an entry, which a filter may leave.
    empty: usize,
    fault: Option<Fault>,
}

impl Walk {
    /// Takes a page, and gives the cursor of the next one.
    fn step(&mut self, page: Result<Page, Fault>) -> Option<String> {
        let page = page.map_err(|fault| self.fault = Some(fault)).ok()?;
        self.empty = if page.entries.is_empty() { self.empty + 1 } else { 0 };
        self.entries.extend(page.entries);
        let next = page.next?;
        if self.empty <= MOST_EMPTY && self.cursors.insert(next.clone()) {
            return Some(next);
        }
        self.fault = Some(Fault::Shape("a cursor that leads nowhere".to_owned()));
        None
    }

    fn pages(self) -> Pages {
        Pages { entries: self.entries, fault: self.fault }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_a_list_and_perhaps_a_cursor() {
        let of = |mut body: Value, next: Option<&str>| Page::of(&mut body, "data", next.map(str::to_owned));
        let page = of(json!({"data": [1, 2]}), Some("U3BhbjoxNg==")).ok().unwrap();
        assert_eq!((page.entries.len(), page.next.as_deref()), (2, Some("U3BhbjoxNg==")));
        assert_eq!(of(json!({"data": []}), Some("")).ok().unwrap().next, None);
        for other in [json!([]), json!({"detail": "x"}), json!({"data": {}}), json!(null)] {
            assert!(matches!(of(other, None), Err(Fault::Shape(_))));
        }
    }

    #[test]
    fn records_of_an_unknown_shape_are_counted() {
        let mut omissions = Omissions::default();
        let rows: Vec<String> = read(vec![Value::from(1), Value::Null, Value::from("a")], "odd", &mut omissions);
        assert_eq!((rows, omissions.finish()[0].count), (vec!["a".to_owned()], 2));
    }

    #[test]
    fn a_way_ends_where_a_cursor_repeats_and_keeps_what_was_read() {
        let page = |entries: usize, next: Option<&str>| {
            Ok(Page { entries: vec![Value::Null; entries], next: next.map(str::to_owned) })
        };
        let walk = |pages: Vec<Result<Page, Fault>>| {
            let mut walk = Walk::default();
            let steps = pages.into_iter().map_while(|page| walk.step(page)).count();
            (steps, walk.pages())
        };
        for (pages, steps, entries, fault) in [
            (vec![page(2, Some("a")), page(1, None)], 1, 3, None),
            (vec![page(2, Some("a")), page(2, Some("a")), page(2, None)], 1, 4, Some("leads nowhere")),
            (vec![page(2, Some("a")), page(0, Some("b")), page(2, None)], 2, 4, None),
            (vec![page(2, Some("a")), Err(Fault::WebPage)], 1, 2, Some("web page")),
        ] {
            let (taken, pages) = walk(pages);
            assert_eq!((taken, pages.entries.len()), (steps, entries));
            let told = pages.fault.map(|fault| fault.to_string());
            assert_eq!(told.is_some(), fault.is_some());
            assert!(told.unwrap_or_default().contains(fault.unwrap_or_default()));
        }
    }
}
