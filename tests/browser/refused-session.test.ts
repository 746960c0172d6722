/** A session that the server refuses: page, browser console and server log say what is wrong and where to look. */
import { createClerkStandIn } from 'clerk-stand-in';
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

test('a forged or expired token is refused with its own reason', async () => {
  stack = await Stack.start();
  const expired = await stack.standIn.mintToken('user_stand_in_ada', -3600);
  const grace = await stack.signIn('Grace');
  await grace.online();
  await grace.context.route('**/tokens**', (route) => route.fulfill({ json: { object: 'token', jwt: expired } }));
  await grace.page.reload();
  const banner = grace.page.getByRole('alert');
  await banner.waitFor();
  expect(await banner.innerText()).toMatch(/expired/i);
  await grace.screenshot('refused-expired');
  await expect.poll(() => stack!.log.join('\n')).toMatch(/expired/i);
});
