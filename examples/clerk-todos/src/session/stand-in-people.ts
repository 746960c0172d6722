/** The people of the local stand-in, and signing in as one of them through Clerk's own sign-in call. */
import { useClerk } from '@clerk/react';
import { useEffect, useState } from 'react';

export interface StandInPerson {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly imageUrl: string;
}

type People = { readonly people: readonly StandInPerson[] } | { readonly unreachable: true };

export function useStandInPeople(): People | undefined {
  const [people, setPeople] = useState<People>();
  useEffect(() => {
    let current = true;
    const load = async (): Promise<People> => {
      const response = await fetch('/fapi/stand-in');
      if (!response.ok) return { unreachable: true };
      const { users } = (await response.json()) as { users: StandInPerson[] };
      return { people: users };
    };
    const show = (loaded: People) => current && setPeople(loaded);
    load().then(show, () => show({ unreachable: true }));
    return () => {
      current = false;
    };
  }, []);
  return people;
}

export function useStandInSignIn(): (personId: string) => Promise<void> {
  const clerk = useClerk();
  return async (personId) => {
    const attempt = await clerk.client!.signIn.create({ strategy: 'ticket', ticket: personId });
    await clerk.setActive({ session: attempt.createdSessionId });
  };
}
