import { ourClient, publishedServer } from './libraries.ts';
import { tellStories } from './stories.ts';

tellStories('our client with the published server', { client: ourClient, server: publishedServer });
