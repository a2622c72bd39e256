//! A Langfuse server, reached with a project's keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::AUTHORIZATION;
use secrecy::SecretString;
use serde_json::Value;

use super::super::fault::Fault;
use super::super::http::{Http, Pair};
use super::super::page::{self, Page, Pages};
use super::super::{Lookup, SourceError};
use super::LangfuseConfig;

/// The variables that name the server, in the order in which Langfuse's own client reads them.
const ADDRESSES: [&str; 2] = ["LANGFUSE_BASE_URL", "LANGFUSE_HOST"];
const KEYS: [&str; 2] = ["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"];
/// Langfuse Cloud in the EU, which Langfuse's own client takes too.
const CLOUD: &str = "https://cloud.langfuse.com";

/// The project of a pair of keys.
pub(super) struct Store {
    pub(super) http: Http,
    /// The project's name; the server's address where it is not known.
    pub(super) name: String,
    /// The project's id.
    pub(super) project: Option<String>,
}

impl Store {
    /// The server and keys that the configuration and the environment name. Nothing is sent yet.
    pub(super) fn open(config: &LangfuseConfig, lookup: Lookup<'_>) -> Result<Self, SourceError> {
        let base = config.base_url.clone().or_else(|| ADDRESSES.iter().find_map(|name| lookup(name)));
        let base = base.unwrap_or_else(|| CLOUD.to_owned());
        let keys = KEYS.map(|name| lookup(name).map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()));
        let missing = KEYS.iter().zip(&keys).find(|(_, key)| key.is_none());
        let pair = keys.iter().map(|key| key.as_deref().unwrap_or_default()).collect::<Vec<_>>().join(":");
        let basic = SecretString::from(format!("Basic {}", STANDARD.encode(pair)));
        let http = Http::new(api(&base), vec![(AUTHORIZATION, basic)])?;
        let http = http.hiding(keys.iter().flatten().map(|key| key.as_str().into()));
        let store = Self { name: http.url(), http, project: None };
        match missing {
            Some((name, _)) => {
                Err(store.error(format!("{name} is not set; set {} and {} to a project's keys", KEYS[0], KEYS[1])))
            }
            None => Ok(store),
        }
    }

    /// The same with the project's id and name, which the keys tell.
    pub(super) async fn located(mut self) -> Result<Self, SourceError> {
        let answer = self.http.get(&["api", "public", "projects"], &[]).await.map_err(|fault| self.explain(&fault))?;
        let project = answer.pointer("/data/0");
        let text = |key: &str| project.and_then(|project| project.get(key)?.as_str()).map(str::to_owned);
        self.project = text("id");
        if let Some(name) = text("name") {
            self.name = name;
        }
        Ok(self)
    }

    /// A list of the newer API, whose cursor stands beside its entries.
    pub(super) async fn pages(&self, path: &[&str], query: &[Pair]) -> Pages {
        page::all(async |after| {
            let mut query = query.to_vec();
            query.extend(after.map(|cursor| ("cursor", cursor.to_owned())));
            let mut body = self.http.get(path, &query).await?;
            let next = body.pointer("/meta/cursor").and_then(Value::as_str).map(str::to_owned);
            Page::of(&mut body, "data", next)
        })
        .await
    }

    /// A trace's page.
    pub(super) fn link(&self, project: &str, trace: &str) -> String {
        format!("{}/project/{project}/traces/{trace}", self.http.url())
    }

    /// A fault before anything was read, with what to do about it.
    pub(super) fn explain(&self, fault: &Fault) -> SourceError {
        self.error(advised(fault))
    }

    pub(super) fn error(&self, problem: String) -> SourceError {
        SourceError::Store { store: "Langfuse", url: self.http.url(), problem }
    }
}

/// A fault, with what to do about it.
pub(super) fn advised(fault: &Fault) -> String {
    let advice = match fault.status() {
        Some(401) => {
            "; LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are no keys of this server: check them and the address, for each region has its own"
        }
        Some(403) => "; the keys must be a project's with access to it: those of an organization read no traces",
        Some(404 | 501) if is_events_only(fault) => {
            "; the server no longer has the older routes, and not yet the newer ones (v2/observations): upgrade it, or switch those on"
        }
        Some(404 | 501) => "; check that the address is that of Langfuse itself, without a path",
        Some(400) => "; check `filter` and the server's version",
        Some(422) => "; the server cannot read so much at once: narrow the window or the filter",
        Some(429) => "; the plan allows no more requests for now: lower `limit`, narrow the window, or try again later",
        _ => "",
    };
    format!("{fault}{advice}")
}

/// Whether the server lacks the route that was asked for.
pub(super) fn is_absent(fault: &Fault) -> bool {
    matches!(fault.status(), Some(404 | 501))
}

/// Whether a smaller question may be answered.
pub(super) fn is_too_much(fault: &Fault) -> bool {
    fault.status() == Some(422) || matches!(fault, Fault::TooLarge)
}

fn is_events_only(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused(refusal) if refusal.said.contains("events_only"))
}

/// The server's own address: people also know those of its API and of its collector.
fn api(base: &str) -> &str {
    let base = base.trim().trim_end_matches('/');
    base.split_once("/api/public").map_or(base, |(server, _)| server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(config: &LangfuseConfig, variables: &[(&str, &str)]) -> Result<Store, SourceError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Store::open(config, &lookup)
    }

    #[test]
    fn the_server_comes_from_the_configuration_or_by_langfuses_own_names() {
        let keys = [("LANGFUSE_PUBLIC_KEY", "pk-lf-1"), ("LANGFUSE_SECRET_KEY", "sk-lf-1")];
        let told = |config: &LangfuseConfig, more: &[(&str, &str)]| {
            open(config, &[&keys, more].concat()).unwrap().link("p", "t")
        };
        let nothing = LangfuseConfig::default();
        let written = LangfuseConfig { base_url: Some("https://h/lf/api/public/".into()), ..LangfuseConfig::default() };
        let host = ("LANGFUSE_HOST", "http://old:3000");
        assert_eq!(told(&nothing, &[]), "https://cloud.langfuse.com/project/p/traces/t");
        assert_eq!(told(&nothing, &[host]), "http://old:3000/project/p/traces/t");
        assert_eq!(told(&nothing, &[host, ("LANGFUSE_BASE_URL", "http://new")]), "http://new/project/p/traces/t");
        assert_eq!(told(&written, &[host]), "https://h/lf/project/p/traces/t");
        let told = open(&nothing, &keys[..1]).err().unwrap().to_string();
        assert!(told.contains("LANGFUSE_SECRET_KEY is not set; set LANGFUSE_PUBLIC_KEY and"), "{told}");
    }
}
