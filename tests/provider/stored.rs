//! Answers from the cache and from recordings.

use std::sync::Arc;

use crate::server::{Answer, Server, ask, message, provider, request};
use eval_gate::provider::{Cache, CacheMode, CachePolicy, ProviderError, Recorder, Reply};
use serde_json::json;

#[tokio::test]
async fn the_cache_answers_as_its_mode_and_the_policy_say() {
    let folder = tempfile::tempdir().unwrap();
    let answers = ["1", "2", "3", "4", "5"].map(|text| Answer::json(&message(text)));
    let server = Server::start(answers).await;
    let open = |mode| server.provider(json!({})).with_cache(Arc::new(Cache::open(folder.path(), mode).unwrap()));
    let call = async |mode, repeat, policy| {
        let Reply { completion, cached } = open(mode).complete(&request(), repeat, policy).await?;
        Ok::<_, ProviderError>((completion.content.unwrap_or_default(), cached))
    };
    let (usual, offline, fresh) = (CacheMode::ReadWrite, CacheMode::Offline, CacheMode::Fresh);

    let miss = call(offline, 0, CachePolicy::Use).await.unwrap_err();
    assert!(miss.is_fatal() && miss.to_string().contains("model `m`, \"q\""), "{miss}");
    assert_eq!(call(usual, 0, CachePolicy::Use).await.unwrap(), ("1".into(), false));
    assert_eq!(call(usual, 0, CachePolicy::Use).await.unwrap(), ("1".into(), true));
    assert_eq!(call(usual, 1, CachePolicy::Use).await.unwrap(), ("2".into(), false));
    assert_eq!(call(usual, 0, CachePolicy::Bypass).await.unwrap(), ("3".into(), false));
    assert_eq!(call(fresh, 0, CachePolicy::Use).await.unwrap(), ("4".into(), false));
    assert_eq!(call(offline, 0, CachePolicy::Use).await.unwrap(), ("4".into(), true));
    assert!(call(offline, 0, CachePolicy::Bypass).await.is_err());
    assert!(open(usual).peek(&request(), 0).is_some() && open(usual).peek(&request(), 9).is_none());
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn failures_are_not_cached() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([Answer::with_status("400 B", "", "{}"), Answer::json(&message("a"))]).await;
    let cache = Arc::new(Cache::open(folder.path(), CacheMode::ReadWrite).unwrap());
    let provider = server.provider(json!({})).with_cache(cache);
    assert!(ask(&provider).await.is_err());
    assert!(ask(&provider).await.is_ok());
}

#[tokio::test]
async fn a_recording_replays_without_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording.jsonl");
    let server = Server::start([Answer::json(&message("a"))]).await;
    let recorder = Arc::new(Recorder::open(&file).unwrap());
    // The parameters are the provider's own, so a recording does not depend on them.
    let live = server.provider(json!({"parameters": {"seed": 1}})).with_recorder(Arc::clone(&recorder));
    let said = ask(&live).await.unwrap();
    recorder.finish().unwrap();

    let offline = provider(&json!({"recorded": {"file": file, "model": "m"}}));
    assert_eq!(offline.model(), Some("m"));
    for policy in [CachePolicy::Use, CachePolicy::Bypass] {
        let reply = offline.complete(&request(), 0, policy).await.unwrap();
        assert_eq!(reply, Reply { completion: said.clone(), cached: true });
    }
    let miss = offline.complete(&request(), 1, CachePolicy::Use).await.unwrap_err();
    assert!(matches!(miss, ProviderError::Miss { .. }) && miss.to_string().contains("record again"), "{miss}");
}
