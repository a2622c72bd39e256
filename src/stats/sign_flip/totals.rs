//! Sums under every sign vector: the product of a matrix of signs with the matrix of cluster sums.
//!
//! The signs of eight clusters are one byte, and a byte has 256 values: the signed sum of eight rows is worked out once
//! for each value and then looked up, which takes an eighth of the additions of the plain product (the "four
//! Russians" method; Arlazarov, Dinic, Kronrod and Faradzhev 1970). Vectors are split among threads in whole rows, each
//! summed in the same order, so that the thread count cannot change a bit of the result.

use std::thread;

use super::{FlipTest, TIE, signs::Signs};

/// Additions below which starting a thread costs more than it saves.
const WORTH_A_THREAD: usize = 1_000_000;

/// Blocks whose tables are held at once, so that a row of totals is fetched once for all of them.
const BLOCKS_A_PASS: usize = 4;

/// Totals under each sign vector.
#[derive(Debug)]
pub(super) struct FlipTotals {
    signs: Signs,
    hypotheses: usize,
    /// A row for each sign vector, a column for each hypothesis.
    totals: Vec<f64>,
    /// Σ S² of each hypothesis, the same under every sign vector.
    squares: Vec<f64>,
    clusters: usize,
    blocks: usize,
}

/// Eight clusters: the sum of their rows for each of the 256 signs, and the signs of every vector.
struct Block {
    table: Vec<f64>,
    signs: Vec<u8>,
}

impl FlipTotals {
    pub(super) fn new(signs: Signs, hypotheses: usize) -> Self {
        let totals = vec![0.0; signs.vectors() * hypotheses];
        Self { signs, hypotheses, totals, squares: vec![0.0; hypotheses], clusters: 0, blocks: 0 }
    }

    /// Adds clusters, a row of sums each.
    pub(super) fn add(&mut self, rows: &[&[f64]]) {
        for row in rows {
            for (square, sum) in self.squares.iter_mut().zip(*row) {
                *square += sum * sum;
            }
        }
        if self.hypotheses == 0 {
            return;
        }
        for pass in rows.chunks(8 * BLOCKS_A_PASS) {
            let blocks: Vec<Block> = pass.chunks(8).map(|rows| self.block(rows)).collect();
            self.accumulate(&blocks);
        }
    }

    fn block(&mut self, rows: &[&[f64]]) -> Block {
        let block =
            Block { table: signed_sums(rows, self.hypotheses), signs: self.signs.block(self.blocks, self.clusters) };
        self.blocks += 1;
        self.clusters += rows.len();
        block
    }

    fn accumulate(&mut self, blocks: &[Block]) {
        let width = self.hypotheses;
        let work = self.totals.len() * blocks.len();
        let threads = thread::available_parallelism().map_or(1, usize::from).min(1 + work / WORTH_A_THREAD);
        let vectors = self.signs.vectors().div_ceil(threads);
        thread::scope(|scope| {
            for (part, totals) in self.totals.chunks_mut(vectors * width).enumerate() {
                let mut add = move || add_blocks(totals, width, part * vectors, blocks);
                if threads == 1 { add() } else { drop(scope.spawn(add)) }
            }
        });
    }

    /// Every total over √(Σ S²) of its hypothesis.
    pub(super) fn studentized(self) -> FlipTable {
        let testable: Vec<bool> = self.squares.iter().map(|square| square.is_finite() && *square > 0.0).collect();
        let scale: Vec<f64> = self.squares.iter().map(|square| square.sqrt().recip()).collect();
        let mut values = self.totals;
        for row in values.chunks_exact_mut(self.hypotheses.max(1)) {
            for ((value, scale), testable) in row.iter_mut().zip(&scale).zip(&testable) {
                *value = if *testable { *value * scale } else { f64::INFINITY };
            }
        }
        FlipTable { vectors: self.signs.vectors(), testable, values }
    }
}

fn add_blocks(totals: &mut [f64], width: usize, first: usize, blocks: &[Block]) {
    for (vector, row) in (first..).zip(totals.chunks_exact_mut(width)) {
        for block in blocks {
            let start = usize::from(block.signs[vector]) * width;
            for (total, sum) in row.iter_mut().zip(&block.table[start..start + width]) {
                *total += sum;
            }
        }
    }
}

/// Sum of up to eight rows for each of the 256 ways to sign them; bit i of the entry's index turns row i.
fn signed_sums(rows: &[&[f64]], width: usize) -> Vec<f64> {
    let mut table = vec![0.0; 256 * width];
    for row in rows {
        for (total, sum) in table.iter_mut().zip(*row) {
            *total += sum;
        }
    }
    for index in 1..256_usize {
        // One bit less is an earlier entry; rows beyond the last are zero, whatever their sign.
        let lowest = index.trailing_zeros() as usize;
        let (done, rest) = table.split_at_mut(index * width);
        let from = &done[(index & (index - 1)) * width..][..width];
        for column in 0..width {
            rest[column] = from[column] - 2.0 * rows.get(lowest).map_or(0.0, |row| row[column]);
        }
    }
    table
}

/// The statistic of each hypothesis under each sign vector; the first row is what was seen.
#[derive(Debug)]
pub(super) struct FlipTable {
    vectors: usize,
    /// Whether a hypothesis has any change to test; the others are +∞ throughout and never the smallest.
    testable: Vec<bool>,
    values: Vec<f64>,
}

impl FlipTable {
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.testable.len().max(1))
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f64]> {
        self.values.chunks_exact_mut(self.testable.len().max(1))
    }

    /// All rows one after another.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Number of sign vectors.
    pub(super) fn vectors(&self) -> f64 {
        self.vectors as f64
    }

    /// Statistics as seen.
    pub(super) fn seen(&self) -> &[f64] {
        &self.values[..self.testable.len()]
    }

    /// The test of one hypothesis by itself, not adjusted for any other.
    pub(super) fn test(&self, column: usize) -> FlipTest {
        let seen = self.seen()[column];
        if !self.testable[column] {
            return FlipTest { statistic: None, p: 1.0, mid_p: 1.0, adjusted_p: 1.0 };
        }
        let (low, high) = (seen - tie(seen), seen + tie(seen));
        let below = self.rows().filter(|row| row[column] < low).count() as f64;
        let to_tie = self.rows().filter(|row| row[column] <= high).count() as f64;
        let p = to_tie / self.vectors();
        FlipTest { statistic: Some(seen), p, mid_p: f64::midpoint(below, to_tie) / self.vectors(), adjusted_p: p }
    }
}

/// How far apart two statistics near `value` may be and still be equal.
pub(super) fn tie(value: f64) -> f64 {
    TIE * (1.0 + value.abs())
}
