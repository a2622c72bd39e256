//! How a server is reached, and within which limits.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::server::{Answer, DONE, Server, ask, finish, message, provider, said};
use eval_gate::provider::{Provider, ProviderConfig};
use serde_json::json;

#[tokio::test]
async fn retry_after_holds_back_the_whole_provider() {
    let busy = Answer::with_status("429 T", "retry-after: 1\r\n", "{}");
    let server = Server::start([busy, Answer::json(&message("a"))]).await;
    let provider = server.provider(json!({}));
    let late = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        ask(&provider).await
    };
    let (first, second) = tokio::join!(ask(&provider), late);
    assert!(first.is_ok() && second.is_ok());
    let requests = server.requests.lock().unwrap();
    for (time, ..) in &requests[1..] {
        let wait = time.duration_since(requests[0].0);
        assert!((Duration::from_millis(990)..Duration::from_millis(1900)).contains(&wait), "{wait:?}");
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let stream = format!("{}{}{DONE}", said("a"), finish("stop"));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = format!("{head}{:x}\r\n{stream}\r\n0\r\n\r\n", stream.len());
    let server = Server::start([Answer { keep: true, ..Answer::raw([chunked]) }]).await;
    let provider = server.provider(json!({}));
    for _ in 0..5 {
        ask(&provider).await.unwrap();
    }
    assert_eq!((server.count(), server.connections.load(Ordering::Relaxed)), (5, 1));
}

#[tokio::test]
async fn no_more_calls_in_flight_than_allowed() {
    let server = Server::start([Answer::json(&message("a")).after(0, 100)]).await;
    let provider = server.provider(json!({"concurrency": 2}));
    let start = Instant::now();
    let calls = futures::future::join_all((0..6).map(|_| ask(&provider))).await;
    assert!(calls.iter().all(Result::is_ok));
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    assert!(server.connections.load(Ordering::Relaxed) <= 2);
}

#[tokio::test]
async fn addresses() {
    for (base, path) in [
        ("", "/v1/chat/completions"),
        ("/", "/v1/chat/completions"),
        ("/chat/completions", "/v1/chat/completions"),
        ("?api-version=1", "/v1/chat/completions?api-version=1"),
    ] {
        let server = Server::start([Answer::json(&message("a"))]).await;
        ask(&provider(&json!({"openai": {"base_url": format!("{}{base}", server.url)}}))).await.unwrap();
        let head = server.requests.lock().unwrap()[0].1.clone();
        assert!(head.starts_with(&format!("post {path} http")), "{head}");
    }
}

#[tokio::test]
async fn wrong_configurations_are_explained() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (config, part) in [
        (json!({"openai": {"base_url": "api.example.com/v1"}}), "is no URL"),
        (json!({"openai": {"base_url": "ftp://h/v1"}}), "is not http or https"),
        (json!({"openai": {"api_key": "sk-\u{1}"}}), "`api_key` holds characters"),
        (json!({"openai": {"headers": {"a b": "c"}}}), "the header `a b`"),
        (json!({"recorded": {"file": "absent.jsonl"}}), "absent.jsonl: "),
    ] {
        let config: ProviderConfig = serde_json::from_value(config).unwrap();
        let error = Provider::new("default", &config).unwrap_err();
        assert!(error.is_fatal() && error.to_string().contains(part), "{error}");
        assert!(!error.to_string().contains("sk-"), "{error}");
    }
}
