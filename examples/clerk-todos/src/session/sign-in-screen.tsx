/** What somebody sees who is not signed in: Clerk's own form, or the people of the local stand-in. */
import { SignIn, useClerk } from '@clerk/react';
import { useState } from 'react';
import { Avatar } from '../ui/avatar.tsx';
import { usesStandIn } from './clerk-boundary.tsx';
import { useStandInPeople, useStandInSignIn } from './stand-in-people.ts';

export function SignInScreen() {
  return (
    <main className="sign-in">
      <img className="mark" src="/icon.svg" alt="" width={56} height={56} />
      <h1>Clerk todos</h1>
      <p className="lead">Yours are yours. Public ones are everybody’s, live. All of it works offline.</p>
      {usesStandIn ? <StandInSignIn /> : <ClerkSignIn />}
    </main>
  );
}

function ClerkSignIn() {
  if (useClerk().status !== 'error') return <SignIn routing="hash" />;
  return (
    <p className="notice error">
      Clerk could not be loaded. Look at <code>VITE_CLERK_PUBLISHABLE_KEY</code> in{' '}
      <code>examples/clerk-todos/.env</code> and at the network, then reload the page.
    </p>
  );
}

function StandInSignIn() {
  const people = useStandInPeople();
  const signIn = useStandInSignIn();
  const [choice, setChoice] = useState<string>();

  if (!people) return <p className="notice">Asking who is there …</p>;
  if ('unreachable' in people) {
    return (
      <p className="notice error">
        The local stand-in of Clerk does not answer. Start everything with <code>npm run demo</code> in the root of the
        repository, or put real Clerk keys into <code>examples/clerk-todos/.env</code>.
      </p>
    );
  }
  return (
    <>
      <ul className="people" aria-label="Sign in as">
        {people.people.map((person) => (
          <li key={person.id}>
            <button
              type="button"
              disabled={choice !== undefined}
              onClick={() => {
                setChoice(person.id);
                signIn(person.id).catch(() => setChoice(undefined));
              }}
            >
              <Avatar name={person.firstName} imageUrl={person.imageUrl} size={44} />
              <span>
                <strong>
                  {person.firstName} {person.lastName}
                </strong>
                <small>{choice === person.id ? 'Signing in …' : person.email}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="hint">To be two people at once, open a private window beside this one.</p>
    </>
  );
}
