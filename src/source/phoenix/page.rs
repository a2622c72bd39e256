//! Lists, page by page. A cursor names the row that comes next.

use std::collections::HashSet;

use serde_json::Value;

use super::super::fault::Fault;
use super::super::http::{Http, Pair};

/// The entries of a list, as far as they could be read.
pub(super) struct Pages {
    pub(super) entries: Vec<Value>,
    /// What stopped the reading before the end.
    pub(super) fault: Option<Fault>,
}

/// One page.
struct Page {
    entries: Vec<Value>,
    next: Option<String>,
}

/// Reads a list to its end, or as far as it goes.
pub(super) async fn all(http: &Http, path: &[&str], query: &[Pair]) -> Pages {
    let mut query = query.to_vec();
    let asked = query.len();
    let mut walk = Walk::default();
    loop {
        let page = http.get(path, &query).await.and_then(read);
        let Some(next) = walk.step(page) else { return walk.pages() };
        query.truncate(asked);
        query.push(("cursor", next));
    }
}

/// A way through pages that always ends.
#[derive(Default)]
struct Walk {
    entries: Vec<Value>,
    cursors: HashSet<String>,
    fault: Option<Fault>,
}

impl Walk {
    /// Takes a page, and gives the cursor of the next one.
    fn step(&mut self, page: Result<Page, Fault>) -> Option<String> {
        let page = page.map_err(|fault| self.fault = Some(fault)).ok()?;
        let brought = !page.entries.is_empty();
        self.entries.extend(page.entries);
        let next = page.next?;
        if brought && self.cursors.insert(next.clone()) {
            return Some(next);
        }
        self.fault = Some(Fault::Shape("a cursor that leads nowhere".to_owned()));
        None
    }

    fn pages(self) -> Pages {
        Pages { entries: self.entries, fault: self.fault }
    }
}

fn read(mut body: Value) -> Result<Page, Fault> {
    let Some(Value::Array(entries)) = body.get_mut("data").map(Value::take) else {
        return Err(Fault::Shape("no list under `data`".to_owned()));
    };
    let next = body.get("next_cursor").and_then(Value::as_str).filter(|next| !next.is_empty()).map(str::to_owned);
    Ok(Page { entries, next })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_a_list_and_perhaps_a_cursor() {
        let page = read(json!({"data": [1, 2], "next_cursor": "U3BhbjoxNg=="})).ok().unwrap();
        assert_eq!((page.entries.len(), page.next.as_deref()), (2, Some("U3BhbjoxNg==")));
        for last in [json!({"data": [], "next_cursor": null}), json!({"data": []})] {
            assert_eq!(read(last).ok().unwrap().next, None);
        }
        for other in [json!([]), json!({"detail": "x"}), json!({"data": {}}), json!(null)] {
            assert!(matches!(read(other), Err(Fault::Shape(_))));
        }
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
            (vec![page(2, Some("a")), page(0, Some("b")), page(2, None)], 1, 2, Some("leads nowhere")),
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
