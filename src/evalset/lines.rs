//! The lines of `cases.jsonl`, read one after the other with everything that is wrong with them.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::path::PathBuf;

use super::{Case, Evalset, EvalsetError, Problem, assign_ids, line};

/// How many problems one error lists; a file of the wrong kind has one on every line.
const MAX_PROBLEMS: usize = 20;

/// The lines read so far.
#[derive(Default)]
pub(super) struct Lines {
    cases: Vec<Case>,
    problems: Vec<Problem>,
    more: usize,
    /// Ids written in the file, and the line of each.
    ids: HashMap<String, usize>,
}

impl Lines {
    /// Reads to the end.
    pub(super) fn read(&mut self, mut reader: impl BufRead) -> io::Result<()> {
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if reader.read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            let text = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
            let text = text.trim_ascii();
            if !text.is_empty() {
                self.take(number, text);
            }
        }
        Ok(())
    }

    fn take(&mut self, number: usize, text: &[u8]) {
        match line::parse(text).and_then(|case| self.claim_id(number, case)) {
            Ok(case) => self.cases.push(case),
            Err(what) if self.problems.len() < MAX_PROBLEMS => self.problems.push(Problem { line: number, what }),
            Err(_) => self.more += 1,
        }
    }

    fn claim_id(&mut self, number: usize, case: Case) -> Result<Case, String> {
        if case.id.is_empty() {
            return Ok(case);
        }
        match self.ids.insert(case.id.clone(), number) {
            None => Ok(case),
            Some(first) => Err(format!("id `{}` was used on line {first} already: ids name one case each", case.id)),
        }
    }

    /// The evalset, or everything that is wrong with it.
    pub(super) fn finish(mut self, path: PathBuf) -> Result<Evalset, EvalsetError> {
        if !self.problems.is_empty() {
            return Err(EvalsetError::Cases { path, problems: self.problems, more: self.more });
        }
        if self.cases.is_empty() {
            return Err(EvalsetError::Empty(path));
        }
        assign_ids(&mut self.cases);
        Ok(Evalset { path, cases: self.cases })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HI: &str = r#"{"messages":[{"role":"user","content":"hi"}]}"#;

    fn read(bytes: &[u8]) -> Result<Evalset, String> {
        let mut lines = Lines::default();
        lines.read(bytes).unwrap();
        lines.finish("cases.jsonl".into()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_bad_line_is_named_with_its_number() {
        let text = format!("{HI}\nnonsense\n\n{{\"messages\":[]}}\n\u{1}\n");
        let error = read(text.as_bytes()).unwrap_err();
        for wanted in ["cases.jsonl:2: not JSON", "cases.jsonl:4: `messages` is empty", "cases.jsonl:5: not JSON"] {
            assert!(error.contains(wanted), "{error}");
        }
        assert_eq!(error.lines().count(), 3);
    }

    #[test]
    fn many_problems_are_cut() {
        let error = read("x\n".repeat(25).as_bytes()).unwrap_err();
        assert_eq!(error.lines().count(), 21);
        assert!(error.ends_with("… and 5 more like these"), "{error}");
    }

    #[test]
    fn ids_name_one_case_each() {
        let line = HI.replacen('{', "{\"id\":\"a\",", 1);
        let error = read(format!("{line}\n{HI}\n{line}\n").as_bytes()).unwrap_err();
        assert!(error.contains(":3: id `a` was used on line 1 already"), "{error}");
    }

    #[test]
    fn a_very_long_line_is_a_case_like_any_other() {
        let text = HI.replace("hi", &"word ".repeat(2_000_000));
        let evalset = read(text.as_bytes()).unwrap();
        assert_eq!(evalset.cases[0].last_user_text().unwrap().len(), 10_000_000);
    }
}
