//! What failures come to.

use crate::server::{Answer, DONE, Server, ask, ask_once, finish, message, provider, said};
use eval_gate::provider::ProviderError;
use serde_json::json;
use tokio::net::TcpListener;

#[tokio::test]
async fn ends_of_streams() {
    for (pieces, whole) in [
        (vec![said("a"), finish("stop"), DONE.into()], true),
        (vec![said("a"), finish("stop")], true),
        (vec![said("a"), DONE.into()], true),
        (vec![said("a"), finish("stop").trim_end().into()], true),
        (vec![": comment\n\n".into(), said("a"), finish("stop")], true),
        (vec![said("a")], false),
        (vec![said("a"), finish("stop")[..40].into()], false),
        (vec![], false),
    ] {
        let outcome = ask_once(Answer::stream(pieces.clone())).await;
        match outcome {
            Ok(completion) => assert!(whole && completion.content.as_deref() == Some("a"), "{pieces:?}"),
            Err(error) => {
                assert!(!whole && matches!(error, ProviderError::Exhausted { .. }), "{pieces:?}: {error}");
                assert!(error.to_string().contains("the stream ended before the answer did"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_truncated_stream_is_asked_for_again() {
    let whole = Answer::stream([said("whole"), finish("stop")]);
    let server = Server::start([Answer::stream([said("half")]), whole]).await;
    let completion = ask(&server.provider(json!({}))).await.unwrap();
    assert_eq!((completion.content.as_deref(), server.count()), (Some("whole"), 2));
}

#[tokio::test]
async fn failures_that_pass_are_tried_again() {
    for status in ["408 T", "429 T", "500 T", "502 T", "503 T", "504 T", "529 T"] {
        let server = Server::start([Answer::with_status(status, "", "{}"), Answer::json(&message("a"))]).await;
        assert!(ask(&server.provider(json!({}))).await.is_ok(), "{status}");
        assert_eq!(server.count(), 2, "{status}");
    }
}

#[tokio::test]
async fn failures_that_stay_are_told_at_once() {
    let body = r#"{"error":{"message":"because\u001b[2J","code":"CODE"}}"#;
    for (status, code, fatal, start) in [
        ("400 B", "", false, "rejected the request (400): because [2J; check the prompt's parameters"),
        ("401 U", "", true, "refused the key (401): because [2J; check `api_key`"),
        ("403 F", "", true, "refused the key (403): because"),
        ("404 N", "", true, "does not know the model or the address (404): because"),
        ("413 T", "", false, "rejected the request (413): because"),
        ("429 T", "insufficient_quota", true, "has no quota left (429): because"),
        ("302 F", "", true, "does not know the model or the address (302): because"),
    ] {
        let server =
            Server::start([Answer::with_status(status, "location: http://other/\r\n", &body.replace("CODE", code))])
                .await;
        let error = ask(&server.provider(json!({"api_key": "sk-1"}))).await.unwrap_err();
        let start = format!("provider `default` ({}/chat/completions) {start}", server.url);
        assert!(error.to_string().starts_with(&start), "{error}");
        assert!(!error.to_string().contains("sk-1"));
        assert_eq!((error.is_fatal(), server.count()), (fatal, 1), "{error}");
    }
}

#[tokio::test]
async fn spent_retries_are_told() {
    let server = Server::start([Answer::with_status("500 I", "", r#"{"error":"broken"}"#)]).await;
    let error = ask(&server.provider(json!({"retries": 1}))).await.unwrap_err();
    assert!(error.to_string().contains("failed 2 times, at last with: 500: broken"), "{error}");
    assert!(!error.is_fatal());
}

#[tokio::test]
async fn errors_inside_an_answer_are_errors() {
    let error = |code: &str| format!("data: {}\n\n", json!({"error": {"message": "no more", "type": code}}));
    let inside = ask_once(Answer::stream([said("a"), error("server_error")])).await.unwrap_err();
    assert!(inside.to_string().contains("500: no more"), "{inside}");
    let inside = ask_once(Answer::stream([error("invalid_request_error")])).await.unwrap_err();
    assert!(matches!(inside, ProviderError::Rejected { status: 400, .. }), "{inside}");
    let whole = ask_once(Answer::json(&json!({"error": {"message": "no more", "code": 401}}))).await.unwrap_err();
    assert!(matches!(whole, ProviderError::Auth { .. }), "{whole}");
}

#[tokio::test]
async fn other_bodies_than_completions_are_quoted() {
    for (body, part) in [
        ("<html><body>Sign in</body></html>", "`<html><body>Sign in</body></html>`"),
        ("{\"choices\":[]}", "`{\"choices\":[]}`"),
        ("[1]", "`[1]`"),
        ("", "an empty body"),
    ] {
        let error = ask_once(Answer::with_status("200 OK", "", body)).await.unwrap_err();
        assert!(matches!(error, ProviderError::Malformed { .. }) && error.to_string().contains(part), "{error}");
    }
    let error = ask_once(Answer::stream(["data: {not json}\n\n"])).await.unwrap_err();
    assert!(matches!(error, ProviderError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn slow_and_absent_servers() {
    let slow = Answer::json(&message("a")).after(0, 2_000);
    let stalled = Answer::stream([said("a"), finish("stop")]).after(2, 2_000);
    for answer in [slow, stalled] {
        let server = Server::start([answer]).await;
        let error = ask(&server.provider(json!({"timeout": 0.2, "retries": 0}))).await.unwrap_err();
        assert!(error.to_string().contains("at last with: timed out before") && !error.is_fatal(), "{error}");
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let absent = provider(&json!({"openai": {"base_url": format!("http://{free}/v1"), "retries": 0}}));
    let error = ask(&absent).await.unwrap_err();
    assert!(error.is_fatal() && error.to_string().contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let mut pieces = vec![b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec()];
    pieces.extend(std::iter::repeat_n(vec![b' '; 1 << 20], 40));
    let error = ask_once(Answer::raw(pieces)).await.unwrap_err();
    assert!(error.to_string().contains("an answer of more than 32 MiB"), "{error}");
}
