//! Words that give a number or a string its meaning: beside `phone` any long number is one, beside `order` none is.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What a word says of what stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// A telephone number.
    Phone,
    /// A number of something else: an order, an invoice, a version.
    Other,
    /// A secret.
    Secret,
}

/// Runs of letters; what is a word in them is seen by their capitals.
static LETTERS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{L}+").expect("a constant that tests compile"));

/// Phone cues of scripts that put no space between words.
static UNSPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("电话|電話|手机|手機|携帯|전화|휴대폰|연락처|फ़ोन|फोन|मोबाइल").expect("a constant that tests compile")
});

/// Secret cues of those scripts.
static UNSPACED_SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let words = "密码|密碼|密钥|密鑰|金鑰|令牌|口令|パスワード|トークン|秘密鍵|シークレット|비밀번호|토큰|비밀키";
    Regex::new(words).expect("a constant that tests compile")
});

/// No cue is longer, in bytes.
const LONGEST: usize = 20;

/// How far a phone cue reaches to the number behind it, in bytes.
const PHONE_REACH: usize = 32;
/// How far a secret cue reaches to the string behind it, in bytes.
const SECRET_REACH: usize = 48;
/// How far a secret cue reaches to the string before it, in bytes: "… is my token".
const SECRET_REACH_BACK: usize = 16;

/// The cues of a text, from left to right.
#[derive(Default)]
pub(super) struct Cues {
    /// Phone and other cues.
    numbers: Vec<(Cue, Range<usize>)>,
    secrets: Vec<Range<usize>>,
}

impl Cues {
    pub(super) fn new(text: &str) -> Self {
        let mut cues = Self::default();
        let mut last = Word::default();
        for run in LETTERS.find_iter(text) {
            for word in words(text, run.range()) {
                match word.cue(text, &last) {
                    Some(Cue::Secret) => cues.secrets.push(word.range.clone()),
                    Some(cue) => cues.numbers.push((cue, word.range.clone())),
                    None => {}
                }
                last = word;
            }
        }
        if text.is_ascii() {
            return cues;
        }
        cues.numbers.extend(UNSPACED.find_iter(text).map(|found| (Cue::Phone, found.range())));
        cues.numbers.sort_by_key(|(_, range)| range.start);
        cues.secrets.extend(UNSPACED_SECRET.find_iter(text).map(|found| found.range()));
        cues.secrets.sort_by_key(|range| range.start);
        cues
    }

    /// Whether a key says anything of its value.
    pub(super) fn speaks(key: &str) -> bool {
        let cues = Self::new(key);
        !(cues.numbers.is_empty() && cues.secrets.is_empty())
    }

    /// What the nearest cue before a number says of it.
    pub(super) fn of_number(&self, start: usize) -> Option<Cue> {
        let behind = self.numbers.partition_point(|(_, range)| range.end <= start);
        let (cue, range) = self.numbers[..behind].last()?;
        (start - range.end <= PHONE_REACH).then_some(*cue)
    }

    /// Whether a secret cue is near before a string.
    pub(super) fn secret_before(&self, start: usize) -> bool {
        let behind = self.secrets.partition_point(|range| range.end <= start);
        self.secrets[..behind].last().is_some_and(|range| start - range.end <= SECRET_REACH)
    }

    /// Whether a secret cue follows a string closely.
    pub(super) fn secret_after(&self, end: usize) -> bool {
        let before = self.secrets.partition_point(|range| range.start < end);
        self.secrets.get(before).is_some_and(|range| range.start - end <= SECRET_REACH_BACK)
    }

    /// The ends of all secret cues.
    pub(super) fn secret_ends(&self) -> impl Iterator<Item = usize> {
        self.secrets.iter().map(|range| range.end)
    }

    /// Whether there is any secret cue at all.
    pub(super) fn speak_of_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }
}

#[derive(Debug, Default)]
struct Word {
    range: Range<usize>,
    /// Lower case; empty where it is too long to be a cue.
    lower: String,
}

impl Word {
    fn new(text: &str, range: Range<usize>) -> Self {
        let lower = if range.len() > LONGEST { String::new() } else { text[range.clone()].to_lowercase() };
        Self { range, lower }
    }

    fn cue(&self, text: &str, last: &Self) -> Option<Cue> {
        let follows = self.range.start - last.range.end <= 1;
        match self.lower.as_str() {
            "key" | "keys" => {
                let named = follows && is_key_owner(&last.lower);
                (named || text[..self.range.end].ends_with("_KEY")).then_some(Cue::Secret)
            }
            // "my number is", "text me at"
            "number" | "nummer" | "numéro" | "número" | "numero" => {
                (follows && is_somebodys(&last.lower)).then_some(Cue::Phone)
            }
            "me" => (follows && matches!(last.lower.as_str(), "text" | "message")).then_some(Cue::Phone),
            // "clé d'API", "clave de API", "chave secreta"
            "api" | "accès" | "acceso" => {
                (follows && matches!(last.lower.as_str(), "d" | "de")).then_some(Cue::Secret)
            }
            "secrète" | "secreta" | "privée" | "privada" => follows.then_some(Cue::Secret),
            word => cue_of(word),
        }
    }
}

/// A run of letters as one word if it is a cue (`WhatsApp`), else its parts: `customerPhone` is two.
fn words(text: &str, run: Range<usize>) -> Vec<Word> {
    let whole = Word::new(text, run.clone());
    if cue_of(&whole.lower).is_some() {
        return vec![whole];
    }
    let mut parts = Vec::new();
    let mut start = run.start;
    let mut was_lower = false;
    for (index, character) in text[run.clone()].char_indices() {
        if was_lower && character.is_uppercase() {
            parts.push(Word::new(text, start..run.start + index));
            start = run.start + index;
        }
        was_lower = character.is_lowercase();
    }
    parts.push(Word::new(text, start..run.end));
    parts
}

/// Users write in their own languages; these are the ones of the largest markets.
fn cue_of(word: &str) -> Option<Cue> {
    match word {
        "phone" | "phones" | "telephone" | "tel" | "telefono" | "teléfono" | "téléphone" | "telefon" | "telefone"
        | "telefoon" | "telefonnummer" | "rufnummer" | "handy" | "handynummer" | "mobile" | "mobil" | "móvil"
        | "celular" | "cell" | "cellphone" | "whatsapp" | "sms" | "fax" | "call" | "calling" | "ring" | "dial"
        | "reach" | "contact" | "msisdn" | "hotline" | "ph" | "mob" | "tél" | "tlf" | "gsm" | "mobilnummer"
        | "mobiel" | "cellulare" | "portable" | "telefonnr" | "puhelin" | "телефон" | "тел" | "моб" | "هاتف"
        | "جوال" => Some(Cue::Phone),
        "order" | "orders" | "invoice" | "ticket" | "tracking" | "reference" | "ref" | "sku" | "isbn" | "issn"
        | "doi" | "case" | "id" | "ids" | "article" | "item" | "part" | "serial" | "account" | "version" | "build"
        | "commit" | "hash" | "sha" | "timestamp" | "date" | "bestellung" | "bestellnummer" | "rechnung"
        | "commande" | "facture" | "pedido" | "factura" => Some(Cue::Other),
        "token" | "tokens" | "secret" | "secrets" | "apikey" | "apikeys" | "secretkey" | "accesskey" | "credential"
        | "credentials" | "bearer" | "authorization" | "cookie" | "jwt" | "webhook" | "sig" | "password"
        | "passwords" | "passwd" | "passphrase" | "pwd" | "passwort" | "kennwort" | "contraseña" | "senha" | "mdp"
        | "wachtwoord" | "schlüssel" | "zugangsschlüssel" | "geheimnis" | "zugangsdaten" | "jeton" | "clave"
        | "chave" | "пароль" | "токен" | "ключ" | "секрет" => Some(Cue::Secret),
        _ => None,
    }
}

/// Whose number a telephone's is.
fn is_somebodys(word: &str) -> bool {
    matches!(word, "my" | "your" | "his" | "her" | "their" | "meine" | "deine" | "mon" | "ton" | "mi" | "tu" | "mio")
}

/// What makes a key one that opens something, unlike a primary key or a sort key.
fn is_key_owner(word: &str) -> bool {
    matches!(
        word,
        "api"
            | "access"
            | "secret"
            | "private"
            | "signing"
            | "encryption"
            | "master"
            | "auth"
            | "account"
            | "license"
            | "service"
            | "client"
            | "subscription"
            | "session"
            | "storage"
            | "ssh"
            | "deploy"
            | "admin"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_cue_says_what_a_number_is() {
        for (text, wanted) in [
            ("call me at 1", Some(Cue::Phone)),
            ("customerPhone: 1", Some(Cue::Phone)),
            ("PHONE_NUMBER=1", Some(Cue::Phone)),
            ("WhatsApp 1", Some(Cue::Phone)),
            ("Téléphone : 1", Some(Cue::Phone)),
            ("你好,这是我自己的电话号码是1", Some(Cue::Phone)),
            ("call about order number 1", Some(Cue::Other)),
            ("order from my mobile 1", Some(Cue::Phone)),
            ("orderId 1", Some(Cue::Other)),
            ("my number is 1", Some(Cue::Phone)),
            ("text me at 1", Some(Cue::Phone)),
            ("the order number is 1", Some(Cue::Other)),
            ("headphones 1", None),
            ("the secretary recalls 1", None),
            ("call me some time next week, it is number 1", None),
        ] {
            assert_eq!(Cues::new(text).of_number(text.find('1').unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn secret_cues() {
        for (text, wanted) in [
            ("access_token=1", true),
            ("apiKey: 1", true),
            ("api key 1", true),
            ("X-API-Key: 1", true),
            ("AZURE_OPENAI_KEY=1", true),
            ("my secret is 1", true),
            ("primary_key 1", false),
            ("secretary 1", false),
            ("tokenizer 1", false),
        ] {
            assert_eq!(Cues::new(text).secret_before(text.find('1').unwrap()), wanted, "{text}");
        }
        assert!(Cues::new("1 is my token").secret_after(1));
        assert!(!Cues::new("1 is what I was told of the token").secret_after(1));
    }
}
