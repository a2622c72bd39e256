//! Where a `LangSmith` is: what its SDK reads from the environment, and the addresses of its API and of its pages.

use super::super::Lookup;

/// The service in the United States, which its SDK asks where nothing is set.
const SERVICE: &str = "https://api.smith.langchain.com";

/// A variable by the SDK's name, or by the one from before the product had its own.
pub(super) fn variable(lookup: Lookup<'_>, name: &str) -> Option<String> {
    let read = |vendor: &str| lookup(&format!("{vendor}_{name}"));
    let value = ["LANGSMITH", "LANGCHAIN"].into_iter().filter_map(read).find(|value| !value.trim().is_empty());
    // The SDK takes quotes away too, which some ways of setting a variable leave there.
    value.map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
}

/// The API's root: a server of one's own may be named with the path of its API.
pub(super) fn api(written: Option<&str>, lookup: Lookup<'_>) -> String {
    let base = written.map(str::to_owned).or_else(|| variable(lookup, "ENDPOINT"));
    let base = base.unwrap_or_else(|| SERVICE.to_owned());
    let base = base.trim().trim_end_matches('/');
    let root = base.strip_suffix("/api/v1").or_else(|| base.strip_suffix("/api")).unwrap_or(base);
    root.to_owned()
}

/// Where people look: the service has its API at a host of its own, other servers have both at one.
pub(super) fn web(api: &str) -> String {
    if api.ends_with("api.smith.langchain.com") { api.replacen("api.smith", "smith", 1) } else { api.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn an_api_is_named_with_and_without_its_path() {
        for (written, root, pages) in [
            ("https://api.smith.langchain.com", SERVICE, "https://smith.langchain.com"),
            ("https://api.smith.langchain.com/api/v1/", SERVICE, "https://smith.langchain.com"),
            (
                "https://eu.api.smith.langchain.com",
                "https://eu.api.smith.langchain.com",
                "https://eu.smith.langchain.com",
            ),
            ("https://ls.acme.example/api", "https://ls.acme.example", "https://ls.acme.example"),
            ("http://localhost:1980/team/api/v1", "http://localhost:1980/team", "http://localhost:1980/team"),
            ("https://api.acme.example", "https://api.acme.example", "https://api.acme.example"),
        ] {
            assert_eq!(api(Some(written), &none), root);
            assert_eq!(web(root), pages);
        }
        assert_eq!(api(None, &none), SERVICE);
    }

    #[test]
    fn variables_have_the_sdks_names_and_the_old_ones() {
        let set = |name: &str| match name {
            "LANGSMITH_API_KEY" => Some(" ".to_owned()),
            "LANGCHAIN_API_KEY" => Some("\"old\"".to_owned()),
            "LANGSMITH_PROJECT" => Some("shop".to_owned()),
            "LANGCHAIN_PROJECT" => Some("other".to_owned()),
            "LANGCHAIN_ENDPOINT" => Some("https://eu.api.smith.langchain.com/".to_owned()),
            _ => None,
        };
        assert_eq!(variable(&set, "API_KEY").as_deref(), Some("old"));
        assert_eq!(variable(&set, "PROJECT").as_deref(), Some("shop"));
        assert_eq!(variable(&set, "WORKSPACE_ID"), None);
        assert_eq!(api(None, &set), "https://eu.api.smith.langchain.com");
    }
}
