/** The people who can sign in to the stand-in. Their avatars are inline SVG, so that nothing is fetched from elsewhere. */

export interface StandInUser {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  /** Any image URL; an inline SVG by default. */
  readonly imageUrl: string;
}

interface Palette {
  readonly from: string;
  readonly to: string;
}

/** A round-friendly square avatar: the initials on a gradient. */
export function avatarDataUri(initials: string, { from, to }: Palette): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80"><defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs><rect width="80" height="80" fill="url(#g)"/><text x="40" y="41" fill="#fff" font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif" font-size="30" font-weight="600" text-anchor="middle" dominant-baseline="central">${initials}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function standInUser(firstName: string, lastName: string, palette: Palette): StandInUser {
  return {
    id: `user_stand_in_${firstName.toLowerCase()}`,
    firstName,
    lastName,
    email: `${firstName.toLowerCase()}@example.test`,
    imageUrl: avatarDataUri(`${firstName[0]}${lastName[0]}`, palette),
  };
}

export const defaultStandInUsers: readonly StandInUser[] = [
  standInUser('Ada', 'Lovelace', { from: '#7c5cff', to: '#c04bd8' }),
  standInUser('Grace', 'Hopper', { from: '#0ea5a4', to: '#2476d4' }),
  standInUser('Linus', 'Torvalds', { from: '#f59e0b', to: '#e0533d' }),
];
