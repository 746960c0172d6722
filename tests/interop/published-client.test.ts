import { ourServer, publishedClient } from './libraries.ts';
import { tellStories } from './stories.ts';

tellStories('the published client with our server', { client: publishedClient, server: ourServer });
