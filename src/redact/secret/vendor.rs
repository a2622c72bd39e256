//! Keys and tokens that their vendor gave a form of their own.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::redact::scan::Scan;

/// Forms by vendor. They are open at the end, so that no part of a longer token stays.
const FORMS: &[(&str, &str)] = &[
    ("OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse and others", r"sk-[A-Za-z0-9_-]{20,}"),
    ("Groq, xAI, Perplexity, Cerebras, Tavily, Pinecone", r"(?:gsk_|xai-|pplx-|csk-|tvly-|pcsk_)[A-Za-z0-9_-]{20,}"),
    ("Hugging Face, Replicate, Fireworks", r"(?:hf_|api_org_|r8_|fw_)[A-Za-z0-9]{20,}"),
    ("LangSmith", r"(?:lsv2_(?:pt|sk)_|ls__)[0-9a-f]{32}[0-9a-f_]*"),
    ("GitHub", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("GitLab", r"gl(?:pat|ptt|rt|dt|agent|soat|ft|imt|cbt|feed)-[A-Za-z0-9_.-]{20,}"),
    ("Amazon Web Services", r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}\b(?::[A-Za-z0-9+/]{40})?"),
    ("Amazon Bedrock", r"ABSK[A-Za-z0-9+/]{80,}={0,2}"),
    (
        "Google",
        r"(?:AIza[A-Za-z0-9_-]{35,}|ya29\.[A-Za-z0-9_.-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,})",
    ),
    ("Azure", r"(?:[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,}|[A-Za-z0-9+/]{86}==)"),
    (
        "Slack",
        r"(?:xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,})",
    ),
    (
        "Discord",
        r"(?:[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}|discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{40,})",
    ),
    ("Telegram", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}"),
    ("Stripe", r"(?:(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{20,}={0,2})"),
    (
        "Square, PayPal",
        r"(?:sq0[a-z]{3}-[A-Za-z0-9_-]{20,}|access_token\$(?:production|sandbox)\$[a-z0-9]+\$[a-f0-9]{32})",
    ),
    (
        "Twilio, SendGrid, Mailgun, Mailchimp",
        r"(?:(?:SK|AC)[0-9a-f]{32}\b|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}\b)",
    ),
    (
        "npm, PyPI, RubyGems, Cargo, Docker",
        r"(?:npm_[A-Za-z0-9]{36,}|pypi-[A-Za-z0-9_-]{40,}|rubygems_[0-9a-f]{40,}|cio[A-Za-z0-9]{32}\b|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,})",
    ),
    ("Shopify", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32,}"),
    (
        "DigitalOcean, Databricks, Supabase",
        r"(?:do[opr]_v1_[0-9a-f]{60,}|dapi[0-9a-f]{32}(?:-[0-9])?|sbp_[0-9a-f]{40,}|sb_secret_[A-Za-z0-9_-]{20,})",
    ),
    (
        "Atlassian, Notion, Linear, Figma, Airtable, Postman",
        r"(?:AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{40,}|lin_api_[A-Za-z0-9]{30,}|figd_[A-Za-z0-9_-]{20,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|PMAK-[0-9a-f-]{40,})",
    ),
    (
        "Vault, Doppler, Terraform, age",
        r"(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9._-]{30,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}|AGE-SECRET-KEY-1[0-9A-Z]{50,})",
    ),
    (
        "Grafana, New Relic, Sentry, PlanetScale",
        r"(?:glc_[A-Za-z0-9+/]{30,}={0,2}|glsa_[A-Za-z0-9_]{30,}|NRAK-[A-Z0-9]{20,}|sntry[su]_[A-Za-z0-9+/=_-]{30,}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,})",
    ),
    ("Facebook", r"EAA[A-Za-z0-9]{80,}"),
    ("JSON web tokens, signed or encrypted", r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}"),
];

static ANY: LazyLock<Regex> = LazyLock::new(|| {
    let forms: Vec<String> = FORMS.iter().map(|(_, form)| format!("(?:{form})")).collect();
    Regex::new(&format!("(?-u){}", forms.join("|"))).expect("constants that tests compile")
});

pub(super) fn find(scan: &Scan<'_>) -> impl Iterator<Item = Range<usize>> {
    let begins = |start: usize| !scan.before(start).is_some_and(|last| last.is_ascii_alphanumeric());
    ANY.find_iter(&scan.text).map(|found| found.range()).filter(move |range| begins(range.start))
}

#[cfg(test)]
mod tests {
    use crate::redact::Rule;
    use crate::redact::tests::{assert_finds_nothing, assert_finds_whole};

    /// Made up, and put together here so that no scanner of repositories takes them for real ones.
    #[test]
    fn keys() {
        let letters = "Zq3xW8vT1nB6mK0pL5rJ9sH4dF7gC2aY";
        let hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        let keys = [
            format!("sk-{letters}"),
            format!("sk-proj-{letters}_{letters}"),
            format!("sk-ant-api03-{letters}-{letters}AA"),
            format!("sk-or-v1-{hex}{hex}"),
            format!("sk-lf-{hex}"),
            format!("gsk_{letters}{letters}"),
            format!("hf_{letters}"),
            format!("lsv2_pt_{hex}_0a1b2c3d4e"),
            format!("ghp_{letters}abcd"),
            format!("github_pat_{letters}_{letters}"),
            format!("glpat-{letters}"),
            format!("AKIA{}", "QWERTYUIOPASDFGH"),
            format!("AIza{letters}abcd"),
            format!("ya29.{letters}"),
            format!("GOCSPX-{letters}"),
            format!("xoxb-{}-{letters}", "123456789012"),
            format!("xapp-1-A0-{letters}"),
            format!("hooks.slack.com/services/T0A1/B0A1/{letters}"),
            format!("12345678:AA{letters}x"),
            format!("sk_live_{letters}"),
            format!("whsec_{letters}"),
            format!("AC{hex}"),
            format!("SG.{letters}.{letters}"),
            format!("npm_{letters}abcd"),
            format!("pypi-{letters}{letters}"),
            format!("shpat_{hex}"),
            format!("dop_v1_{hex}{hex}"),
            format!("dapi{hex}"),
            format!("ATATT3{letters}="),
            format!("hvs.{letters}"),
            format!("glsa_{letters}_0a1b2c3d"),
            format!("eyJ{letters}.eyJ{letters}.{letters}"),
            format!("eyJ{letters}..{letters}.{letters}.{letters}"),
        ];
        assert_finds_whole(Rule::Secret, &keys);
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Secret,
            &[
                "sk-learn",
                "task-management-for-everyone-in-the-team",
                "risk-assessment-of-the-quarter",
                "eyJ",
                "hf_hub_download",
                "key-value store",
                "AKIA",
                "npm_config_registry",
                "secret_santa",
                "glossary",
                "sk_test",
            ],
        );
    }
}
