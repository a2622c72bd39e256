//! How many cases each stratum gets: proportional to its size, by largest remainder, after a minimum for each.

/// [`allocate`] to parts of the population, each a number of cases and whether it is of bad outcomes. The bad ones get
/// `bad_share` together, or what they have of the population, if that is more. `size` must not exceed the population.
pub(super) fn share_out(parts: &[(usize, bool)], size: usize, minimum: usize, bad_share: f64) -> Vec<usize> {
    let of =
        |wanted: bool| parts.iter().filter(move |(_, is_bad)| *is_bad == wanted).map(|(population, _)| *population);
    let (bad, good): (usize, usize) = (of(true).sum(), of(false).sum());
    let natural = bad as f64 / (bad + good).max(1) as f64;
    let wanted = whole((size as f64 * bad_share.max(natural)).round());
    let bad_size = wanted.max(size.saturating_sub(good)).min(bad).min(size);
    let mut shares = [(true, bad_size), (false, size - bad_size)]
        .map(|(is_bad, size)| allocate(&of(is_bad).collect::<Vec<_>>(), size, minimum).into_iter());
    parts.iter().map(|(_, is_bad)| shares[usize::from(!is_bad)].next().unwrap_or_default()).collect()
}

/// Shares `size` among strata of the given populations. `size` must not exceed their sum. No stratum gets more than it
/// has; each gets `minimum` as far as it has them and `size` is large enough for all minima, else the largest strata are
/// served first. Ties go to the earlier stratum.
fn allocate(populations: &[usize], size: usize, minimum: usize) -> Vec<usize> {
    let total: usize = populations.iter().sum();
    debug_assert!(size <= total);
    let mut shares: Vec<usize> = populations.iter().map(|&population| population.min(minimum)).collect();
    let promised: usize = shares.iter().sum();
    if promised > size {
        return scarce(populations, size, minimum);
    }
    // What a stratum's exact quota still lacks after the minimum. The sum of these is at least what is left to give, so
    // that no stratum is given more than its quota rounded up.
    let lacking: Vec<f64> = populations
        .iter()
        .zip(&shares)
        .map(|(&population, &share)| (population as f64 * size as f64 / total as f64 - share as f64).max(0.0))
        .collect();
    let left = size - promised;
    let scale = if left == 0 { 0.0 } else { left as f64 / lacking.iter().sum::<f64>() };
    let mut remainders = Vec::with_capacity(shares.len());
    for (index, lack) in lacking.iter().enumerate() {
        let exact = lack * scale;
        shares[index] += whole(exact);
        remainders.push((index, exact.fract()));
    }
    let rest = size - shares.iter().sum::<usize>();
    remainders.sort_by(|a, b| b.1.total_cmp(&a.1));
    let roomy = remainders.into_iter().map(|(index, _)| index).filter(|&index| shares[index] < populations[index]);
    for index in roomy.take(rest).collect::<Vec<_>>() {
        shares[index] += 1;
    }
    shares
}

/// Not even the minima fit: one round of single cases after the other, the largest strata first.
fn scarce(populations: &[usize], size: usize, minimum: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..populations.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(populations[index]));
    let mut shares = vec![0; populations.len()];
    let mut left = size;
    for round in 0..minimum {
        if left == 0 {
            break;
        }
        for &index in order.iter().filter(|&&index| populations[index] > round).take(left) {
            shares[index] += 1;
            left -= 1;
        }
    }
    shares
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares lie between 0 and the size")]
fn whole(exact: f64) -> usize {
    exact.floor() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares() {
        for (populations, size, minimum, wanted) in [
            (&[80, 20][..], 10, 1, &[8, 2][..]),
            (&[980, 15, 5], 100, 1, &[98, 1, 1]),
            (&[999, 1], 10, 1, &[9, 1]),
            (&[999, 1], 10, 0, &[10, 0]),
            (&[50, 30, 20], 10, 3, &[4, 3, 3]),
            (&[1, 1, 1], 2, 1, &[1, 1, 0]),
            (&[1, 9, 5], 2, 1, &[0, 1, 1]),
            (&[5, 9, 1], 4, 2, &[1, 2, 1]),
            (&[3, 3], 6, 1, &[3, 3]),
            (&[7], 3, 1, &[3]),
            (&[], 0, 1, &[]),
        ] {
            assert_eq!(allocate(populations, size, minimum), wanted, "{populations:?} {size} {minimum}");
        }
    }

    #[test]
    fn bad_outcomes_get_their_share_as_far_as_there_are_so_many() {
        let (bad, good) = ((50, true), (950, false));
        for (parts, size, share, wanted) in [
            (&[bad, good][..], 100, 0.3, &[30, 70][..]),
            (&[bad, good], 100, 0.0, &[5, 95]),
            (&[bad, good], 300, 0.3, &[50, 250]),
            (&[(10, false), bad], 40, 0.3, &[7, 33]),
            (&[(10, false), bad], 58, 0.3, &[10, 48]),
            (&[bad], 20, 0.3, &[20]),
            (&[good], 20, 0.3, &[20]),
            (&[(90, false), bad, (10, false), (50, true)], 20, 0.6, &[7, 6, 1, 6]),
            (&[], 0, 0.3, &[]),
        ] {
            assert_eq!(share_out(parts, size, 1, share), wanted, "{parts:?} {size} {share}");
        }
    }

    proptest! {
        #[test]
        fn shares_fit_and_sum_to_the_size(
            parts in proptest::collection::vec((1_usize..200, any::<bool>()), 1..20),
            part in 0.0..=1.0_f64, minimum in 0_usize..3, share in 0.0..=1.0_f64,
        ) {
            let size = whole(parts.iter().map(|(population, _)| population).sum::<usize>() as f64 * part);
            let shares = share_out(&parts, size, minimum, share);
            prop_assert_eq!(shares.iter().sum::<usize>(), size);
            prop_assert!(shares.iter().zip(&parts).all(|(share, (population, _))| share <= population));
        }

        #[test]
        fn the_size_is_given_out_and_nobody_gets_more_than_there_is(
            populations in proptest::collection::vec(0_usize..500, 1..40), part in 0.0..=1.0_f64, minimum in 0_usize..4,
        ) {
            let total: usize = populations.iter().sum();
            let size = whole(total as f64 * part);
            let shares = allocate(&populations, size, minimum);
            prop_assert_eq!(shares.iter().sum::<usize>(), size);
            prop_assert!(shares.iter().zip(&populations).all(|(share, population)| share <= population));
            let minima: usize = populations.iter().map(|&p| p.min(minimum)).sum();
            if minima <= size {
                prop_assert!(shares.iter().zip(&populations).all(|(&share, &p)| share >= p.min(minimum)));
            }
        }
    }
}
