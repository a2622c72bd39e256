//! A `LangSmith` server, and the project that is meant.

use reqwest::header::HeaderName;
use serde::Deserialize;
use serde_json::Value;

use super::super::fault::Fault;
use super::super::http::{Http, Pair};
use super::super::{Lookup, SourceError};
use super::LangSmithConfig;
use super::address::{api, variable, web};

const KEY: &str = "LANGSMITH_API_KEY";
const WORKSPACE: &str = "LANGSMITH_WORKSPACE_ID";
/// Projects that are named where the one that is meant is not there.
const NAMED: usize = 20;

/// A server.
pub(super) struct Store {
    pub(super) http: Http,
    /// The project's name.
    pub(super) name: String,
    /// Where people look.
    web: String,
    has_key: bool,
}

/// A project, by the ids that stand for it.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub(super) id: String,
    #[serde(default)]
    name: String,
    /// Its workspace.
    #[serde(default)]
    tenant_id: String,
}

impl Store {
    /// The server and project that the configuration or the environment names. Nothing is sent yet.
    pub(super) fn open(config: &LangSmithConfig, lookup: Lookup<'_>) -> Result<Self, SourceError> {
        let base = api(config.base_url.as_deref(), lookup);
        let named = [("x-api-key", "API_KEY"), ("x-tenant-id", "WORKSPACE_ID")];
        let header = |(header, name)| Some((HeaderName::from_static(header), variable(lookup, name)?.into()));
        let headers: Vec<_> = named.into_iter().filter_map(header).collect();
        let has_key = variable(lookup, "API_KEY").is_some();
        let http = Http::new(&base, headers)?;
        // An old name of projects, which the SDK reads as well.
        let of_environment = || variable(lookup, "PROJECT").or_else(|| variable(lookup, "SESSION"));
        let name = config.project.clone().or_else(of_environment).unwrap_or_else(|| "default".to_owned());
        Ok(Self { web: web(&http.url()), http, name, has_key })
    }

    /// The project that the name stands for; where there is none, the error names those that there are.
    pub(super) async fn project(&self) -> Result<Project, SourceError> {
        let wanted = [("name", self.name.clone()), ("limit", "1".to_owned())];
        let found = self.projects(&wanted).await;
        let found = match found {
            Ok(found) => found.into_iter().find(|project| project.name == self.name),
            Err(fault) => return Err(self.explain(&fault)),
        };
        if let Some(project) = found {
            return Ok(project);
        }
        // Without those that experiments on datasets make.
        let all = [("reference_free", "true".to_owned()), ("limit", NAMED.to_string())];
        let all = self.projects(&all).await.unwrap_or_default();
        let names: Vec<&str> = all.iter().map(|project| project.name.as_str()).collect();
        let there = if names.is_empty() { String::new() } else { format!("; the projects are {}", names.join(", ")) };
        Err(self.error(format!("there is no project `{}`{there}", self.name)))
    }

    async fn projects(&self, query: &[Pair]) -> Result<Vec<Project>, Fault> {
        let list: Value = self.http.get(&["api", "v1", "sessions"], query).await?;
        serde_json::from_value(list).map_err(|error| Fault::Shape(format!("no list of projects: {error}")))
    }

    /// The page of a trace's root run, whose id is the trace's.
    pub(super) fn link(&self, project: &Project, trace: &str) -> String {
        format!("{}/o/{}/projects/p/{}/r/{trace}?poll=true", self.web, project.tenant_id, project.id)
    }

    /// A fault before anything was read, with what to do about it.
    pub(super) fn explain(&self, fault: &Fault) -> SourceError {
        let is_org_wide = fault.to_string().contains("org_scoped_key_requires_workspace");
        let advice = match fault.status() {
            Some(403) if is_org_wide => {
                format!("; the key is an organization's: set {WORKSPACE} to the id of the project's workspace")
            }
            Some(401 | 403) if self.has_key => format!("; {KEY} is no key of this server, or may not do this"),
            Some(401 | 403) => format!("; set {KEY} to a key of this server"),
            Some(404) => "; check that the address is the API's".to_owned(),
            Some(400 | 422) => "; check `filter` and `tree_filter`, and the server's version".to_owned(),
            _ => String::new(),
        };
        self.error(format!("{fault}{advice}"))
    }

    pub(super) fn error(&self, problem: String) -> SourceError {
        SourceError::Store { store: "LangSmith", url: self.http.url(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_and_links_come_from_the_configuration_or_the_environment() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let project = Project { id: "p".into(), name: "shop".into(), tenant_id: "o".into() };
        let told = |config: &LangSmithConfig, variables: &[(&str, &str)]| {
            let lookup =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let store = Store::open(config, &lookup).unwrap();
            (store.link(&project, "t"), store.name, store.has_key)
        };
        let link = |web: &str| format!("{web}/o/o/projects/p/p/r/t?poll=true");
        let nothing = LangSmithConfig::default();
        assert_eq!(told(&nothing, &[]), (link("https://smith.langchain.com"), "default".into(), false));
        let old = [("LANGCHAIN_SESSION", "old"), ("LANGCHAIN_API_KEY", "k")];
        assert_eq!(told(&nothing, &old), (link("https://smith.langchain.com"), "old".into(), true));
        let written = LangSmithConfig {
            project: Some("shop".into()),
            base_url: Some("https://ls.acme.example/api/v1".into()),
            ..LangSmithConfig::default()
        };
        let ours = ("LANGSMITH_PROJECT", "other");
        assert_eq!(told(&written, &[ours]), (link("https://ls.acme.example"), "shop".into(), false));
    }
}
