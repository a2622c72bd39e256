//! Keys and tokens that their vendor gave a form of their own.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::redact::scan::Scan;

/// Forms by vendor. They are open at the end, so that no part of a longer token stays.
const FORMS: &[(&str, &str)] = &[
    ("OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse and others", r"(?:sk-|pk-lf-)[A-Za-z0-9_-]{20,}"),
    (
        "Groq, xAI, Perplexity, Cerebras, Tavily, Pinecone, NVIDIA, Together, Jina, LlamaCloud, Weights & Biases, Logfire, E2B, Anyscale",
        r"(?:gsk_|xai-|pplx-|csk-|tvly-|pcsk_|nvapi-|tgp_v1_|jina_|llx-|wandb_v1_|pylf_v[0-9]_|e2b_|esecret_)[A-Za-z0-9_-]{20,}",
    ),
    ("Hugging Face, Replicate, Fireworks, Apify", r"(?:hf_|api_org_|r8_|fw_|apify_api_)[A-Za-z0-9]{20,}"),
    (
        "Voyage, Firecrawl, ElevenLabs, Cursor, Dify, Arize, DeepL, RunPod, Brave",
        r"(?:pa-[A-Za-z0-9_-]{43,}|fc-[0-9a-f]{32,}|sk_[0-9a-f]{48,}|(?:key|crsr)_[0-9a-f]{60,}|app-[A-Za-z0-9]{24}\b|ak-[0-9a-f-]{36}-[A-Za-z0-9_-]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:fx\b|rpa_[A-Z0-9]{40,}|BSA[A-Za-z0-9_-]{28}\b)",
    ),
    ("LangSmith", r"(?:lsv2_(?:pt|sk)_|ls__)[0-9a-f]{32}[0-9a-f_]*"),
    ("GitHub", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("GitLab", r"gl(?:pat|ptt|rt|dt|agent|soat|ft|imt|cbt|feed|oas|ffct)-[A-Za-z0-9_.-]{20,}"),
    ("Amazon Web Services", r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}\b(?::[A-Za-z0-9+/]{40})?"),
    ("Amazon Bedrock", r"ABSK[A-Za-z0-9+/]{80,}={0,2}"),
    (
        "Google",
        r"(?:AIza[A-Za-z0-9_-]{35,}|ya29\.[A-Za-z0-9_.-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,})",
    ),
    ("Azure", r"(?:[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,}|[A-Za-z0-9+/]{86}==)"),
    (
        "Alibaba, Tencent, Yandex, Scaleway, Cloudflare, Fly, Tailscale, OpenShift",
        r"(?:LTAI[A-Za-z0-9]{16,}|AKID[A-Za-z0-9]{32}|AQVN[A-Za-z0-9_-]{35,}|SCW[A-Z0-9]{17}\b|v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}|cf(?:k|at|ut)_[A-Za-z0-9_-]{40,}|fm[12][ar]?_[A-Za-z0-9+/=_-]{60,}|tskey-[a-z]+-[A-Za-z0-9-]{16,}|sha256~[A-Za-z0-9_-]{43,})",
    ),
    (
        "Heroku, Netlify, Vercel, Render, Pulumi",
        r"(?:HRKU-[A-Za-z0-9_-]{36,}|nf[bcopu]_[A-Za-z0-9]{36,}|vc[acikpr]_[A-Za-z0-9]{24,}|rnd_[A-Za-z0-9]{28,}|pul-[0-9a-f]{40,})",
    ),
    (
        "Slack, Microsoft Teams, Zapier",
        r"(?:xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xoxe\.xox[bp]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}|hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}|webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{40,}|hooks\.zapier\.com/hooks/catch/[0-9]+/[A-Za-z0-9]+)",
    ),
    (
        "Discord",
        r"(?:[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}|discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{40,})",
    ),
    ("Telegram", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}"),
    ("Stripe", r"(?:(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{20,}={0,2})"),
    (
        "Square, PayPal, Plaid, Razorpay, Flutterwave, Shippo, EasyPost, Duffel, Lob",
        r"(?:sq0[a-z]{3}-[A-Za-z0-9_-]{20,}|access_token\$(?:production|sandbox)\$[a-z0-9]+\$[a-f0-9]{32}|access-(?:sandbox|development|production)-[0-9a-f-]{36}|rzp_(?:live|test)_[A-Za-z0-9]{14,}|FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,}(?:-X)?|shippo_(?:live|test)_[0-9a-f]{40,}|EZ[AT]K[A-Za-z0-9]{54,}|duffel_(?:live|test)_[A-Za-z0-9_=-]{40,}|(?:live|test)_(?:pub_)?[0-9a-f]{31,})",
    ),
    (
        "Twilio, SendGrid, Mailgun, Mailchimp, Brevo, Resend",
        r"(?:(?:SK|AC)[0-9a-f]{32}\b|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|key-[0-9a-f]{32}|[0-9a-f]{32}-(?:us[0-9]{1,2}|[0-9a-f]{8}-[0-9a-f]{8})\b|x(?:keysib|smtpsib)-[0-9a-f]{64}-[A-Za-z0-9]{16,}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,})",
    ),
    (
        "npm, PyPI, RubyGems, Cargo, Docker, NuGet, Clojars, Artifactory",
        r"(?:npm_[A-Za-z0-9]{36,}|pypi-[A-Za-z0-9_-]{40,}|rubygems_[0-9a-f]{40,}|cio[A-Za-z0-9]{32}\b|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|oy2[a-z0-9]{43}\b|CLOJARS_[0-9a-z]{60}|AKCp[A-Za-z0-9]{60,})",
    ),
    (
        "CircleCI, Buildkite, SonarQube, Prefect, Sourcegraph, Octopus",
        r"(?:CCIPAT_[A-Za-z0-9]+_[0-9a-f]{40,}|bk(?:aj|ct|ua)_[0-9a-f]{40,}|sq[apu]_[0-9a-f]{40,}|pn[bu]_[A-Za-z0-9]{36,}|sgp_[A-Za-z0-9_-]{40,}|API-[A-Z0-9]{25,})",
    ),
    ("Shopify", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32,}"),
    (
        "DigitalOcean, Databricks, Supabase, PostHog, HubSpot, Typeform, ReadMe",
        r"(?:do[opr]_v1_[0-9a-f]{60,}|dapi[0-9a-f]{32}(?:-[0-9])?|sbp_[0-9a-f]{40,}|sb_(?:secret|publishable)_[A-Za-z0-9_-]{20,}|ph[cxs]_[A-Za-z0-9]{40,}|pat-(?:na|eu|ap)[0-9]-[0-9a-f-]{36}|tfp_[A-Za-z0-9_=-]{40,}|rdme_[a-z0-9]{60,})",
    ),
    (
        "Atlassian, Notion, Linear, Figma, Airtable, Postman, Asana, Contentful",
        r"(?:AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{40,}|lin_(?:api|oauth)_[A-Za-z0-9]{30,}|fig(?:d|o[ru]h?)_[A-Za-z0-9_-]{20,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|PMAK-[0-9a-f-]{40,}|[0-9]/[0-9]{16}(?:/[0-9]{16})?:[0-9a-f]{32}|CFPAT-[A-Za-z0-9_-]{40,})",
    ),
    (
        "Vault, Doppler, Terraform, 1Password, age",
        r"(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|s\.[A-Za-z0-9]{24}\b|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}|ops_eyJ[A-Za-z0-9_+/=-]{50,}|AGE-SECRET-KEY-1[0-9A-Z]{50,})",
    ),
    (
        "Grafana, New Relic, Sentry, PlanetScale, Dynatrace",
        r"(?:glc_[A-Za-z0-9+/]{30,}={0,2}|glsa_[A-Za-z0-9_]{30,}|NRAK-[A-Z0-9]{20,}|sntry[su]_[A-Za-z0-9+/=_-]{30,}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,}|dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64})",
    ),
    ("Facebook, Square", r"EAA[A-Za-z0-9][A-Za-z0-9_-]{50,}"),
    ("Mapbox", r"[sp]k\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    ("JSON web tokens, signed or encrypted", r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}"),
];

static ANY: LazyLock<Regex> = LazyLock::new(|| {
    let forms: Vec<String> = FORMS.iter().map(|(_, form)| format!("(?:{form})")).collect();
    Regex::new(&format!("(?-u){}", forms.join("|"))).expect("constants that tests compile")
});

/// Where a key may be: the shortest has 15 bytes, and all of its bytes are of these. Few words of a text are that long, so
/// that the forms are looked for in little of it.
static LONG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u)[A-Za-z0-9_.~+/=:@$-]{15,}").expect("a constant that tests compile"));

/// The shortest part between punctuation that makes a key of it, in bytes.
const SHORTEST_PART: usize = 6;

pub(super) fn find(scan: &Scan<'_>) -> impl Iterator<Item = Range<usize>> {
    let begins = |start: usize| !scan.before(start).is_some_and(|last| last.is_ascii_alphanumeric());
    let within = |run: Range<usize>| {
        let found = ANY.find_iter(&scan.text[run.clone()]).filter(|found| is_random(found.as_str()));
        found.map(move |found| run.start + found.start()..run.start + found.end())
    };
    let runs = LONG.find_iter(&scan.text).filter(|run| !is_hash(run.as_str()));
    runs.flat_map(move |run| within(run.range())).filter(move |range| begins(range.start))
}

/// Whether a run is nothing but small hexadecimal digits, as no vendor's keys are: traces are full of hashes, and in
/// these every position may begin some form.
fn is_hash(run: &str) -> bool {
    run.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Words and numbers between dashes are a name, `sk-learn-pipelines-1.0`, and capitals alone one of code, `s.getName`.
fn is_random(text: &str) -> bool {
    let is_code = text.starts_with("s.");
    let speaks = |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !is_code);
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part.len() >= SHORTEST_PART && part.contains(speaks))
}

#[cfg(test)]
mod tests {
    use crate::redact::Rule;
    use crate::redact::tests::{assert_finds_nothing, assert_finds_whole};

    const LETTERS: &str = "Zq3xW8vT1nB6mK0pL5rJ9sH4dF7gC2aY";
    const HEX: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

    /// Made up, and put together here so that no scanner of repositories takes them for real ones.
    #[test]
    fn keys() {
        let (letters, hex) = (LETTERS, HEX);
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
    fn keys_of_more_vendors() {
        let (letters, hex, id) = (LETTERS, HEX, "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9");
        let keys = [
            format!("pk-lf-{hex}"),
            format!("nvapi-{letters}_{letters}"),
            format!("fc-{hex}"),
            format!("app-{}", &letters[..24]),
            format!("key_{hex}{hex}"),
            format!("{id}:fx"),
            format!("LTAI{}", &letters[..20]),
            format!("v1.0-{}-{hex}{hex}{hex}{hex}", &hex[..24]),
            format!("tskey-auth-{}-{letters}", &letters[..13]),
            format!("HRKU-{id}"),
            format!("nfp_{letters}abcd"),
            format!("rnd_{letters}"),
            format!("webhook.office.com/webhookb2/{hex}@{hex}/IncomingWebhook/{hex}"),
            format!("rzp_live_{}", &letters[..14]),
            format!("shippo_live_{hex}01234567"),
            format!("{hex}-0a1b2c3d-4e5f6071"),
            format!("xkeysib-{hex}{hex}-{}", &letters[..16]),
            format!("re_{}_{}", &letters[..8], &letters[..24]),
            format!("CCIPAT_{}_{hex}01234567", &letters[..22]),
            format!("squ_{hex}01234567"),
            format!("phc_{letters}abcdefgh"),
            format!("pat-na1-{id}"),
            format!("1/1234567890123456:{hex}"),
            format!("s.{}", &letters[..24]),
            format!("dt0c01.{}.{}", hex[..24].to_uppercase(), hex.repeat(2).to_uppercase()),
            format!("sk.eyJ{letters}.{letters}"),
        ];
        assert_finds_whole(Rule::Secret, &keys);
    }

    #[test]
    fn others() {
        assert_finds_nothing(
            Rule::Secret,
            &[
                "sk-learn",
                "sk-learn-pipelines-for-beginners-and-others",
                "sk-learn-contrib-lightning-1.0",
                "pa-rent-and-child-in-a-very-long-name-of-a-page-that-goes-on",
                "app-store-connect-and-more",
                "s.getAccountBalanceOfUsers",
                "sha256~",
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
