/** Project Wycheproof's vectors for JSON web signatures and keys, all of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCompactToken } from './compact-token.ts';
import { StaticKeys } from './static-keys.ts';
import { verifySignature } from './verify-signature.ts';

interface Group {
  readonly comment: string;
  readonly public?: object;
  readonly private?: object;
  readonly tests: readonly { tcId: number; comment: string; jws: string; result: string }[];
}

/** Marked invalid for a padding that the file has lost: character by character they are its first, valid vector. */
const WITHOUT_THEIR_FLAW = [367, 370];

/** Marked valid there and refused here, on purpose. */
const STRICTER: Readonly<Record<string, readonly number[]>> = {
  // A key that names PS256 is not used for PS384; base64url with a question mark in it is not base64url.
  json_web_signature_test: [346, 350, 372, 373],
  json_web_key_test: [],
};

describe.each(['json_web_signature_test', 'json_web_key_test'])('%s', (file) => {
  const path = new URL(`../../../../tests/vectors/${file}.json`, import.meta.url);
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { testGroups: readonly Group[] };
  const cases = testGroups.flatMap((group) => group.tests.map((vector) => ({ ...vector, group })));

  test.each(cases)('$tcId $comment is $result', async ({ tcId, jws, result, group }) => {
    const keys = new StaticKeys('KEY', JSON.stringify(group.public ?? group.private));
    const isFlawless = file === 'json_web_signature_test' && WITHOUT_THEIR_FLAW.includes(tcId);
    const expected = (result === 'valid' || isFlawless) && !STRICTER[file]!.includes(tcId);
    expect(await accepts(jws, keys)).toBe(expected);
  });
});

async function accepts(jws: string, keys: StaticKeys): Promise<boolean> {
  try {
    await verifySignature(parseCompactToken(jws), keys);
    return true;
  } catch {
    return false;
  }
}
