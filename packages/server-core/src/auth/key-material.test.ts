import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { calculateJwkThumbprint, CompactSign } from 'jose';
import { describe, expect, test } from 'vitest';
import { parseCompactToken } from './compact-token.ts';
import { loadKeyMaterial } from './key-material.ts';
import { StaticKeys } from './static-keys.ts';
import { verifySignature } from './verify-signature.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ec384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ec521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const ed = generateKeyPairSync('ed25519');

const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const oneLine = pem.replaceAll('\n', '');
const pkcs1 = rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string;
const jwk = rsa.publicKey.export({ format: 'jwk' });
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const body = oneLine.replace(/-----[A-Z ]+-----/g, '');

/** A certificate, and a token that its key has signed; the key is thrown away. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIDDzCCAfegAwIBAgIUCaA844bNXl4QCskKdMgebJtQRv8wDQYJKoZIhvcNAQEL
BQAwFjEUMBIGA1UEAwwLaXNzdWVyLnRlc3QwIBcNMjYxMTIzMjE1MTI3WhgPMjEy
NjEwMzAyMTUxMjdaMBYxFDASBgNVBAMMC2lzc3Vlci50ZXN0MIIBIjANBgkqhkiG
9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvE7FF1SjLXWFxITOQRy36G7c9nPQG61Udtrp
AIF7zydSHFgkooSWbGGRGpS24fQxhL/kCnctKkyBNEqKOuIvg6RIzicndllUrIeH
iF3enA134wyjgKf56dW8dvPsk0emURpu8EGnbBJE6Gpup+XEpRd2Z47ONsZvJvZ+
OXvyvUNxE8aqmq85Dnge0XOhd4RFKh7ohAKpvc2ZI3P5KdSDjUzjkzRyOjTAnROF
H+XUgCdSIFmxvp7tHO4Ll9Wy9Er+T1qv7x2CnZTH57n8a2HR1jiQky6Xq8X1GYPw
mIlgRdVVFR/+7cvpSTSEt4X/UcQZD3cDIxM1E//taoPikOKTywIDAQABo1MwUTAd
BgNVHQ4EFgQU8rqccfZcOSXEfB3/V3PHmFUZt1swHwYDVR0jBBgwFoAU8rqccfZc
OSXEfB3/V3PHmFUZt1swDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC
AQEAjHIbB3N3GDdd60PXnXNIVXEL04q/slMHgXx7Bqo+C0n19RShs6KxFDZPA/JP
rtgE021el2sh4paxumjJgP5EuulspGoBXjTFyUqnMNoT9sBtRT1KFeSYF6yr6UyZ
W4uljtJyyCUje0K9DO5nG5GmWI//oj+gVkWlSeB1vGvDI9aPcptc8RNZURm8WvQa
O4S+TOAid7gRXQPL6MgQpDI3KvlB3GwF67Da4JdqcH4QLqRQ+F4IZBZaupjrlY83
FRYa8fOKduJ3xstYmD9l5ktIt87NIgAtKE/Z2RbY5SCyk7QGhRuA8IoZKsurXsZ3
SsfzgZZ4LaBs5sE19wZu8gUnPg==
-----END CERTIFICATE-----
`;
const signedByTheCertified =
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.Ech7HzirnvRsthWSYcPjXfKLwwPmQLo0gDwHvPDeZn1dvnDRK8F-FJPHHyZ8WJ3dAlMaiBMWuIWSgkneXk3JkPiNe0QOzAWizxXVTurCvoPuxhu8bpsMKEHe2NFnuN-Dz7kB-ytUF50cjsA8wfGkzWETC3m5bMRy4zfK38Ni3j-ckH7h8iCVxDyetVxbAcsgt8qadNNL2JVWJlh3qG4c4cnQyvOXT3MFuMOzG_R88zMCtw1xB4dJYB8mriw0_w98MkARvlWNkBt5RPmXqnOx8kfq34PgUmML8wFo16rtF_LjWyj-LwZFpK95vEIAPyWMAGh1dY2-UinOCUxNZYBv9Q';

const formsOfTheRsaKey: [form: string, text: string][] = [
  ['PEM', pem],
  ['PEM with Windows line ends', pem.replaceAll('\n', '\r\n')],
  ['PEM without line ends', oneLine],
  ['PEM with spaces for line ends', pem.replaceAll('\n', ' ')],
  ['PEM with literal \\n', pem.replaceAll('\n', '\\n')],
  ['PEM with literal \\r\\n', pem.replaceAll('\n', '\\r\\n')],
  ['PEM with doubly escaped \\n', pem.replaceAll('\n', '\\\\n')],
  ['PEM in double quotes', `"${oneLine}"`],
  ['PEM in single quotes with line ends', `'${pem}'`],
  ['PEM as a JSON string', JSON.stringify(pem)],
  ['PEM in quotes in quotes', `'"${oneLine}"'`],
  ['PEM with a quote at its start only', `"${oneLine}`],
  ['PEM behind white space', `\n\t  ${pem}  \n`],
  ['PEM behind a byte order mark and zero-width space', `\uFEFF\u200B${oneLine}`],
  ['PEM with text before it', `Public key of the issuer:\n${pem}`],
  ['base64 of PEM', base64(pem)],
  ['base64url of PEM without padding', Buffer.from(pem).toString('base64url')],
  ['base64 of PEM in lines', base64(pem).replace(/(.{64})/g, '$1\n')],
  ['base64 of base64 of PEM', base64(base64(pem))],
  ['percent-encoded PEM', encodeURIComponent(pem)],
  ['hexadecimal PEM', Buffer.from(pem).toString('hex')],
  ['the body of the PEM alone', body],
  ['the body in lines', body.replace(/(.{64})/g, '$1\n')],
  ['DER in hexadecimal', (rsa.publicKey.export({ type: 'spki', format: 'der' }) as Buffer).toString('hex')],
  ['PKCS#1', pkcs1],
  ['PKCS#1 without line ends', pkcs1.replaceAll('\n', '')],
  ['base64 of PKCS#1', base64(pkcs1)],
  ['the body of PKCS#1', base64(rsa.publicKey.export({ type: 'pkcs1', format: 'der' }) as Buffer)],
  ['JWK', JSON.stringify(jwk)],
  ['JWK with use, alg and kid', JSON.stringify({ ...jwk, use: 'sig', alg: 'RS256', kid: 'k1' })],
  ['JWK in quotes', `'${JSON.stringify(jwk)}'`],
  ['JWK as a JSON string', JSON.stringify(JSON.stringify(jwk))],
  ['base64 of JWK', base64(JSON.stringify(jwk))],
  ['JWKS', JSON.stringify({ keys: [jwk] })],
  [
    'JWKS with an encryption key beside it',
    JSON.stringify({
      keys: [
        { ...jwk, kid: 'e', use: 'enc' },
        { ...jwk, kid: 's', use: 'sig' },
      ],
    }),
  ],
];

describe('every form of a public key is recognised', () => {
  test.each(formsOfTheRsaKey)('%s', async (_, text) => {
    const token = await sign('RS256', rsa.privateKey);
    await expect(accepts(text, token)).resolves.toBe(true);
    const { description } = await loadKeyMaterial(text);
    expect(description).toContain('RSA public key, 2048 bits');
    expect(description).toContain(await calculateJwkThumbprint(jwk as { kty: string }));
  });

  test('X.509 certificate', async () => {
    for (const text of [
      certificate,
      certificate.replaceAll('\n', ''),
      base64(certificate),
      certificate + certificate,
    ]) {
      await expect(accepts(text, signedByTheCertified)).resolves.toBe(true);
    }
    expect((await loadKeyMaterial(certificate)).description).toContain('X.509 certificate');
  });

  test.each([
    ['ES256', ec],
    ['ES384', ec384],
    ['ES512', ec521],
    ['EdDSA', ed],
  ] as const)('%s key as PEM and as JWK', async (algorithm, pair) => {
    const token = await sign(algorithm, pair.privateKey);
    await expect(accepts(pair.publicKey.export({ type: 'spki', format: 'pem' }) as string, token)).resolves.toBe(true);
    await expect(accepts(JSON.stringify(pair.publicKey.export({ format: 'jwk' })), token)).resolves.toBe(true);
  });

  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])('an RSA key verifies %s', async (algorithm) => {
    await expect(accepts(oneLine, await sign(algorithm, rsa.privateKey))).resolves.toBe(true);
  });

  test.each(['HS256', 'HS384', 'HS512'])('a text secret verifies %s', async (algorithm) => {
    const secret = 'a text of more than thirty-two characters';
    await expect(accepts(secret, await signHmac(algorithm, secret))).resolves.toBe(true);
    await expect(accepts(`${secret}!`, await signHmac(algorithm, secret))).resolves.toBe(false);
  });

  test('a secret that happens to be base64 or hexadecimal is taken as the text it is', async () => {
    for (const secret of [
      base64(Buffer.alloc(64, 7)),
      'deadbeef'.repeat(8),
      'my-backend-key-of-quite-some-length',
      '{curly secret of more than 32 bytes}',
      'the END of this KEY is near, 32 bytes',
    ]) {
      await expect(accepts(secret, await signHmac('HS256', secret))).resolves.toBe(true);
      expect((await loadKeyMaterial(secret)).description).toBe(`HMAC secret, ${secret.length} bytes`);
    }
  });

  test('an HMAC secret as JWK', async () => {
    const secret = Buffer.alloc(48, 9);
    const text = JSON.stringify({ kty: 'oct', k: secret.toString('base64url') });
    await expect(accepts(text, await signHmac('HS384', secret))).resolves.toBe(true);
    await expect(accepts(text, await signHmac('HS512', secret))).resolves.toBe(false);
  });
});

describe('a public key never becomes a secret', () => {
  const damaged: [string, string][] = [
    ['PEM cut off', oneLine.slice(0, 200)],
    ['the first line of a PEM', '-----BEGIN PUBLIC KEY-----'],
    ['PEM without its end', oneLine.replace('-----END PUBLIC KEY-----', '')],
    ['PEM with fewer dashes', oneLine.replaceAll('-----', '---')],
    ['PEM with long dashes', oneLine.replaceAll('-----', '\u2014')],
    ['body cut off', body.slice(0, 100)],
    ['body cut off within a group', body.slice(0, 101)],
    ['body with junk behind it', `${body}~~~`],
    ['DER cut off in hexadecimal', Buffer.from(body, 'base64').toString('hex').slice(0, 200)],
    ['JWK cut off', JSON.stringify(jwk).slice(0, 60)],
    ['JWK in YAML', 'kty: RSA\nn: abc\ne: AQAB'],
    ['base64 of a cut-off PEM', base64(oneLine.slice(0, 200))],
    ['OpenSSH key', `ssh-rsa ${base64(Buffer.from('\0\0\0\u0007ssh-rsa'))} me@host`],
    ['PGP key', '-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQEN\n-----END PGP PUBLIC KEY BLOCK-----'],
    ['EC body cut off', base64(ec.publicKey.export({ type: 'spki', format: 'der' }) as Buffer).slice(0, 60)],
    ['Ed25519 body cut off', base64(ed.publicKey.export({ type: 'spki', format: 'der' }) as Buffer).slice(0, 40)],
  ];

  test.each([...formsOfTheRsaKey, ...damaged])('%s', async (_, text) => {
    for (const secret of [text, text.trim(), text.replaceAll('\\n', '\n'), pem, oneLine]) {
      await expect(accepts(text, await signHmac('HS256', secret))).resolves.toBe(false);
    }
  });

  test.each(damaged)('%s is refused with a reason', async (_, text) => {
    await expect(loadKeyMaterial(text)).rejects.toThrow(/^it (looks like|is an OpenSSH|holds|is neither)|^its /);
  });

  test('law: cutting, quoting or encoding the key never makes it a secret', async () => {
    const texts = fc.constantFrom(pem, oneLine, body, pkcs1, base64(pem), JSON.stringify(jwk));
    const wrapping = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => `"${text}"`,
      (text) => ` ${text}\n`,
      (text) => base64(text),
      (text) => text.replaceAll('\n', '\\n'),
      (text) => encodeURIComponent(text),
    );
    await fc.assert(
      fc.asyncProperty(
        texts,
        wrapping,
        wrapping,
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        async (text, inner, outer, part) => {
          const wrapped = outer(inner(text));
          const pasted = wrapped.slice(0, Math.ceil(wrapped.length * part));
          const description = await loadKeyMaterial(pasted).then(
            (material) => material.description,
            (error: Error) => error.message,
          );
          expect(description).not.toContain('HMAC');
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('keys that must not be used are refused', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  const p256k = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;

  test.each<[string, string, string]>([
    ['nothing', '  ', 'it is empty'],
    ['private key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'private key'],
    ['private key in PKCS#1', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string, 'private key'],
    ['private key in SEC1', ec.privateKey.export({ type: 'sec1', format: 'pem' }) as string, 'private key'],
    [
      'encrypted private key',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
      'private key',
    ],
    [
      'private key without its header',
      base64(rsa.privateKey.export({ type: 'pkcs8', format: 'der' }) as Buffer),
      'private key',
    ],
    [
      'private EC key without its header',
      base64(ec.privateKey.export({ type: 'sec1', format: 'der' }) as Buffer),
      'private key',
    ],
    [
      'base64 of a private key',
      base64(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
      'private key',
    ],
    ['private JWK', JSON.stringify(rsa.privateKey.export({ format: 'jwk' })), 'private key'],
    ['private JWK of Ed25519', JSON.stringify(ed.privateKey.export({ format: 'jwk' })), 'private key'],
    [
      'private key in a JWKS',
      JSON.stringify({ keys: [jwk, { ...ec.privateKey.export({ format: 'jwk' }), kid: 'x' }] }),
      'private key',
    ],
    ['key pair in one text', pem + (rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string), 'private key'],
    ['two PEM keys', pem + spki(ec.publicKey), '2 PEM blocks'],
    ['weak RSA key', spki(weak.publicKey), '1024 bits'],
    ['RSA exponent 1', JSON.stringify({ ...jwk, e: 'AQ' }), 'exponent 1'],
    ['RSA-PSS key', spki(pss.publicKey), 'restricted to PSS'],
    ['unsupported curve', spki(p256k.publicKey), 'curve is not supported'],
    ['encryption key', JSON.stringify({ ...jwk, use: 'enc' }), 'not meant for signatures'],
    ['key for wrapping', JSON.stringify({ ...jwk, key_ops: ['wrapKey'] }), 'not meant for verifying'],
    ['wrong algorithm for the type', JSON.stringify({ ...jwk, alg: 'HS256' }), 'does not belong'],
    [
      'point off the curve',
      JSON.stringify({ ...ec.publicKey.export({ format: 'jwk' }), y: Buffer.alloc(32, 1).toString('base64url') }),
      'not a valid one',
    ],
    [
      'certificate request',
      '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----',
      'neither a public key nor a certificate',
    ],
    ['empty JWKS', '{"keys":[]}', 'empty'],
    ['other JSON', '{"secret":"abc"}', 'neither a JWK nor a JWKS'],
    ['list of JWKs', JSON.stringify([jwk]), 'JSON list'],
    ['empty HMAC JWK', '{"kty":"oct","k":""}', '"k" is missing'],
  ])('%s', async (_, text, reason) => {
    await expect(loadKeyMaterial(text)).rejects.toThrow(reason);
  });

  test('the reason never repeats what was pasted', async () => {
    const secrets = [
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      oneLine.slice(0, 300),
      '{"kty":"oct","k":"c2hvcnQ"}',
    ];
    for (const text of secrets) {
      const message = await loadKeyMaterial(text).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(message).not.toBe('');
      for (let at = 0; at + 12 < text.length; at += 6) {
        const piece = text.slice(at, at + 12);
        if (!/BEGIN|END|KEY|-----/.test(piece)) expect(message).not.toContain(piece);
      }
    }
  });
});

describe('warnings', () => {
  test('a short secret is called short, without a thumbprint to guess against', async () => {
    const { description, warnings } = await loadKeyMaterial('jwt-key-for-development-only');
    expect(description).toBe('HMAC secret, 28 bytes');
    expect(warnings).toEqual([expect.stringContaining('is short (28 bytes)')]);
  });

  test('white space around a secret counts, and is pointed out', async () => {
    const { warnings } = await loadKeyMaterial('a text of more than thirty-two characters\n');
    expect(warnings).toEqual([expect.stringContaining('white space')]);
  });
});

async function accepts(keyText: string, token: string): Promise<boolean> {
  try {
    await verifySignature(parseCompactToken(token), new StaticKeys('KEY', keyText));
    return true;
  } catch {
    return false;
  }
}

function sign(alg: string, key: KeyObject): Promise<string> {
  return new CompactSign(new TextEncoder().encode('{"sub":"alice"}')).setProtectedHeader({ alg }).sign(key);
}

function signHmac(alg: string, secret: string | Uint8Array): Promise<string> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  return new CompactSign(new TextEncoder().encode('{"sub":"alice"}')).setProtectedHeader({ alg }).sign(bytes);
}
