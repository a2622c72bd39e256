//! A Langfuse that answers badly.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::server::{Generation, Held, Langfuse};
use super::{BASIC, KEYS, cases, observations, project, runnable, sample, trace_id, with_keys};
use crate::model::Model;
use crate::store::{Asked, Says};

const JSON: &str = "content-type: application/json\r\n";
const SLOW: &str = r#"{"message":"Rate limit exceeded","code":"rate_limited","details":{"retryAfterSeconds":0}}"#;

/// One that errs at the `nth` request for the list or for whole observations, and from then on as long as `says` has something.
fn erring(traces: usize, is_list: bool, nth: usize, says: impl Fn(usize) -> Option<Says> + Send + 'static) -> Langfuse {
    let count = AtomicUsize::new(0);
    Langfuse::erring(Generation::New, Held::traces(traces), move |asked| {
        let is_it = asked.path.ends_with("v2/observations") && (asked.all("fields") == ["core"]) == is_list;
        let number = if is_it { count.fetch_add(1, Ordering::Relaxed) } else { return None };
        (number >= nth).then(|| says(number - nth)).flatten()
    })
}

#[test]
fn refusals_at_the_start_say_what_to_do() {
    let repeats = format!("no such keys: {} {} {BASIC}", KEYS[0].1, KEYS[1].1).leak();
    let wrong_kind = r#"{"message":"Invalid API key. Organization-scoped API keys are not allowed."}"#;
    for (says, words) in [
        (
            Says::Refuses(401, JSON, repeats),
            &["HTTP 401: no such keys: *** *** ***", "LANGFUSE_SECRET_KEY are no keys of this server"][..],
        ),
        (Says::Refuses(403, JSON, wrong_kind), &["HTTP 403", "the keys must be a project's"]),
        (
            Says::Refuses(404, "content-type: text/html\r\n", "<html>"),
            &["HTTP 404; check that the address is that of Langfuse itself"],
        ),
        (Says::Refuses(307, "location: https://elsewhere.example/\r\n", ""), &["HTTP 307"]),
        (Says::Page, &["Langfuse at http://127.0.0.1:", "answers with a web page"]),
    ] {
        let says = Mutex::new(Some(says));
        let store = Langfuse::erring(Generation::New, Held::traces(1), move |_| says.lock().unwrap().take());
        let (_, ran) = sample(&store, "");
        ran.expect(4, words);
        assert_eq!(store.count(""), 1, "it is not asked again: {words:?}");
    }
    for (says, words) in [
        (Says::Json(json!({"detail": "x"})), &["JSON of another shape (no list under `data`)"][..]),
        (Says::Json(json!({"data": [], "meta": {}})), &["there is no trace in Langfuse's project shop, 2026-11-20T"]),
        (Says::Refuses(400, JSON, "Invalid request data"), &["HTTP 400: Invalid request data; check `filter`"]),
    ] {
        let says = Mutex::new(Some(says));
        let store = erring(1, true, 0, move |_| says.lock().unwrap().take());
        sample(&store, "").1.expect(4, words);
    }
    let project = project("http://127.0.0.1:1", "");
    with_keys(&project, "sample --to a").expect(4, &["Langfuse at http://127.0.0.1:1: cannot be reached"]);
}

#[test]
fn a_storm_of_429_is_waited_out() {
    let slow = |asked: &Asked| asked.number.is_multiple_of(2).then_some(Says::Refuses(429, "retry-after: 0\r\n", SLOW));
    let store = Langfuse::erring(Generation::New, Held::traces(70), slow);
    sample(&store, "").1.expect(0, &["70 requests seen, 70 kept"]).lacks(&["left out"]);
    let store =
        Langfuse::erring(Generation::New, Held::traces(1), |_| Some(Says::Refuses(429, "retry-after: 0\r\n", SLOW)));
    sample(&store, "").1.expect(4, &["HTTP 429", "the plan allows no more requests for now: lower `limit`"]);
    assert_eq!(store.count(""), 5);
}

#[test]
fn a_plan_of_few_requests_a_minute_is_kept_to() {
    let held = Held::traces(1000);
    // A minute that lasts one second: after four requests a wait is asked for.
    let minute = Mutex::new((std::time::Instant::now(), 0));
    let store = Langfuse::erring(Generation::New, held, move |_| {
        let mut minute = minute.lock().unwrap();
        if minute.0.elapsed().as_secs() >= 1 {
            *minute = (std::time::Instant::now(), 0);
        }
        minute.1 += 1;
        (minute.1 > 4).then_some(Says::Refuses(429, "retry-after: 1\r\n", SLOW))
    });
    let start = std::time::Instant::now();
    sample(&store, "").1.expect(0, &["1000 requests seen, 1000 kept"]).lacks(&["left out"]);
    assert!(start.elapsed().as_secs() >= 4, "23 requests, four a second");
    assert!(store.count("") < 40, "{} requests", store.count(""));
}

#[test]
fn what_was_read_before_a_fault_is_kept_and_the_rest_is_counted() {
    let broken = |_| Some(Says::Refuses(500, "retry-after: 0\r\n", "no database"));
    let again =
        |_| Some(Says::Json(json!({"data": [{"id": "x", "traceId": trace_id(0)}], "meta": {"cursor": "same"}})));
    let none = |number| (number == 0).then(|| Says::Json(json!({"data": [], "meta": {}})));
    let odd = |number| (number == 0).then(|| Says::Json(json!({"data": [{"unheard": "of"}, {"id": 3}], "meta": {}})));
    let slow = |_| Some(Says::Refuses(429, "retry-after: 0\r\n", SLOW));
    for (store, words) in [
        (
            erring(1200, true, 1, broken),
            &["500 kept", "left out: 1 × older observations of the window not listed: HTTP 500: no database"][..],
        ),
        (
            erring(1200, true, 1, |_| Some(Says::Half(json!({"data": [], "meta": {}})))),
            &["500 kept", "not listed: the connection broke"],
        ),
        (erring(1200, true, 1, |_| Some(Says::Page)), &["500 kept", "not listed: it answers with a web page"]),
        (erring(1200, true, 0, again), &["1 kept", "a cursor that leads nowhere"]),
        (erring(150, false, 1, broken), &["100 kept", "left out: 50 × trace not read: HTTP 500: no database"]),
        (erring(150, false, 1, slow), &["left out: 50 × trace not read: HTTP 429", "lower `limit`, narrow the window"]),
        (erring(150, false, 1, none), &["100 kept", "left out: 50 × trace that is listed and has no observations"]),
        (erring(150, false, 1, odd), &["100 kept", "left out: 1 × observation of an unknown shape"]),
    ] {
        sample(&store, "").1.expect(0, words);
    }
    let scores = Langfuse::erring(Generation::New, Held::traces(150), |asked| {
        asked.path.ends_with("v3/scores").then(|| Says::Refuses(500, "retry-after: 0\r\n", "no database"))
    });
    sample(&scores, "").1.expect(0, &["150 kept", "left out: 1 × some scores not read: HTTP 500: no database"]);
}

#[test]
fn what_is_too_much_at_once_is_asked_for_in_parts() {
    let too_much = r#"{"message":"Request timed out","error":"Request timed out"}"#;
    let count = AtomicUsize::new(0);
    let store = Langfuse::erring(Generation::New, Held::traces(90), move |asked| {
        let hours = |name: &str| asked.all(name).first().and_then(|time| time.parse::<jiff::Timestamp>().ok());
        let is_list = asked.all("fields") == ["core"];
        let is_long = || hours("toStartTime").unwrap().duration_since(hours("fromStartTime").unwrap()).as_hours() > 3;
        let is_many = || asked.all("filter").concat().len() > 3000;
        let is_refused = asked.path.ends_with("v2/observations") && if is_list { is_long() } else { is_many() };
        count.fetch_add(usize::from(is_refused), Ordering::Relaxed);
        is_refused.then_some(Says::Refuses(422, JSON, too_much))
    });
    sample(&store, "").1.expect(0, &["90 requests seen, 90 kept"]).lacks(&["left out"]);
    let never = Langfuse::erring(Generation::New, Held::traces(2), move |asked| {
        asked.path.ends_with("v2/observations").then_some(Says::Refuses(422, JSON, too_much))
    });
    sample(&never, "").1.expect(4, &["HTTP 422", "the server cannot read so much at once: narrow the window"]);
    assert!(never.count("v2/observations") < 20, "{}", never.count("v2/observations"));
}

#[test]
fn odd_observations_are_read_as_far_as_they_go() {
    let mut held = Held::traces(6);
    let [root, call] = observations(10);
    // Without a trace; in a circle; below what is not there; with clocks that run backwards; with nothing at all.
    let change = |row: &Value, changes: Value| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        row
    };
    held.put(&change(&root, json!({"traceId": null, "id": "lost"})));
    held.observations[0]["parentObservationId"] = held.observations[1]["id"].clone();
    held.observations.remove(2);
    held.observations[3]["endTime"] = json!("2026-11-19T00:00:00.000Z");
    held.observations[3]["startTime"] = json!("2026-11-20T00:00:01.000Z");
    held.put(&change(
        &call,
        json!({"input": null, "output": null, "metadata": null, "usageDetails": null, "tags": null, "endTime": null}),
    ));
    let (project, ran) = sample(&Langfuse::start(Generation::New, held), "");
    ran.expect(0, &["6 kept", "left out: 1 × observation without the id of a trace"]);
    assert_eq!(cases(&project).len(), 6);
}

#[test]
fn a_write_back_that_fails_says_how_many_were_written() {
    let model = Model::fine();
    for (refusal, words) in [
        (
            Says::Refuses(429, "retry-after: 0\r\n", SLOW),
            &[
                "Pass",
                "warning: the scores are not written back, or not all",
                "10 of 40 scores written, then HTTP 429",
                "a run of fewer cases fits in it",
            ][..],
        ),
        (
            Says::Refuses(403, JSON, r#"{"message":"Ingestion suspended"}"#),
            &["Pass", "10 of 40 scores written, then HTTP 403", "Ingestion suspended"],
        ),
    ] {
        let count = AtomicUsize::new(0);
        let Says::Refuses(status, headers, text) = refusal else { panic!() };
        let store = Langfuse::erring(Generation::New, Held::traces(20), move |asked| {
            let is_write = asked.path == "/api/public/scores" && count.fetch_add(1, Ordering::Relaxed) >= 10;
            is_write.then_some(Says::Refuses(status, headers, text))
        });
        let project = runnable(&store.url(), ", write_back: true", &model);
        with_keys(&project, "run").expect(0, words);
        assert_eq!(store.held().scores.len(), 20 + 10);
    }
}
