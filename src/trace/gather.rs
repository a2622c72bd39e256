//! Bringing together what exporters scatter: the spans and logs of one trace over lines, files and signals.

use std::collections::BTreeMap;

use super::{Event, Span, Trace};

/// Collects spans and log records in any order, and gives whole traces in the end.
#[derive(Debug, Default)]
pub struct Gathering {
    traces: BTreeMap<String, BTreeMap<String, Span>>,
    logs: BTreeMap<(String, String), Vec<Event>>,
    loss: Loss,
}

/// What was read and not used, as counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// Spans whose trace and span id had been read before.
    pub duplicate_spans: usize,
    /// Log records that had been read before.
    pub duplicate_logs: usize,
    /// Spans without trace or span id.
    pub nameless_spans: usize,
    /// Log records whose span was not read.
    pub orphan_logs: usize,
}

impl Gathering {
    /// Adds a span. Of two with the same ids, the one that ended later is kept: some libraries export a span twice,
    /// first while it is running.
    pub fn add_span(&mut self, trace: Option<String>, span: Span) {
        let Some(trace) = trace.filter(|_| !span.id.is_empty()) else {
            self.loss.nameless_spans += 1;
            return;
        };
        let spans = self.traces.entry(trace).or_default();
        match spans.get(&span.id) {
            Some(known) => {
                self.loss.duplicate_spans += 1;
                if span.end_ns > known.end_ns {
                    spans.insert(span.id.clone(), span);
                }
            }
            None => {
                spans.insert(span.id.clone(), span);
            }
        }
    }

    /// Adds a log record of a span; the span may come later.
    pub fn add_log(&mut self, trace: Option<String>, span: Option<String>, log: Event) {
        let (Some(trace), Some(span)) = (trace, span) else {
            return;
        };
        let logs = self.logs.entry((trace, span)).or_default();
        if logs.contains(&log) {
            self.loss.duplicate_logs += 1;
        } else {
            logs.push(log);
        }
    }

    /// The traces, earliest first, and what was lost.
    pub fn finish(mut self) -> (Vec<Trace>, Loss) {
        for ((trace, span), logs) in self.logs {
            match self.traces.get_mut(&trace).and_then(|spans| spans.get_mut(&span)) {
                Some(span) => span.logs = logs,
                None => self.loss.orphan_logs += logs.len(),
            }
        }
        let mut traces: Vec<Trace> = self.traces.into_iter().map(whole).collect();
        traces.sort_by_key(|trace| trace.spans.first().map(|span| span.start_ns));
        (traces, self.loss)
    }
}

fn whole((id, spans): (String, BTreeMap<String, Span>)) -> Trace {
    let mut spans: Vec<Span> = spans.into_values().collect();
    for span in &mut spans {
        span.events.sort_by_key(|event| event.time_ns);
        span.logs.sort_by_key(|log| log.time_ns);
    }
    spans.sort_by(|a, b| (a.start_ns, b.end_ns, &a.id).cmp(&(b.start_ns, a.end_ns, &b.id)));
    Trace { id, url: None, spans }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, start_ns: u64, end_ns: u64) -> Span {
        Span { id: id.to_owned(), start_ns, end_ns, ..Span::default() }
    }

    fn log(name: &str, time_ns: u64) -> Event {
        Event { name: name.to_owned(), time_ns, ..Event::default() }
    }

    #[test]
    fn logs_meet_their_span_in_any_order() {
        let mut gathering = Gathering::default();
        let key = || (Some("t".to_owned()), Some("a".to_owned()));
        gathering.add_log(key().0, key().1, log("second", 2));
        gathering.add_span(Some("t".to_owned()), span("a", 1, 3));
        gathering.add_log(key().0, key().1, log("first", 1));
        gathering.add_log(key().0, key().1, log("first", 1));
        gathering.add_log(key().0, Some("gone".to_owned()), log("orphan", 1));
        let (traces, loss) = gathering.finish();
        let names: Vec<&str> = traces[0].spans[0].logs.iter().map(|log| log.name.as_str()).collect();
        assert_eq!(names, ["first", "second"]);
        assert_eq!(loss, Loss { duplicate_logs: 1, orphan_logs: 1, ..Loss::default() });
    }

    #[test]
    fn of_two_equal_spans_the_finished_one_stays() {
        let mut gathering = Gathering::default();
        for end in [0, 9, 5] {
            gathering.add_span(Some("t".to_owned()), span("a", 1, end));
        }
        gathering.add_span(None, span("b", 1, 1));
        gathering.add_span(Some("t".to_owned()), span("", 1, 1));
        let (traces, loss) = gathering.finish();
        assert_eq!(traces[0].spans.len(), 1);
        assert_eq!(traces[0].spans[0].end_ns, 9);
        assert_eq!(loss, Loss { duplicate_spans: 2, nameless_spans: 2, ..Loss::default() });
    }

    #[test]
    fn traces_and_spans_come_by_time() {
        let mut gathering = Gathering::default();
        gathering.add_span(Some("late".to_owned()), span("a", 50, 60));
        gathering.add_span(Some("early".to_owned()), span("c", 10, 20));
        gathering.add_span(Some("early".to_owned()), span("b", 10, 30));
        let (traces, _) = gathering.finish();
        let order: Vec<&str> = traces.iter().flat_map(|trace| &trace.spans).map(|span| span.id.as_str()).collect();
        assert_eq!(order, ["b", "c", "a"], "an enclosing span comes before what it encloses");
    }
}
