/** The page a person sees who opens the stand-in itself. It must never be mistaken for Clerk. */
import type { StandInUser } from './stand-in-users.ts';

export function standInPage(users: readonly StandInUser[], appOrigin: string, publicKeyPem: string): string {
  const people = users
    .map(
      (user) =>
        `<li><img src="${escapeHtml(user.imageUrl)}" alt=""><span>${escapeHtml(`${user.firstName} ${user.lastName}`)}</span><code>${escapeHtml(user.id)}</code></li>`,
    )
    .join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Local stand-in of Clerk</title>
<style>:root{color-scheme:light dark}body{font:16px/1.55 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1.25rem}
.note{border:1px solid #d99a2b;border-left-width:.4rem;border-radius:.6rem;padding:.8rem 1rem}
ul{list-style:none;padding:0}li{display:flex;gap:.75rem;align-items:center;padding:.4rem 0}li code{margin-left:auto;opacity:.7}
img{width:2rem;height:2rem;border-radius:50%}pre{overflow:auto;padding:1rem;border-radius:.6rem;background:color-mix(in srgb,currentColor 8%,transparent);font-size:.8rem}</style>
<h1>Local stand-in of Clerk</h1>
<p class="note"><strong>For development only.</strong> This is not Clerk and is not run by Clerk. It answers the few requests that Clerk's
browser script needs to sign a pretend user in on this machine. There are no passwords: anyone who can reach it can be anyone.</p>
<p>It serves the app at <a href="${escapeHtml(appOrigin)}">${escapeHtml(appOrigin)}</a>, where these people can sign in:</p>
<ul>${people}</ul>
<h2>Public key of its tokens</h2><pre>${escapeHtml(publicKeyPem)}</pre>
<p>The same key as a set: <a href=".well-known/jwks.json">.well-known/jwks.json</a></p></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
