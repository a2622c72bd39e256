"use strict";
// The difference of two texts: each as pieces [text, isChanged], word by word, or by sentences where that is too much.

// Cells of the table that is filled at most: a blink, and 12 MB.
const MOST_CELLS = 6_000_000;
// A word, a run of blanks, or a sign; scripts that are written without blanks are compared sign by sign.
const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}_])+|\s+|./gsu;
const SENTENCES = /[^.!?。\n]+[.!?。\n]*|[.!?。\n]+/g;

function difference(before, after) {
  for (const units of [WORDS, SENTENCES]) {
    const found = compared(before.match(units) ?? [], after.match(units) ?? []);
    if (found) return found;
  }
  return [[[before, true]], [[after, true]]];
}

function compared(before, after) {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const middle = [before, after].map((units) => units.slice(start, units.length - end));
  if (middle[0].length * middle[1].length > MOST_CELLS) return null;
  const kept = longestCommon(...middle);
  return [before, after].map((units, side) => {
    const pieces = [];
    units.forEach((unit, index) => {
      const inMiddle = index >= start && index < units.length - end;
      push(pieces, unit, inMiddle && !kept[side].has(index - start));
    });
    return pieces;
  });
}

function push(pieces, text, isChanged) {
  const last = pieces.at(-1);
  if (last && last[1] === isChanged) last[0] += text;
  else pieces.push([text, isChanged]);
}

// The places of a longest common subsequence, in both. Lengths fit 16 bits: the shorter side has 2,449 units at most.
function longestCommon(a, b) {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const here = i * width + j;
      table[here] = a[i] === b[j] ? table[here + width + 1] + 1 : Math.max(table[here + width], table[here + 1]);
    }
  }
  const kept = [new Set(), new Set()];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      kept[0].add(i);
      kept[1].add(j);
      i += 1;
      j += 1;
    } else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return kept;
}
