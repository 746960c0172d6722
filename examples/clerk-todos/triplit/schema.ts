/** What is stored, and who may see and change it. The server enforces this; the client shares the types. */
import { Schema as S, or } from '@triplit/client';
import type { Roles } from '@triplit/client';

/** Whoever has a Clerk session is a `user`; `sub` of the token is Clerk's user id. */
export const roles: Roles = {
  user: {
    match: { sub: '$userId' },
  },
};

export const schema = S.Collections({
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      done: S.Boolean({ default: false }),
      visibility: S.String({ enum: ['private', 'public'], default: 'private' }),
      ownerId: S.String(),
      createdAt: S.Date({ default: S.Default.now() }),
    }),
    relationships: {
      owner: S.RelationById('profiles', '$ownerId'),
    },
    permissions: {
      user: {
        read: {
          filter: [
            or([
              ['ownerId', '=', '$role.userId'],
              ['visibility', '=', 'public'],
            ]),
          ],
        },
        insert: { filter: [['ownerId', '=', '$role.userId']] },
        update: { filter: [['ownerId', '=', '$role.userId']] },
        postUpdate: { filter: [['ownerId', '=', '$role.userId']] },
        delete: { filter: [['ownerId', '=', '$role.userId']] },
      },
    },
  },
  profiles: {
    schema: S.Schema({
      id: S.String(),
      name: S.String(),
      imageUrl: S.Optional(S.String()),
    }),
    permissions: {
      user: {
        read: { filter: [true] },
        insert: { filter: [['id', '=', '$role.userId']] },
        update: { filter: [['id', '=', '$role.userId']] },
        postUpdate: { filter: [['id', '=', '$role.userId']] },
      },
    },
  },
});
