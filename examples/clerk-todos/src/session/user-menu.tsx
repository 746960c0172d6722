/** Who is signed in, with the way out. At the stand-in, also straight to another person. */
import { useClerk } from '@clerk/react';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { Menu, MenuItem, MenuNote } from '../ui/menu.tsx';
import { usesStandIn } from './clerk-boundary.tsx';
import type { Identity } from './identity.ts';
import { useStandInPeople, useStandInSignIn } from './stand-in-people.ts';

interface UserMenuProps {
  readonly identity: Identity;
  readonly unsentChanges: number;
}

export function UserMenu({ identity, unsentChanges }: UserMenuProps) {
  const clerk = useClerk();
  /** Leaving removes the local data, so changes that never reached the server would be gone. */
  const leave = async (then?: () => Promise<void>) => {
    const question = `${unsentChanges} of your changes have not reached the server and would be lost. Leave anyway?`;
    if (unsentChanges > 0 && !window.confirm(question)) return;
    await clerk.signOut(() => then?.());
  };
  return (
    <Menu
      label={`Signed in as ${identity.name}`}
      triggerClass="user-button"
      trigger={
        <>
          <Avatar name={identity.name} imageUrl={identity.imageUrl} size={30} />
          <span className="user-name">{identity.name}</span>
          <Icon name="chevron" size={16} />
        </>
      }
    >
      <MenuNote>
        Signed in as <strong>{identity.name}</strong>
      </MenuNote>
      {usesStandIn && <OtherPeople me={identity.id} leave={leave} />}
      <MenuItem onSelect={() => leave()}>
        <Icon name="signOut" /> Sign out
      </MenuItem>
    </Menu>
  );
}

interface OtherPeopleProps {
  readonly me: string;
  readonly leave: (then: () => Promise<void>) => Promise<void>;
}

function OtherPeople({ me, leave }: OtherPeopleProps) {
  const people = useStandInPeople();
  const signIn = useStandInSignIn();
  if (!people || 'unreachable' in people) return null;
  return people.people
    .filter((person) => person.id !== me)
    .map((person) => (
      <MenuItem key={person.id} onSelect={() => leave(() => signIn(person.id))}>
        <Avatar name={person.firstName} imageUrl={person.imageUrl} size={22} /> Switch to {person.firstName}
      </MenuItem>
    ));
}
