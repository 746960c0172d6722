/** A session that the server refuses: page, browser console and server log say what is wrong and where to look. */
import { createClerkStandIn } from 'clerk-stand-in';
import type { Locator } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { Stack } from './support/stack.ts';

let stack: Stack | undefined;

afterEach(async () => {
  await stack?.close();
  stack = undefined;
});

test('without an external secret, everybody is told which setting is missing', async () => {
  stack = await Stack.start({ externalJwtSecret: '' });
  const ada = await stack.signIn('Ada');
  const banner = ada.page.getByRole('alert');
  await banner.waitFor();
  expect(await banner.innerText()).toContain('EXTERNAL_JWT_SECRET');
  await ada.screenshot('refused-no-key');
  await expect.poll(() => stack!.log.join('\n')).toContain('EXTERNAL_JWT_SECRET');
  expect(ada.console.join('\n')).toContain('EXTERNAL_JWT_SECRET');
});

test('with the key of another application, everybody is told that the signature does not match it', async () => {
  const other = await createClerkStandIn({ origin: 'http://localhost:1' });
  stack = await Stack.start({ externalJwtSecret: other.publicKeyPem.replaceAll('\n', '') });
  const ada = await stack.signIn('Ada');
  const banner = ada.page.getByRole('alert');
  await banner.waitFor();
  expect(await banner.innerText()).toMatch(/signature/i);
  expect(await banner.innerText()).toContain('EXTERNAL_JWT_SECRET');
  await ada.screenshot('refused-wrong-key');
  await expect.poll(() => stack!.log.join('\n')).toMatch(/signature/i);
  expect(ada.console.join('\n')).toMatch(/signature/i);
});

test('a refused person goes on working, and everything is sent once the key is right', async () => {
  stack = await Stack.start({ externalJwtSecret: '' });
  const ada = await stack.signIn('Ada');
  await ada.page.getByRole('alert').waitFor();
  await ada.add('Kept until the server accepts me', 'private');
  await ada.sees('Kept until the server accepts me');

  await stack.stopServer();
  await stack.startServer();
  await ada.page.reload();
  await ada.sent();
  await ada.sees('Kept until the server accepts me');
  expect(await ada.page.getByRole('alert').count()).toBe(0);
});

test('a token of somebody who pretends to be this Clerk is refused', async () => {
  stack = await Stack.start();
  const forger = await createClerkStandIn({ origin: stack.origin });
  const banner = await refusedWith(stack, 'forged', await forger.mintToken('user_stand_in_ada'));
  expect(await banner.innerText()).toMatch(/signature/i);
  await expect.poll(() => stack!.log.join('\n')).toMatch(/Refused a connection: .*signature/i);
});

test('an expired token is refused, and the advice is about time, not about keys', async () => {
  stack = await Stack.start();
  const banner = await refusedWith(stack, 'expired', await stack.standIn.mintToken('user_stand_in_grace', -3600));
  expect(await banner.innerText()).toMatch(/expired/i);
  expect(await banner.innerText()).not.toContain('EXTERNAL_JWT_SECRET');
  await expect.poll(() => stack!.log.join('\n')).toMatch(/Refused a connection: .*expired/i);
});

test('with a key that cannot be read, everybody is told so', async () => {
  stack = await Stack.start({ externalJwtSecret: '-----BEGIN PUBLIC KEY-----no-key-----END PUBLIC KEY-----' });
  await expect.poll(() => stack!.log.join('\n')).toMatch(/TRIPLIT_EXTERNAL_JWT_SECRET cannot be used/);
  const ada = await stack.signIn('Ada');
  const banner = ada.page.getByRole('alert');
  await banner.waitFor();
  expect(await banner.innerText()).toMatch(/TRIPLIT_EXTERNAL_JWT_SECRET.*cannot be/s);
  await ada.screenshot('refused-unreadable-key');
});

/** Grace was fine until this token came from Clerk in place of hers. */
async function refusedWith(running: Stack, shot: string, token: string): Promise<Locator> {
  const grace = await running.signIn('Grace');
  await grace.online();
  await grace.context.route('**/tokens**', (route) => route.fulfill({ json: { object: 'token', jwt: token } }));
  await grace.page.reload();
  const banner = grace.page.getByRole('alert');
  await banner.waitFor();
  await grace.screenshot(`refused-${shot}`);
  return banner;
}
