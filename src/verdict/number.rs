//! Numbers as people read them.

/// A number with three digits after the point where it is small, and fewer where it is large.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        magnitude if magnitude >= 100.0 => 0,
        magnitude if magnitude >= 10.0 => 1,
        magnitude if magnitude >= 0.001 || magnitude == 0.0 => 3,
        _ => 6,
    };
    let text = format!("{value:.digits$}");
    let zero = text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.'));
    if zero { text.trim_start_matches('-').to_owned() } else { text.replace('-', "−") }
}

/// A change, with its sign.
pub fn signed(value: f64) -> String {
    let text = number(value);
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if is_zero || text.starts_with('−') { text } else { format!("+{text}") }
}

/// A p-value: four digits, and no false zero.
pub fn p_value(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".into() } else { format!("{p:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        let cases = [
            (0.98765, "0.988"),
            (0.0, "0.000"),
            (-0.0001, "−0.000100"),
            (-0.0, "0.000"),
            (12.34, "12.3"),
            (1234.5, "1234"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn changes_carry_their_sign() {
        assert_eq!([signed(0.1), signed(-0.1), signed(0.0)], ["+0.100", "−0.100", "0.000"]);
    }

    #[test]
    fn a_small_p_is_not_zero() {
        assert_eq!([p_value(0.00001), p_value(0.0312)], ["< 0.0001", "0.0312"]);
    }
}
