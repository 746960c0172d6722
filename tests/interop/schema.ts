/** The schema of the stories, built with the schema builder of whichever client runs them. */

/** `S` is a library's `Schema` export. */
export function storySchema(S: any) {
  return {
    collections: S.Collections({
      users: {
        schema: S.Schema({ id: S.Id(), name: S.String() }),
        relationships: {
          posts: S.RelationMany('posts', { where: [['authorId', '=', '$id']], order: [['title', 'ASC']] }),
        },
      },
      posts: {
        schema: S.Schema({
          id: S.Id(),
          title: S.String(),
          authorId: S.String(),
          likes: S.Number({ default: 0 }),
          published: S.Boolean({ default: false }),
          tags: S.Set(S.String()),
          meta: S.Optional(S.Record({ source: S.String(), rank: S.Optional(S.Number()) })),
          createdAt: S.Date({ default: S.Default.now() }),
        }),
        relationships: { author: S.RelationById('users', '$authorId') },
      },
      notes: {
        schema: S.Schema({ id: S.Id(), owner: S.String(), text: S.String(), isPublic: S.Boolean({ default: false }) }),
        permissions: {
          user: {
            read: {
              filter: [
                {
                  mod: 'or',
                  filters: [
                    ['isPublic', '=', true],
                    ['owner', '=', '$role.userId'],
                  ],
                },
              ],
            },
            insert: { filter: [['owner', '=', '$role.userId']] },
            update: { filter: [['owner', '=', '$role.userId']] },
            delete: { filter: [['owner', '=', '$role.userId']] },
          },
        },
      },
    }),
    roles: { user: { match: { sub: '$userId' } } },
  };
}
